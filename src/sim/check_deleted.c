/* Invariant 3: a deleted key never comes back.
 *
 * While a tombstone is there, the other checkers see to it. When a node forgets one (EFFECT_STORE of nothing), it must
 * be a tombstone that goes, and what it covered must be gone for good: no node takes up an object with an entry that
 * the tombstone included and that was seen before. (A value minted later may have a lesser dot, by a clock that is
 * behind: then nobody knows of the tombstone any more, and the value counts.)
 *
 * All owners must know of the deletion before the first forgets it: each one's disk includes the tombstone, or has
 * forgotten it too. And every member must have a clock above it on its disk, above the floor that goes with it, too:
 * after a crash, and with a wall clock set back, it would mint a write that ends where the tombstone still is, or that
 * counts as deleted. Not judged where a disk was damaged, or a power cut took what had been completed.
 *
 * The floor must be kept when the tombstone goes.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/cursor.h"
#include "node/canary.h"
#include "node/state.h"
#include "ring/slot.h"
#include "sim/world.h"

#define GRAVES_FIRST 16u

void graves_done(struct graves *graves)
{
    free(graves->list);
    *graves = (struct graves){0};
}

static void dig(struct graves *graves, const struct grave *grave)
{
    if (graves->count == graves->capacity) {
        graves->capacity = graves->capacity == 0 ? GRAVES_FIRST : graves->capacity * 2;
        graves->list = realloc(graves->list, graves->capacity * sizeof *graves->list);
        GR_ASSERT(graves->list != NULL);
    }
    graves->list[graves->count++] = *grave;
}

/* Was a tombstone forgotten that ended this very version? */
static bool is_buried(const struct world *world, unsigned key, struct dot dot)
{
    for (uint32_t i = 0; i < world->graves.count; i++) {
        const struct grave *grave = &world->graves.list[i];
        if (grave->key == key && object_includes(&grave->tombstone, dot) &&
            check_dots_seen_us(world, dot) < grave->at_us) {
            return true;
        }
    }
    return false;
}

bool check_deleted_forgot(const struct world *world, unsigned key, struct dot dot)
{
    return is_buried(world, key, dot);
}

static bool decode_more(struct world *world, unsigned key, const struct blob *blob, struct object *ret)
{
    return blob != NULL && object_decode(blob_bytes(blob), keys_bytes(&world->keys, key), &world->scratch, ret) == 0;
}

static bool decode(struct world *world, unsigned key, const struct blob *blob, struct object *ret)
{
    arena_clear(&world->scratch);
    return decode_more(world, key, blob, ret);
}

/* The newest object as the node has it, stored or on its way. */
static const struct blob *newest(const struct world *world, unsigned node, unsigned key)
{
    uint32_t cursor = 0;
    const struct blob *last = NULL;
    const struct blob *blob;
    while ((blob = disk_next_view(&world->machines[node].disk, key, false, &cursor)) != NULL) {
        last = blob;
    }
    return last;
}

static bool has_entry(const struct object *object, struct dot dot)
{
    for (uint32_t i = 0; i < object->count; i++) {
        if (dot_equal(object->entries[i].dot, dot)) {
            return true;
        }
    }
    return false;
}

/* What a salvage has brought up on the node itself it may still hold for a while. */
void check_deleted_stored(struct world *world, unsigned node, unsigned key, const struct blob *value)
{
    struct object object;
    struct object held;
    if (world->graves.count == 0 || !decode(world, key, newest(world, node, key), &held)) {
        object_init(&held, CONFLICT_LWW);
    }
    if (world->graves.count == 0 || !decode_more(world, key, value, &object)) {
        return;
    }
    for (uint32_t i = 0; i < object.count; i++) {
        if (!has_entry(&held, object.entries[i].dot) && is_buried(world, key, object.entries[i].dot)) {
            world_violate(world, "deleted", "node %c takes up a value of key %.*s that a forgotten deletion had ended",
                          'a' + (int)node, world->keys.list[key].len, world->keys.list[key].text);
        }
    }
}

static void check_owners_know(struct world *world, unsigned node, unsigned key, const struct grave *grave)
{
    unsigned count;
    const uint64_t *owners = check_owners(world, key, &count);
    struct dot dot = context_newest(&grave->tombstone.context);
    if (world->damage.last_us != 0 || world->sightings.tainted[key]) {
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        struct object object;
        unsigned owner = world_machine(world, owners[i]);
        bool knows = is_buried(world, key, dot) ||
                     (decode(world, key, disk_read(&world->machines[owner].disk, 0, key, false), &object) &&
                      object_includes(&object, dot));
        if (!knows) {
            world_violate(world, "deleted", "node %c forgets the deletion of key %.*s, of which %c does not know",
                          'a' + (int)node, world->keys.list[key].len, world->keys.list[key].text, 'a' + (int)owner);
        }
    }
}

/* Of the key's partition, as the machine would read it after a crash. */
static uint64_t kept_floor(const struct world *world, unsigned node, unsigned key)
{
    unsigned partition = ring_partition(world->keys.list[key].slot, world->plan.partitions);
    struct state_parts parts;
    int status = state_split(buffer_bytes(&world->machines[node].state), &parts);
    GR_ASSERT_EQ(status, 0);
    struct reader r = reader_of(parts.floors);
    while (reader_left(&r) > 0) {
        unsigned place = reader_u16(&r);
        uint64_t floor = reader_u64(&r);
        if (place == partition) {
            return floor;
        }
    }
    return 0;
}

static uint64_t check_floor_kept(struct world *world, unsigned node, unsigned key, const struct grave *grave)
{
    struct dot dot = context_newest(&grave->tombstone.context);
    uint64_t floor = kept_floor(world, node, key);
    if (floor < dot.hlc) {
        world_violate(world, "deleted", "node %c forgets the deletion of key %.*s before it has kept a floor for it",
                      'a' + (int)node, world->keys.list[key].len, world->keys.list[key].text);
    }
    return floor;
}

static void check_clocks_kept(struct world *world, unsigned node, unsigned key, uint64_t floor)
{
    bool unasked = world->plan.canary == CANARY_REAP_UNASKED; /* what becomes of that is to be seen */
    if (world->damage.last_us != 0 || world->sightings.tainted[key] || unasked) {
        return;
    }
    for (unsigned member = 0; member < world->machines_count; member++) {
        const struct machine *machine = &world->machines[member];
        if (machine->cluster != 0 && disk_clock(&machine->disk) < floor) {
            world_violate(world, "deleted", "node %c forgets the deletion of key %.*s, and %c may mint below it",
                          'a' + (int)node, world->keys.list[key].len, world->keys.list[key].text, 'a' + (int)member);
        }
    }
}

void check_deleted_removed(struct world *world, unsigned node, unsigned key)
{
    struct object object;
    const struct blob *blob = newest(world, node, key);
    if (!decode(world, key, blob, &object)) {
        return; /* it is gone already, or rotten */
    }
    if (!object_is_tombstone(&object) && world->damage.salvaged > 0) {
        return; /* it is taken for one that came up with a salvage; whether that was so is for check_lost.c */
    }
    if (!object_is_tombstone(&object)) {
        world_violate(world, "deleted", "node %c removes key %.*s, which is not deleted", 'a' + (int)node,
                      world->keys.list[key].len, world->keys.list[key].text);
        return;
    }
    struct grave grave = {.tombstone = object, .at_us = world->now_us, .key = (uint8_t)key};
    grave.tombstone.entries = NULL;
    check_owners_know(world, node, key, &grave);
    check_clocks_kept(world, node, key, check_floor_kept(world, node, key, &grave));
    dig(&world->graves, &grave);
}
