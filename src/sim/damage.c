#include "sim/damage.h"

#include "base/assert.h"
#include "node/internal.h"
#include "node/state.h"
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
    if ((rotten && !sound) || plan_copies(&world->plan) < 2) {
        return false; /* nobody could mend it, or say that the key is nowhere else */
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

/* All run, and none is in doubt or filling. */
static bool all_are_whole(const struct world *world)
{
    for (unsigned node = 0; node < world->machines_count; node++) {
        const struct node *each = world->machines[node].node;
        if (each == NULL || world->machines[node].cluster == 0 || node_stats(each)->partitions_filling > 0) {
            return false;
        }
    }
    return true;
}

void damage_rot(struct world *world, unsigned node)
{
    bool is_in_doubt = world->damage.salvaged > 0 && !all_are_whole(world); /* the others have to tell what is true */
    if (world->damage.rotten >= ROTTEN_MAX || world->keys.count == 0 || is_in_doubt) {
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

#define SALVAGE_DOWN_MAX_US 4000000u

/* What a lone owner's salvage has brought up is compared with nobody's, and believed: it would vouch for what another
 * salvage brings up. */
static bool may_be_salvaged(const struct world *world, unsigned node)
{
    bool is_alone = plan_copies(&world->plan) == 1;
    return all_are_whole(world) && world->machines[node].replaces == 0 && !(is_alone && world->damage.salvaged > 0) &&
           world->plan.object_bytes_max == 0; /* in parts nothing is decided */
}

/* Is of each acknowledged write of the key a sound copy elsewhere, and are all copies there sound? Damaged ones cannot
 * say that it was deleted. */
static bool may_go_back(struct world *world, unsigned node, unsigned key)
{
    bool sound;
    bool rotten;
    look_elsewhere(world, node, key, &sound, &rotten);
    if (rotten) {
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

static void count_anew(struct world *world, struct disk *disk)
{
    disk_count_none(disk);
    for (unsigned key = 0; key < world->keys.count; key++) {
        struct object object;
        struct bytes name = keys_bytes(&world->keys, key);
        struct bytes held = blob_bytes(disk_read(disk, 0, key, false));
        arena_clear(&world->scratch);
        bool is_live = object_decode(held, name, &world->scratch, &object) == 0 && object.count > 0;
        disk_count(disk, key, world->keys.list[key].slot, leaf_of(name), is_live);
    }
}

/* The membership is whole, or the node would not start; the rest of it may be of before. */
static void forget_floors(struct buffer *state)
{
    struct state_parts parts;
    struct buffer without;
    buffer_init(&without, SIZE_MAX);
    int status = state_split(buffer_bytes(state), &parts);
    parts.floors = BYTES_EMPTY;
    status = status == 0 ? state_join(&without, &parts) : status;
    GR_ASSERT_EQ(status, 0);
    buffer_done(state);
    *state = without;
}

void damage_salvage(struct world *world, unsigned node)
{
    struct machine *machine = &world->machines[node];
    if (!may_be_salvaged(world, node)) {
        return;
    }
    process_crash(world, node, false);
    for (unsigned key = 0; key < world->keys.count; key++) {
        if (rng_chance(&world->rng, 500000) && may_go_back(world, node, key)) {
            (void)disk_set_back(&machine->disk, &world->rng, key);
        }
    }
    count_anew(world, &machine->disk);
    if (rng_chance(&world->rng, 500000) && world->plan.replicas > 1) { /* a lone owner would get them from nobody */
        forget_floors(&machine->state);
    }
    machine->salvaged = true;
    world->damage.salvaged++;
    world->damage.last_us = world->now_us;
    world_mix(world, OCCUR_NEMESIS, node, machine->life, BYTES_EMPTY);
    process_boot_later(world, node, rng_between(&world->rng, 1000, SALVAGE_DOWN_MAX_US));
}

static bool may_be_wiped(struct world *world, unsigned node)
{
    unsigned copies = plan_copies(&world->plan);
    unsigned wanted = world->plan.w < copies ? world->plan.w : copies;
    const struct machine *machine = &world->machines[node];
    if (wanted < 2 || machine->cluster == 0 || machine->replaces != 0) {
        return false;
    }
    if (world->damage.salvaged > 0 && !all_are_whole(world)) {
        return false; /* it may be the last that knows of a forgotten deletion */
    }
    for (unsigned other = 0; other < world->machines_count; other++) {
        const struct node *each = world->machines[other].node;
        if (stall_is_hung(world, other) || world->machines[other].cluster == 0) {
            return false; /* it could not be told now that its links are gone; it is no member yet */
        }
        bool may_know = each != NULL ? membership_has(&each->membership, machine->id) : world->damage.wiped == 0;
        if (other != node && !may_know) {
            return false; /* those who let it in may be lost too, and then nobody knows of it */
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
