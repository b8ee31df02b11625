#include "node/fill.h"

#include "base/cursor.h"
#include "base/error.h"
#include "node/internal.h"

#define FILL_ITEM_BYTES 3u

void fill_init(struct fill *fill)
{
    *fill = (struct fill){.count = 0};
    buffer_init(&fill->encoded, (RING_SLOTS + 1) * FILL_ITEM_BYTES);
}

void fill_done(struct fill *fill)
{
    buffer_done(&fill->encoded);
}

/* Without an owner to be compared with nothing is in doubt any more. */
static void set(struct node *node, uint16_t partition, uint8_t missing)
{
    struct fill *fill = &node->fill;
    missing = missing == FILL_IN_DOUBT ? 0 : missing;
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
        save_soon(node);
    }
}

/* What begins to fill must not be forgotten; what has filled may be. */
static void save_changes_now(struct node *node)
{
    if (node->fill.unsaved) {
        save_now(node);
    }
}

/* The bits of all owners but this node; 0 if it is none itself. */
static uint8_t others(const struct node *node, uint16_t partition)
{
    const struct placement *placement = node->membership.placement;
    int own = placement_owner_place(placement, partition, node->config.node);
    unsigned all = (1u << placement_replicas(placement)) - 1;
    return (uint8_t)(own < 0 ? 0 : all & ~(1u << own));
}

void fill_start_all(struct node *node, bool in_doubt)
{
    if (node->membership.placement == NULL) {
        return;
    }
    for (uint32_t i = 0; i < node->membership.partitions; i++) {
        unsigned doubt = in_doubt ? FILL_IN_DOUBT : node->fill.missing[i] & FILL_IN_DOUBT;
        set(node, (uint16_t)i, (uint8_t)(others(node, (uint16_t)i) | doubt));
        if (node->fill.missing[i] != 0) {
            sync_dirty(node, (uint16_t)i); /* also where it was filling already: from now on */
        }
    }
    node->fill.hints_in_doubt |= in_doubt;
    node->fill.unsaved |= in_doubt;
    save_changes_now(node);
}

void fill_compared(struct node *node, uint16_t partition, uint64_t peer)
{
    if (node->fill.missing[partition] == 0) {
        return;
    }
    int place = placement_owner_place(node->membership.placement, partition, peer);
    if (place >= 0) {
        set(node, partition, node->fill.missing[partition] & (uint8_t) ~(1u << place));
    }
}

void fill_placement_changed(struct node *node, bool is_first)
{
    for (uint32_t i = 0; i < RING_SLOTS; i++) {
        uint8_t missing = node->fill.missing[i];
        if (missing != 0) {
            uint8_t all = i < node->membership.partitions ? others(node, (uint16_t)i) : 0;
            set(node, (uint16_t)i, (uint8_t)((is_first ? missing & all : all) | (missing & FILL_IN_DOUBT)));
        }
    }
    node->stats.partitions_filling = node->fill.count;
    save_changes_now(node);
}

bool fill_is_filling(const struct node *node, uint16_t partition)
{
    return node->fill.missing[partition] != 0;
}

enum fill_standing fill_standing(const struct node *node, uint16_t partition)
{
    uint8_t missing = node->fill.missing[partition];
    bool in_doubt = (missing & FILL_IN_DOUBT) != 0 && !CANARY(node, CANARY_NO_DOUBT);
    return in_doubt ? FILL_DOUBTFUL : missing != 0 ? FILL_MISSING : FILL_WHOLE;
}

bool fill_doubts_hints(const struct node *node)
{
    return node->fill.hints_in_doubt && !CANARY(node, CANARY_NO_DOUBT);
}

/* A page that was read before the last one went may have it still. */
static bool has_no_hints(const struct node *node)
{
    return hints_are_none(&node->hints) && node->handoff.state == HANDOFF_RESTING && !node->handoff.scan_open &&
           pool_taken(&node->handoff.deliveries) == 0;
}

void fill_settle_hints(struct node *node)
{
    if (node->fill.hints_in_doubt && has_no_hints(node)) {
        node->fill.hints_in_doubt = false;
        node->fill.unsaved = true;
        fill_save(node);
    }
}

bool fill_has_any(const struct fill *fill)
{
    return fill->count > 0 || fill->hints_in_doubt;
}

/* Errors: GR_ENOMEM. */
static int encode(struct fill *fill, uint16_t partition, uint8_t bits)
{
    uint8_t *room = bits == 0 ? NULL : buffer_reserve(&fill->encoded, FILL_ITEM_BYTES);
    if (room == NULL) {
        return bits == 0 ? 0 : GR_ENOMEM;
    }
    struct writer w = writer_of(room, FILL_ITEM_BYTES);
    writer_u16(&w, partition);
    writer_u8(&w, bits);
    fill->encoded.len += FILL_ITEM_BYTES;
    return 0;
}

struct bytes fill_encode(struct fill *fill)
{
    buffer_clear(&fill->encoded, SIZE_MAX);
    int error = encode(fill, FILL_HINTS, fill->hints_in_doubt);
    for (uint32_t i = 0; error == 0 && fill->count > 0 && i < RING_SLOTS; i++) {
        error = encode(fill, (uint16_t)i, fill->missing[i]);
    }
    return error == 0 ? buffer_bytes(&fill->encoded) : BYTES_EMPTY;
}

int fill_restore(struct fill *fill, struct bytes encoded)
{
    struct reader r = reader_of(encoded);
    while (reader_left(&r) > 0) {
        uint16_t partition = reader_u16(&r);
        uint8_t missing = reader_u8(&r);
        if (!r.failed && partition == FILL_HINTS) {
            fill->hints_in_doubt = true;
            continue;
        }
        if (r.failed || partition >= RING_SLOTS || missing == 0 || fill->missing[partition] != 0) {
            return GR_ECORRUPT;
        }
        fill->missing[partition] = missing;
        fill->count++;
    }
    return 0;
}
