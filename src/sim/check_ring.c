/* Invariant 5: all nodes agree on membership and placement; every partition has min(N, nodes) distinct owners;
 * where all nodes lie in one zone and weigh the same, the counts they own differ by at most one. (Zones and weights
 * have their own tests, beside the fold.) */
#include "sim/world.h"

static void check_owners_distinct(struct world *world, const struct placement *placement, uint16_t partition)
{
    const uint64_t *owners = placement_owners(placement, partition);
    for (unsigned i = 0; i < placement_replicas(placement); i++) {
        for (unsigned j = 0; j < i; j++) {
            if (owners[i] == owners[j]) {
                world_violate(world, "ring", "partition %u has one owner twice", partition);
            }
        }
    }
}

static void check_same(struct world *world, unsigned node, const struct placement *a, const struct placement *b)
{
    unsigned copies = placement_replicas(a);
    if (placement_partitions(a) != placement_partitions(b) || copies != placement_replicas(b)) {
        world_violate(world, "ring", "node %c has another ring", 'a' + (int)node);
        return;
    }
    for (unsigned partition = 0; partition < placement_partitions(a); partition++) {
        if (memcmp(placement_owners(a, (uint16_t)partition), placement_owners(b, (uint16_t)partition),
                   copies * sizeof(uint64_t)) != 0) {
            world_violate(world, "ring", "node %c places partition %u elsewhere", 'a' + (int)node, partition);
            return;
        }
    }
}

static void check_even(struct world *world, const struct placement *placement)
{
    if (world->plan.zones > 1 || world->plan.weights) {
        return;
    }
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;
    for (unsigned node = 0; node < world->machines_count; node++) {
        uint32_t pieces = placement_pieces(placement, world->machines[node].id);
        least = pieces < least ? pieces : least;
        most = pieces > most ? pieces : most;
    }
    if (most - least > 1) {
        world_violate(world, "ring", "one node owns %u pieces, another %u", least, most);
    }
}

void check_ring(struct world *world)
{
    const struct placement *first = node_placement(world->machines[0].node);
    unsigned copies = plan_copies(&world->plan);
    if (!world_has_formed(world) || placement_members(first) != world->machines_count ||
        placement_replicas(first) != copies) {
        world_violate(world, "ring", "the nodes do not agree on who is a member");
        return;
    }
    for (unsigned node = 1; node < world->machines_count; node++) {
        check_same(world, node, first, node_placement(world->machines[node].node));
    }
    for (unsigned partition = 0; partition < placement_partitions(first); partition++) {
        check_owners_distinct(world, first, (uint16_t)partition);
    }
    check_even(world, first);
}
