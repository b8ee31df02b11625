/* Invariant 4: when faults have stopped, all owners of a key become identical, hints drain to zero, the trees agree.
 *
 * By themselves, without a read: no machine keeps a hint or waits for copies (filling), all owners of a key hold the
 * same bytes or none, nobody else holds any, and what the disk keeps of a leaf is the sum over its objects, so the same
 * on all owners. Afterwards, when every key was read through every node, all that still holds, and each counts its
 * live keys right.
 *
 * Excused: the live keys where a copy rotted, since nobody knows what it was; after the reads, a deletion that some
 * owners have forgotten by then.
 */
#include <stdio.h>

#include "ring/slot.h"
#include "sim/world.h"

const uint64_t *check_owners(const struct world *world, unsigned key, unsigned *ret_count)
{
    const struct placement *placement = NULL;
    for (unsigned node = 0; node < world->machines_count && placement == NULL; node++) {
        placement = world->machines[node].node == NULL ? NULL : node_placement(world->machines[node].node);
    }
    *ret_count = placement == NULL ? 0 : placement_replicas(placement);
    if (placement == NULL) {
        return NULL;
    }
    return placement_owners(placement, ring_partition(world->keys.list[key].slot, placement_partitions(placement)));
}

bool check_is_owner(const struct world *world, unsigned key, uint64_t id)
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
    return blob_bytes(disk_read(&world->machines[node].disk, 0, key, false));
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
    arena_clear(&world->scratch);
    return raw.len > 0 && object_decode(raw, keys_bytes(&world->keys, key), &world->scratch, &object) == 0 &&
           object.count > 0;
}

/* A machine with something still to do; its number, or machines_count. */
static unsigned find_busy(const struct world *world)
{
    unsigned node = 0;
    for (; node < world->machines_count; node++) {
        uint64_t bytes;
        const struct node_stats *stats = node_stats(world->machines[node].node);
        if (disk_hints(&world->machines[node].disk, &bytes) > 0 || stats->hints_pending > 0 ||
            stats->partitions_filling > 0 || stats->scrub_running > 0) {
            break;
        }
    }
    return node;
}

static void say_busy(const struct world *world, unsigned node, char *ret, size_t size)
{
    uint64_t bytes;
    const struct node_stats *stats = node_stats(world->machines[node].node);
    snprintf(ret, size, "node %c keeps %u hints (it says %llu), %llu partitions are filling, scrub %llu",
             'a' + (int)node, disk_hints(&world->machines[node].disk, &bytes), (unsigned long long)stats->hints_pending,
             (unsigned long long)stats->partitions_filling, (unsigned long long)stats->scrub_running);
}

static bool leaves_are_right(const struct world *world, unsigned node, uint16_t slot)
{
    uint64_t kept[LEAVES];
    uint64_t counted[LEAVES] = {0};
    disk_kept(&world->machines[node].disk, slot, kept);
    for (unsigned key = 0; key < world->keys.count; key++) {
        if (world->keys.list[key].slot == slot) {
            counted[leaf_of(keys_bytes(&world->keys, key))] += object_digest(held_by(world, node, key));
        }
    }
    return memcmp(kept, counted, sizeof kept) == 0;
}

/* What is wrong with the key on this machine, or NULL. */
static const char *fault_of(const struct world *world, unsigned node, unsigned key)
{
    if (held_by(world, node, key).len > 0 && !check_is_owner(world, key, world->machines[node].id)) {
        return "is held by a node that does not own it:";
    }
    return leaves_are_right(world, node, world->keys.list[key].slot) ? NULL : "is in a leaf that is not its sum, at";
}

bool check_converged_by_itself(struct world *world, char *ret, size_t size)
{
    unsigned busy = find_busy(world);
    if (busy < world->machines_count) {
        say_busy(world, busy, ret, size);
        return false;
    }
    for (unsigned key = 0; key < world->keys.count; key++) {
        const struct key *name = &world->keys.list[key];
        if (!key_has_converged(world, key)) {
            snprintf(ret, size, "the owners of key %.*s differ", name->len, name->text);
            return false;
        }
        for (unsigned node = 0; node < world->machines_count; node++) {
            const char *fault = fault_of(world, node, key);
            if (fault != NULL) {
                snprintf(ret, size, "key %.*s %s %c", name->len, name->text, fault, 'a' + (int)node);
                return false;
            }
        }
    }
    return true;
}

static void check_machine(struct world *world, unsigned node, unsigned key)
{
    const struct machine *machine = &world->machines[node];
    struct bytes held = held_by(world, node, key);
    if (held.len > 0 && !check_is_owner(world, key, machine->id)) {
        world_violate(world, "converged", "node %c holds key %u and does not own it", 'a' + (int)node, key);
    }
    int32_t counted = disk_live(&machine->disk, key);
    if (world->damage.rotten == 0 && counted != (is_live(world, key, held) ? 1 : 0)) {
        world_violate(world, "converged", "node %c counts key %u as %d live", 'a' + (int)node, key, counted);
    }
}

/* Has none of the owners anything but the same deletion? Some may have forgotten it while the keys were read. */
static bool is_being_forgotten(struct world *world, unsigned key)
{
    unsigned count;
    const uint64_t *owners = check_owners(world, key, &count);
    struct bytes first = BYTES_EMPTY;
    for (unsigned i = 0; i < count; i++) {
        struct bytes held = held_by(world, world_machine(world, owners[i]), key);
        first = first.len == 0 ? held : first;
        struct object object;
        arena_clear(&world->scratch);
        bool is_deletion = held.len > 0 && bytes_equal(first, held) &&
                           object_decode(held, keys_bytes(&world->keys, key), &world->scratch, &object) == 0 &&
                           object_is_tombstone(&object);
        if (held.len > 0 && !is_deletion) {
            return false;
        }
    }
    return true;
}

void check_converged_at_end(struct world *world)
{
    for (unsigned key = 0; key < world->keys.count; key++) {
        if (!key_has_converged(world, key) && !is_being_forgotten(world, key)) {
            world_violate(world, "converged", "the owners of key %.*s differ after reads through every node",
                          world->keys.list[key].len, world->keys.list[key].text);
        }
        for (unsigned node = 0; node < world->machines_count; node++) {
            check_machine(world, node, key);
        }
    }
}
