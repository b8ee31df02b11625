/* The order of a partition's owners. The first one leads: it takes the commands that read, change and write, so nodes
 * should lead in proportion to what they own.
 *
 * By rendezvous score alone, counts would scatter as random draws do: with 10 partitions a node, by a third. So owners
 * are ordered by score, and then the lead is passed on within partitions, from nodes that lead too many to owners that
 * lead too few, until no pass evens anything. It depends on the table only, and most partitions keep the leader that
 * their scores gave them; hence a change of the table changes few other leaders.
 */
#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"
#include "ring/table.h"

/* For one member: replicas x the partitions it leads - the pieces it owns; 0 is its fair part. */
typedef int64_t surplus;

struct leads {
    struct placement *table;
    surplus *surplus; /* one a member, by index */
    uint16_t *index;  /* of the owner of each place */
};

static void sort_by_score(uint32_t partition, uint64_t *owners, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        uint64_t moving = owners[i];
        uint64_t score = hash_pair(partition, moving);
        unsigned hole = i;
        while (hole > 0 && hash_pair(partition, owners[hole - 1]) < score) {
            owners[hole] = owners[hole - 1];
            hole--;
        }
        owners[hole] = moving;
    }
}

static void count_leads(struct leads *leads)
{
    struct placement *table = leads->table;
    size_t places = (size_t)table->partitions * table->replicas;
    for (size_t place = 0; place < places; place++) {
        const struct placement_member *member = placement_find(table, table->owners[place]);
        leads->index[place] = (uint16_t)(member - table->members);
        leads->surplus[leads->index[place]] += place % table->replicas == 0 ? (surplus)table->replicas - 1 : -1;
    }
}

/* Let the owner with the least surplus lead, if that makes the two more even. The owners between keep their order. */
static bool pass_on(struct leads *leads, uint32_t partition)
{
    unsigned replicas = leads->table->replicas;
    uint16_t *index = &leads->index[(size_t)partition * replicas];
    uint64_t *owners = &leads->table->owners[(size_t)partition * replicas];
    unsigned least = 0;
    for (unsigned r = 1; r < replicas; r++) {
        least = leads->surplus[index[r]] < leads->surplus[index[least]] ? r : least;
    }
    if (leads->surplus[index[0]] - leads->surplus[index[least]] <= (surplus)replicas) {
        return false;
    }
    leads->surplus[index[0]] -= (surplus)replicas;
    leads->surplus[index[least]] += (surplus)replicas;
    uint16_t leader = index[least];
    uint64_t id = owners[least];
    memmove(&index[1], &index[0], least * sizeof *index);
    memmove(&owners[1], &owners[0], least * sizeof *owners);
    index[0] = leader;
    owners[0] = id;
    return true;
}

/* Each passing on lowers the sum of the squares of the surpluses, so this ends. */
static void even_leads(struct leads *leads)
{
    bool changed = true;
    while (changed) {
        changed = false;
        for (uint32_t partition = 0; partition < leads->table->partitions; partition++) {
            changed |= pass_on(leads, partition);
        }
    }
}

int placement_order_owners(struct placement *placement)
{
    if (placement->count == 0) {
        return 0;
    }
    for (uint32_t partition = 0; partition < placement->partitions; partition++) {
        sort_by_score(partition, &placement->owners[(size_t)partition * placement->replicas], placement->replicas);
    }
    size_t places = (size_t)placement->partitions * placement->replicas;
    struct leads leads = {.table = placement,
                          .surplus = calloc(placement->count, sizeof *leads.surplus),
                          .index = calloc(places, sizeof *leads.index)};
    int error = GR_ENOMEM;
    if (leads.surplus != NULL && leads.index != NULL) {
        count_leads(&leads);
        even_leads(&leads);
        error = 0;
    }
    free(leads.surplus);
    free(leads.index);
    return error;
}
