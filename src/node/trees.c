#include "node/trees.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"

static void note_used(struct trees *trees, uint16_t slot)
{
    trees->used[slot / 64] |= UINT64_C(1) << slot % 64;
}

uint32_t trees_next_used(const struct trees *trees, uint32_t slot)
{
    while (slot < LEAF_SLOTS) {
        uint64_t ahead = trees->used[slot / 64] >> slot % 64;
        if (ahead & 1) {
            return slot;
        }
        slot = ahead == 0 ? (slot / 64 + 1) * 64 : slot + 1;
    }
    return LEAF_SLOTS;
}

int trees_init(struct trees *trees, const struct leaf_sum *leaves, size_t count)
{
    trees->leaves = calloc(LEAF_SLOTS * LEAVES, sizeof *trees->leaves);
    trees->touched = calloc(LEAF_SLOTS, sizeof *trees->touched);
    trees->used = calloc(LEAF_SLOTS / 64, sizeof *trees->used);
    trees->doubtful = calloc(LEAF_SLOTS / 8, 1);
    trees->doubts = 0;
    if (trees->leaves == NULL || trees->touched == NULL || trees->used == NULL || trees->doubtful == NULL) {
        return GR_ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        if (leaves[i].slot >= LEAF_SLOTS || leaves[i].leaf >= LEAVES) {
            return GR_EINVAL;
        }
        trees->leaves[leaves[i].slot * LEAVES + leaves[i].leaf] = leaves[i].sum;
        note_used(trees, leaves[i].slot);
    }
    return 0;
}

void trees_done(struct trees *trees)
{
    free(trees->leaves);
    free(trees->touched);
    free(trees->used);
    free(trees->doubtful);
}

void trees_change(struct trees *trees, uint16_t slot, struct bytes key, uint64_t old, uint64_t new)
{
    GR_ASSERT_LT(slot, LEAF_SLOTS);
    trees->leaves[slot * LEAVES + leaf_of(key)] += new - old;
    trees->touched[slot]++;
    note_used(trees, slot);
}

bool trees_is_doubtful(const struct trees *trees, uint16_t slot)
{
    GR_ASSERT_LT(slot, LEAF_SLOTS);
    return trees->doubtful[slot / 8] >> (slot % 8) & 1;
}

void trees_doubt(struct trees *trees, uint16_t slot)
{
    if (!trees_is_doubtful(trees, slot)) {
        trees->doubtful[slot / 8] |= (uint8_t)(1u << (slot % 8));
        note_used(trees, slot);
        trees->doubts++;
    }
}

bool trees_has_doubts(const struct trees *trees, uint16_t partition, uint32_t partitions)
{
    uint32_t slots = LEAF_SLOTS / partitions;
    for (uint32_t i = 0; trees->doubts > 0 && i < slots; i++) {
        if (trees_is_doubtful(trees, (uint16_t)(partition * slots + i))) {
            return true;
        }
    }
    return false;
}

uint32_t trees_next_doubt(const struct trees *trees, uint32_t slot)
{
    for (uint32_t i = 1; trees->doubts > 0 && i <= LEAF_SLOTS; i++) {
        uint32_t next = (slot + i) % LEAF_SLOTS;
        if (trees_is_doubtful(trees, (uint16_t)next)) {
            return next;
        }
    }
    return LEAF_SLOTS;
}

void trees_set(struct trees *trees, uint16_t slot, const uint64_t leaves[LEAVES])
{
    memcpy(&trees->leaves[slot * LEAVES], leaves, LEAVES * sizeof *leaves);
    note_used(trees, slot);
    if (trees_is_doubtful(trees, slot)) {
        trees->doubtful[slot / 8] &= (uint8_t) ~(1u << (slot % 8));
        trees->doubts--;
    }
}

const uint64_t *trees_slot(const struct trees *trees, uint16_t slot)
{
    GR_ASSERT_LT(slot, LEAF_SLOTS);
    return &trees->leaves[slot * LEAVES];
}

/* Not over the memory itself: two machines may order the bytes of a number differently. */
uint64_t trees_root(const struct trees *trees, uint16_t partition, uint32_t partitions)
{
    uint32_t first = partition * (LEAF_SLOTS / partitions);
    uint32_t end = first + LEAF_SLOTS / partitions;
    uint64_t root = 0;
    for (uint32_t slot = trees_next_used(trees, first); slot < end; slot = trees_next_used(trees, slot + 1)) {
        for (unsigned leaf = 0; leaf < LEAVES; leaf++) {
            uint64_t sum = trees->leaves[slot * LEAVES + leaf];
            root = sum == 0 ? root : root + hash_pair((uint64_t)(slot - first) * LEAVES + leaf, sum);
        }
    }
    return root;
}

struct bytes trees_encode(const struct trees *trees, uint16_t partition, uint32_t partitions, struct arena *arena)
{
    size_t count = (size_t)(LEAF_SLOTS / partitions) * LEAVES;
    uint8_t *raw = arena_alloc(arena, count * sizeof(uint64_t));
    if (raw == NULL) {
        return BYTES_EMPTY;
    }
    struct writer w = writer_of(raw, count * sizeof(uint64_t));
    for (size_t i = 0; i < count; i++) {
        writer_u64(&w, trees->leaves[partition * count + i]);
    }
    return bytes_of(raw, count * sizeof(uint64_t));
}

int trees_compare(const struct trees *trees, uint16_t partition, uint32_t partitions, struct bytes encoded,
                  uint16_t *ret_leaves)
{
    uint32_t slots = LEAF_SLOTS / partitions;
    if (encoded.len != (size_t)slots * LEAVES * sizeof(uint64_t)) {
        return GR_EPROTO;
    }
    struct reader r = reader_of(encoded);
    for (uint32_t i = 0; i < slots; i++) {
        uint16_t slot = (uint16_t)(partition * slots + i);
        uint32_t differing = 0;
        for (unsigned leaf = 0; leaf < LEAVES; leaf++) {
            differing |= (uint32_t)(reader_u64(&r) != trees_slot(trees, slot)[leaf]) << leaf;
        }
        ret_leaves[i] = trees_is_doubtful(trees, slot) ? UINT16_MAX : (uint16_t)differing;
    }
    return 0;
}
