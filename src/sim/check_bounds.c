/* Invariant 7: memory is bounded. A node never has more requests open than its pool holds, a step never asks for more
 * than a bounded number of effects, and when all is quiet nothing is left open. (That everything is freed at the end is
 * seen by running under a leak checker.) */
#include "sim/world.h"

/* Pools of requests_max each: writes, forwarded requests, counts, and twice that many reads. */
#define POOLS 5u

/* Whatever a step ends at once (a peer goes down, a deadline passes) is a request or a replica operation, and each asks
 * for at most a message an owner, a store, a reply and a word on copies. */
static unsigned effects_max(const struct world *world)
{
    return 2 * world->plan.requests_max * (RING_REPLICAS_MAX + 3) + 64;
}

void check_bounds_step(struct world *world, unsigned node, unsigned effects)
{
    uint64_t open = node_stats(world->machines[node].node)->requests_open;
    if (open > POOLS * world->plan.requests_max) {
        world_violate(world, "bounds", "node %c has %llu requests open, its pools hold %u each", 'a' + (int)node,
                      (unsigned long long)open, world->plan.requests_max);
    }
    if (effects > effects_max(world)) {
        world_violate(world, "bounds", "node %c asks for %u effects in one step", 'a' + (int)node, effects);
    }
}

/* Hints of keys that the node owns are courtesies, and have a bound. What it keeps of others' keys it keeps as a
 * stand-in: those have none, as no write is refused for room (hint.h K2). A longer hint whose store failed leaves the
 * figures of the one before too high, never too low. A salvage may bring up more than the bound had let in. */
void check_bounds_hints(struct world *world, unsigned node)
{
    uint64_t bytes = 0;
    uint32_t cursor = 0;
    struct disk_hint hint;
    while (disk_next_hint(&world->machines[node].disk, &cursor, &hint)) {
        bytes += check_is_owner(world, hint.key, world->machines[node].id) ? hint.value->len : 0;
    }
    if (bytes > world->plan.hints_bytes_max && world->damage.salvaged == 0) {
        world_violate(world, "bounds", "node %c keeps courtesy hints of %llu bytes, %u is the bound", 'a' + (int)node,
                      (unsigned long long)bytes, world->plan.hints_bytes_max);
    }
}

void check_bounds_at_end(struct world *world)
{
    for (unsigned node = 0; node < world->machines_count; node++) {
        const struct node *each = world->machines[node].node;
        const struct node_stats *stats = each == NULL ? NULL : node_stats(each);
        if (stats != NULL &&
            (!node_is_idle(each) || stats->requests_open + stats->reads_bytes + stats->writes_bytes > 0)) {
            world_violate(world, "bounds", "node %c is not idle in the end: %llu requests open, %llu bytes",
                          'a' + (int)node, (unsigned long long)stats->requests_open,
                          (unsigned long long)(stats->reads_bytes + stats->writes_bytes));
        }
    }
}
