/* Invariant 4 as far as reads bring it about: when faults have stopped and every key was read through every node, all
 * owners of a key hold the same bytes, nobody else holds any, and each counts its live keys right. */
#include "base/assert.h"
#include "ring/slot.h"
#include "sim/world.h"

const uint64_t *check_owners(const struct world *world, unsigned key, unsigned *ret_count)
{
    const struct placement *placement = node_placement(world->machines[world_running(world)].node);
    *ret_count = placement_replicas(placement);
    return placement_owners(placement, ring_partition(world->keys.list[key].slot, placement_partitions(placement)));
}

static bool is_owner(const struct world *world, unsigned key, uint64_t id)
{
    unsigned count;
    const uint64_t *owners = check_owners(world, key, &count);
    for (unsigned i = 0; i < count; i++) {
        if (owners[i] == id) {
            return true;
        }
    }
    return false;
}

static struct bytes held_by(const struct world *world, unsigned node, unsigned key)
{
    return blob_bytes(disk_read(&world->machines[node].disk, key, false));
}

static bool key_has_converged(struct world *world, unsigned key)
{
    unsigned count;
    const uint64_t *owners = check_owners(world, key, &count);
    struct bytes first = held_by(world, world_machine(world, owners[0]), key);
    for (unsigned i = 1; i < count; i++) {
        if (!bytes_equal(first, held_by(world, world_machine(world, owners[i]), key))) {
            return false;
        }
    }
    return true;
}

bool check_converged_yet(struct world *world)
{
    for (unsigned key = 0; key < world->keys.count; key++) {
        if (!key_has_converged(world, key)) {
            return false;
        }
    }
    return true;
}

static bool is_live(struct world *world, unsigned key, struct bytes raw)
{
    struct object object;
    if (raw.len == 0) {
        return false;
    }
    arena_clear(&world->scratch);
    int status = object_decode(raw, keys_bytes(&world->keys, key), &world->scratch, &object);
    GR_ASSERT_EQ(status, 0);
    return object.count > 0;
}

static void check_machine(struct world *world, unsigned node, unsigned key)
{
    const struct machine *machine = &world->machines[node];
    struct bytes held = held_by(world, node, key);
    if (held.len > 0 && !is_owner(world, key, machine->id)) {
        world_violate(world, "converged", "node %c holds key %u and does not own it", 'a' + (int)node, key);
    }
    int32_t counted = disk_live(&machine->disk, key);
    if (counted != (is_live(world, key, held) ? 1 : 0)) {
        world_violate(world, "converged", "node %c counts key %u as %d live", 'a' + (int)node, key, counted);
    }
}

void check_converged_at_end(struct world *world)
{
    for (unsigned key = 0; key < world->keys.count; key++) {
        if (!key_has_converged(world, key)) {
            world_violate(world, "converged", "the owners of key %.*s differ after reads through every node",
                          world->keys.list[key].len, world->keys.list[key].text);
        }
        for (unsigned node = 0; node < world->machines_count; node++) {
            check_machine(world, node, key);
        }
    }
}
