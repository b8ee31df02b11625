/* The preference list behind the owners: every other member, those in a zone of an owner first (they stand in for it
 * without leaving the zone), each group by rendezvous score, so that what a dead node's stand-ins get is spread over
 * all. */
#include <stdlib.h>

#include "base/hash.h"
#include "ring/table.h"

/* A member that may stand in for an owner. */
struct stand_in {
    uint64_t id;
    uint64_t score;
    bool near;
};

static int compare_stand_ins(const void *left, const void *right)
{
    const struct stand_in *a = left;
    const struct stand_in *b = right;
    if (a->near != b->near) {
        return a->near ? -1 : 1;
    }
    if (a->score != b->score) {
        return a->score > b->score ? -1 : 1;
    }
    return (a->id > b->id) - (a->id < b->id);
}

static bool is_near(const struct placement *placement, const uint64_t *owners, const char *zone)
{
    for (unsigned r = 0; r < placement->replicas; r++) {
        if (strcmp(placement_zone(placement, owners[r]), zone) == 0) {
            return true;
        }
    }
    return false;
}

/* Returns how many; `stand_ins` has room for all members. */
static unsigned list_stand_ins(const struct placement *placement, uint16_t partition, struct stand_in *stand_ins)
{
    const uint64_t *owners = placement_owners(placement, partition);
    unsigned count = 0;
    for (unsigned i = 0; i < placement->count; i++) {
        const struct placement_member *member = &placement->members[i];
        if (placement_owner_place(placement, partition, member->id) < 0) {
            stand_ins[count++] = (struct stand_in){member->id, hash_pair(partition, member->seat),
                                                   is_near(placement, owners, member->zone)};
        }
    }
    qsort(stand_ins, count, sizeof *stand_ins, compare_stand_ins);
    return count;
}

unsigned placement_preference(const struct placement *placement, uint16_t partition, uint64_t *ret, unsigned max)
{
    const uint64_t *owners = placement_owners(placement, partition);
    unsigned listed = max < placement->replicas ? max : placement->replicas;
    if (listed > 0) {
        memcpy(ret, owners, listed * sizeof *ret);
    }
    if (listed == max || placement->count == placement->replicas) {
        return listed;
    }
    struct stand_in stand_ins[RING_MEMBERS_MAX];
    unsigned count = list_stand_ins(placement, partition, stand_ins);
    for (unsigned i = 0; i < count && listed < max; i++) {
        ret[listed++] = stand_ins[i].id;
    }
    return listed;
}
