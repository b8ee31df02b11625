#include "node/fill.h"

#include "base/cursor.h"
#include "base/error.h"
#include "node/internal.h"

#define FILL_ITEM_BYTES 3u

void fill_init(struct fill *fill)
{
    *fill = (struct fill){.count = 0};
    buffer_init(&fill->encoded, RING_SLOTS * FILL_ITEM_BYTES);
}

void fill_done(struct fill *fill)
{
    buffer_done(&fill->encoded);
}

static void set(struct node *node, uint16_t partition, uint8_t missing)
{
    struct fill *fill = &node->fill;
    if (fill->missing[partition] == missing) {
        return;
    }
    fill->count -= fill->missing[partition] != 0;
    fill->count += missing != 0;
    fill->missing[partition] = missing;
    fill->unsaved = true;
    node->stats.partitions_filling = fill->count;
}

void fill_save(struct node *node)
{
    if (node->fill.unsaved) {
        node->fill.unsaved = false;
        env_add(&node->env, EFFECT_SAVE);
    }
}

/* The bits of all owners but this node; 0 if it is none itself. */
static uint8_t others(const struct node *node, uint16_t partition)
{
    const struct placement *placement = node->membership.placement;
    const uint64_t *owners = placement_owners(placement, partition);
    unsigned bits = 0;
    bool owns = false;
    for (unsigned i = 0; i < placement_replicas(placement); i++) {
        owns |= owners[i] == node->config.node;
        bits |= owners[i] == node->config.node ? 0 : 1u << i;
    }
    return owns ? (uint8_t)bits : 0;
}

void fill_start_all(struct node *node)
{
    if (node->membership.placement == NULL) {
        return;
    }
    for (uint32_t i = 0; i < node->membership.partitions; i++) {
        set(node, (uint16_t)i, others(node, (uint16_t)i));
        if (node->fill.missing[i] != 0) {
            sync_dirty(node, (uint16_t)i); /* also where it was filling already: from now on */
        }
    }
    fill_save(node);
}

void fill_compared(struct node *node, uint16_t partition, uint64_t peer)
{
    if (node->fill.missing[partition] == 0) {
        return;
    }
    const uint64_t *owners = placement_owners(node->membership.placement, partition);
    for (unsigned i = 0; i < placement_replicas(node->membership.placement); i++) {
        if (owners[i] == peer) {
            set(node, partition, node->fill.missing[partition] & (uint8_t) ~(1u << i));
        }
    }
}

void fill_placement_changed(struct node *node, bool is_first)
{
    for (uint32_t i = 0; i < RING_SLOTS; i++) {
        uint8_t missing = node->fill.missing[i];
        if (missing != 0) {
            uint8_t all = i < node->membership.partitions ? others(node, (uint16_t)i) : 0;
            set(node, (uint16_t)i, is_first ? missing & all : all);
        }
    }
    node->stats.partitions_filling = node->fill.count;
    fill_save(node);
}

bool fill_is_filling(const struct node *node, uint16_t partition)
{
    return node->fill.missing[partition] != 0;
}

struct bytes fill_encode(struct fill *fill)
{
    buffer_clear(&fill->encoded, SIZE_MAX);
    for (uint32_t i = 0; fill->count > 0 && i < RING_SLOTS; i++) {
        if (fill->missing[i] == 0) {
            continue;
        }
        uint8_t *room = buffer_reserve(&fill->encoded, FILL_ITEM_BYTES);
        if (room == NULL) {
            return BYTES_EMPTY;
        }
        struct writer w = writer_of(room, FILL_ITEM_BYTES);
        writer_u16(&w, (uint16_t)i);
        writer_u8(&w, fill->missing[i]);
        fill->encoded.len += FILL_ITEM_BYTES;
    }
    return buffer_bytes(&fill->encoded);
}

int fill_restore(struct fill *fill, struct bytes encoded)
{
    struct reader r = reader_of(encoded);
    while (reader_left(&r) > 0) {
        uint16_t partition = reader_u16(&r);
        uint8_t missing = reader_u8(&r);
        if (r.failed || partition >= RING_SLOTS || missing == 0 || fill->missing[partition] != 0) {
            return GR_ECORRUPT;
        }
        fill->missing[partition] = missing;
        fill->count++;
    }
    return 0;
}
