#include "node/floor.h"

#include "base/cursor.h"
#include "base/error.h"
#include "node/internal.h"

#define FLOOR_ITEM_BYTES 10u

void floors_init(struct floors *floors)
{
    buffer_init(&floors->encoded, RING_SLOTS * FLOOR_ITEM_BYTES);
}

void floors_done(struct floors *floors)
{
    buffer_done(&floors->encoded);
}

void floor_raise(struct node *node, uint16_t partition, uint64_t hlc)
{
    struct floors *floors = &node->floors;
    uint64_t *floor = &floors->by_partition[partition];
    if (hlc > *floor && hlc <= hlc_from_ms(node->env.now.wall_ms + FLOOR_AHEAD_MAX_MS)) {
        hlc_follow(&node->clock, hlc, node->env.now.wall_ms);
        floors->count += *floor == 0;
        floors->raised_at[partition] = ++floors->raises;
        *floor = hlc;
    }
    if (floors->raised_at[partition] > floors->asked) {
        save_soon(node);
    }
}

bool floor_is_kept(const struct node *node, uint16_t partition, uint64_t hlc)
{
    const struct floors *floors = &node->floors;
    return floors->by_partition[partition] >= hlc && floors->raised_at[partition] <= floors->kept;
}

void floors_begin_save(struct node *node)
{
    node->floors.asked = node->floors.raises;
}

/* After a failure it is asked for anew by whoever next needs it. */
void floors_saved(struct node *node, int status)
{
    struct floors *floors = &node->floors;
    floors->kept = status == 0 ? floors->asked : floors->kept;
    floors->asked = floors->kept;
    reap_floors_saved(node, status);
}

uint64_t floor_of(const struct node *node, uint16_t partition)
{
    return node->floors.by_partition[partition];
}

uint64_t floor_root(const struct node *node, uint16_t partition)
{
    uint64_t root = trees_root(&node->trees, partition, node->membership.partitions);
    uint64_t floor = floor_of(node, partition);
    return floor == 0 ? root : root + hash_pair(UINT64_MAX, floor);
}

struct bytes floors_encode(struct floors *floors)
{
    buffer_clear(&floors->encoded, SIZE_MAX);
    for (uint32_t i = 0; floors->count > 0 && i < RING_SLOTS; i++) {
        if (floors->by_partition[i] == 0) {
            continue;
        }
        uint8_t *room = buffer_reserve(&floors->encoded, FLOOR_ITEM_BYTES);
        if (room == NULL) {
            return BYTES_EMPTY;
        }
        struct writer w = writer_of(room, FLOOR_ITEM_BYTES);
        writer_u16(&w, (uint16_t)i);
        writer_u64(&w, floors->by_partition[i]);
        floors->encoded.len += FLOOR_ITEM_BYTES;
    }
    return buffer_bytes(&floors->encoded);
}

int floors_restore(struct floors *floors, struct bytes encoded, uint64_t *ret_highest)
{
    struct reader r = reader_of(encoded);
    *ret_highest = 0;
    while (reader_left(&r) > 0) {
        uint16_t partition = reader_u16(&r);
        uint64_t floor = reader_u64(&r);
        if (r.failed || partition >= RING_SLOTS || floor == 0 || floor > HLC_OUTSIDE_MAX ||
            floors->by_partition[partition] != 0) {
            return GR_ECORRUPT;
        }
        *ret_highest = floor > *ret_highest ? floor : *ret_highest;
        floors->by_partition[partition] = floor;
        floors->count++;
    }
    return 0;
}
