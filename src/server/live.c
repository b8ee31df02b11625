#include "server/live.h"

#include "base/error.h"
#include "ring/slot.h"
#include "version/object.h"

#define SCRATCH_BYTES 4096

/* What one visit may look at, tombstones and values included: at a microsecond an object and 1 GB/s from memory some 20
 * ms of the reactor's time. */
#define VISIT_OBJECTS 16384u
#define VISIT_BYTES (8u << 20)

uint64_t live_in_partitions(struct engine *engine, struct bytes set, uint32_t partitions)
{
    uint32_t run = RING_SLOTS / partitions;
    uint64_t keys = 0;
    for (uint32_t partition = 0; partition < partitions && partition / 8 < set.len; partition++) {
        if ((set.data[partition / 8] >> (partition % 8) & 1) == 0) {
            continue;
        }
        for (uint32_t i = 0; i < run; i++) {
            keys += engine_live(engine, (uint16_t)(partition * run + i));
        }
    }
    return keys;
}

uint64_t live_in_all(struct engine *engine)
{
    uint64_t keys = 0;
    for (uint32_t slot = 0; slot < RING_SLOTS; slot++) {
        keys += engine_live(engine, (uint16_t)slot);
    }
    return keys;
}

struct listing {
    uint32_t keys_left;
    uint32_t objects_left;
    size_t bytes_seen;
    int status;
    struct arena arena;
    void (*visit)(void *visitor, struct bytes key);
    void *visitor;
};

static bool list_one(void *context, struct bytes key, struct bytes value)
{
    struct listing *listing = context;
    struct object object;
    arena_clear(&listing->arena);
    listing->objects_left--;
    listing->bytes_seen += key.len + value.len;
    listing->status = object_decode(value, key, &listing->arena, &object);
    if (listing->status == 0 && object.count > 0) {
        listing->visit(listing->visitor, key);
        listing->keys_left--;
    }
    return listing->status == 0 && listing->keys_left > 0 && listing->objects_left > 0 &&
           listing->bytes_seen < VISIT_BYTES;
}

int live_visit(struct engine *engine, uint16_t slot, uint32_t max, void (*visit)(void *visitor, struct bytes key),
               void *visitor)
{
    struct listing listing = {.keys_left = max, .objects_left = VISIT_OBJECTS, .visit = visit, .visitor = visitor};
    if (max == 0) {
        return 0;
    }
    arena_init(&listing.arena, SCRATCH_BYTES);
    int status = engine_scan(engine, slot, list_one, &listing);
    arena_done(&listing.arena);
    return status != 0 ? status : listing.status;
}

bool live_is_live(struct bytes key, struct bytes object)
{
    struct object decoded;
    struct arena arena;
    arena_init(&arena, SCRATCH_BYTES);
    int status = object_decode(object, key, &arena, &decoded);
    arena_done(&arena);
    return status != 0 || decoded.count > 0;
}
