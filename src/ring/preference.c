/* The preference list behind the owners: every other member, those in a zone of an owner first (they stand in for it
 * without leaving the zone), each group by rendezvous score, so that what a dead node's stand-ins get is spread over
 * all. */
#include <stdlib.h>

#include "base/hash.h"
#include "ring/table.h"

struct fallback {
    uint64_t id;
    uint64_t score;
    bool near;
};

static int compare_fallbacks(const void *left, const void *right)
{
    const struct fallback *a = left;
    const struct fallback *b = right;
    if (a->near != b->near) {
        return a->near ? -1 : 1;
    }
    if (a->score != b->score) {
        return a->score > b->score ? -1 : 1;
    }
    return (a->id > b->id) - (a->id < b->id);
}

static bool is_owner(const uint64_t *owners, unsigned count, uint64_t id)
{
    for (unsigned r = 0; r < count; r++) {
        if (owners[r] == id) {
            return true;
        }
    }
    return false;
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

/* Returns how many; `fallbacks` has room for all members. */
static unsigned list_fallbacks(const struct placement *placement, uint16_t partition, struct fallback *fallbacks)
{
    const uint64_t *owners = placement_owners(placement, partition);
    unsigned count = 0;
    for (unsigned i = 0; i < placement->count; i++) {
        const struct placement_member *member = &placement->members[i];
        if (!is_owner(owners, placement->replicas, member->id)) {
            fallbacks[count++] = (struct fallback){member->id, hash_pair(partition, member->seat),
                                                   is_near(placement, owners, member->zone)};
        }
    }
    qsort(fallbacks, count, sizeof *fallbacks, compare_fallbacks);
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
    struct fallback fallbacks[RING_MEMBERS_MAX];
    unsigned count = list_fallbacks(placement, partition, fallbacks);
    for (unsigned i = 0; i < count && listed < max; i++) {
        ret[listed++] = fallbacks[i].id;
    }
    return listed;
}
