#include "node/trees.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"

int trees_init(struct trees *trees, const struct leaf_sum *leaves, size_t count)
{
    trees->leaves = calloc(LEAF_SLOTS * LEAVES, sizeof *trees->leaves);
    trees->touched = calloc(LEAF_SLOTS, sizeof *trees->touched);
    trees->doubtful = calloc(LEAF_SLOTS / 8, 1);
    trees->doubts = 0;
    if (trees->leaves == NULL || trees->touched == NULL || trees->doubtful == NULL) {
        return GR_ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        if (leaves[i].slot >= LEAF_SLOTS || leaves[i].leaf >= LEAVES) {
            return GR_EINVAL;
        }
        trees->leaves[leaves[i].slot * LEAVES + leaves[i].leaf] = leaves[i].sum;
    }
    return 0;
}

void trees_done(struct trees *trees)
{
    free(trees->leaves);
    free(trees->touched);
    free(trees->doubtful);
}

void trees_change(struct trees *trees, uint16_t slot, struct bytes key, uint64_t old, uint64_t new)
{
    GR_ASSERT_LT(slot, LEAF_SLOTS);
    trees->leaves[slot * LEAVES + leaf_of(key)] += new - old;
    trees->touched[slot]++;
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
        trees->doubts++;
    }
}

void trees_set(struct trees *trees, uint16_t slot, const uint64_t leaves[LEAVES])
{
    memcpy(&trees->leaves[slot * LEAVES], leaves, LEAVES * sizeof *leaves);
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
    size_t count = (size_t)(LEAF_SLOTS / partitions) * LEAVES;
    const uint64_t *leaves = &trees->leaves[partition * count];
    uint64_t root = 0;
    for (size_t i = 0; i < count; i++) {
        root = leaves[i] == 0 ? root : root + hash_pair(i, leaves[i]);
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
