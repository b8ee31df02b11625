#include "sim/damage.h"

#include "sim/world.h"

#define ROTTEN_MAX 12u

/* No acknowledged write, or deleted and forgotten. */
static bool is_over(const struct world *world, const struct operation *operation)
{
    return operation->dot.actor == 0 || check_deleted_forgot(world, operation->key, operation->dot);
}

static bool is_sound(struct world *world, unsigned node, unsigned key)
{
    struct object object;
    struct bytes held = blob_bytes(disk_read(&world->machines[node].disk, 0, key, false));
    arena_clear(&world->scratch);
    return object_decode(held, keys_bytes(&world->keys, key), &world->scratch, &object) == 0;
}

/* Do others than `node` have a sound object of the key, and a rotten one? */
static void look_elsewhere(struct world *world, unsigned node, unsigned key, bool *ret_sound, bool *ret_rotten)
{
    *ret_sound = *ret_rotten = false;
    for (unsigned other = 0; other < world->machines_count; other++) {
        if (other != node && disk_read(&world->machines[other].disk, 0, key, false) != NULL) {
            bool sound = is_sound(world, other, key);
            *ret_sound |= sound;
            *ret_rotten |= !sound;
        }
    }
}

static bool may_rot(struct world *world, unsigned node, unsigned key)
{
    bool sound;
    bool rotten;
    look_elsewhere(world, node, key, &sound, &rotten);
    if (!sound) {
        return false;
    }
    for (uint32_t i = 0; i < world->history.count; i++) {
        const struct operation *operation = &world->history.list[i];
        if (operation->key == key && !is_over(world, operation) && check_lost_elsewhere(world, operation, node) == 0) {
            return false;
        }
    }
    return true;
}

/* An object, or else a hint of the key. */
static uint64_t draw_owner(struct world *world, unsigned node, unsigned key)
{
    uint32_t cursor = 0;
    struct disk_hint hint;
    if (rng_chance(&world->rng, 500000)) {
        return 0;
    }
    while (disk_next_hint(&world->machines[node].disk, &cursor, &hint)) {
        if (hint.key == key) {
            return hint.owner;
        }
    }
    return 0;
}

void damage_rot(struct world *world, unsigned node)
{
    if (world->damage.rotten >= ROTTEN_MAX || world->keys.count == 0) {
        return;
    }
    unsigned key = (unsigned)rng_below(&world->rng, world->keys.count);
    uint64_t owner = draw_owner(world, node, key);
    if (may_rot(world, node, key) && disk_rot(&world->machines[node].disk, &world->rng, owner, key)) {
        world->damage.rotten++;
        world->damage.rotten_keys |= UINT64_C(1) << key;
        world->damage.last_us = world->now_us;
        world_mix(world, OCCUR_NEMESIS, node, key, BYTES_EMPTY);
    }
}

static bool may_be_wiped(struct world *world, unsigned node)
{
    unsigned copies = plan_copies(&world->plan);
    unsigned wanted = world->plan.w < copies ? world->plan.w : copies;
    const struct machine *machine = &world->machines[node];
    if (wanted < 2 || machine->cluster == 0 || machine->replaces != 0) {
        return false;
    }
    for (unsigned other = 0; other < world->machines_count; other++) {
        if (stall_is_hung(world, other) || world->machines[other].cluster == 0) {
            return false; /* it could not be told now that its links are gone; it is no member yet */
        }
    }
    for (unsigned key = 0; key < world->keys.count; key++) {
        bool sound;
        bool rotten;
        look_elsewhere(world, node, key, &sound, &rotten);
        if (rotten && !sound) {
            return false;
        }
    }
    for (uint32_t i = 0; i < world->history.count; i++) {
        const struct operation *operation = &world->history.list[i];
        if (!is_over(world, operation) && check_lost_elsewhere(world, operation, SIM_NODES_MAX) < wanted) {
            return false;
        }
    }
    return true;
}

void damage_wipe(struct world *world, unsigned node)
{
    if (!may_be_wiped(world, node)) {
        return;
    }
    process_wipe(world, node);
    world->damage.wiped++;
    world->damage.last_us = world->now_us;
    world_mix(world, OCCUR_NEMESIS, node, world->machines[node].id, BYTES_EMPTY);
}
