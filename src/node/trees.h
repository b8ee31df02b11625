/* The hash trees of what this node holds, as of every store recorded so far (paper 4.7; base/leaf.h).
 *
 * A partition's tree has a root over the leaves of its slots. The engine keeps the leaves too, changed in the same
 * commit as the object (store/engine.h G7); these here are the same numbers, so that comparing costs no read.
 *
 * V1  A leaf here is the sum of the digests of the newest objects of its keys, those being stored included.
 * V2  Where that may not hold (a store failed; a copy was replaced that could not be read) the slot is doubtful: the
 *     next scan of it counts anew and mends both (sync.h).
 */
#ifndef GR_NODE_TREES_H
#define GR_NODE_TREES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/leaf.h"

struct trees {
    uint64_t *leaves;  /* LEAF_SLOTS * LEAVES */
    uint32_t *touched; /* by slot: how many stores have been recorded for it, so that a scan knows it is the latest */
    uint64_t *used;    /* one bit a slot that has ever held anything, or may have */
    uint8_t *doubtful; /* one bit a slot */
    uint32_t doubts;   /* how many bits are set */
};

/* Errors: GR_ENOMEM, GR_EINVAL (a leaf that cannot be). */
int trees_init(struct trees *trees, const struct leaf_sum *leaves, size_t count);
void trees_done(struct trees *trees);

/* A store of a key of the slot is recorded: `old` and `new` are the digests before and after, 0 for none. */
void trees_change(struct trees *trees, uint16_t slot, struct bytes key, uint64_t old, uint64_t new);

void trees_doubt(struct trees *trees, uint16_t slot);
bool trees_is_doubtful(const struct trees *trees, uint16_t slot);

/* Equal numbers prove nothing where they may not be those of the objects. */
bool trees_has_doubts(const struct trees *trees, uint16_t partition, uint32_t partitions);

/* The next doubtful slot behind `slot`, after the last comes the first; LEAF_SLOTS: there is none. */
uint32_t trees_next_doubt(const struct trees *trees, uint32_t slot);

/* The leaves of a slot are so: they have been counted. */
void trees_set(struct trees *trees, uint16_t slot, const uint64_t leaves[LEAVES]);

/* The first slot from `slot` on that has ever held anything; LEAF_SLOTS: none. */
uint32_t trees_next_used(const struct trees *trees, uint32_t slot);

/* LEAVES numbers, borrowed. */
const uint64_t *trees_slot(const struct trees *trees, uint16_t slot);

/* The root of a partition of `partitions`. */
uint64_t trees_root(const struct trees *trees, uint16_t partition, uint32_t partitions);

/* The leaves of a partition as they go into a message; from `arena`, empty when out of memory. */
struct bytes trees_encode(const struct trees *trees, uint16_t partition, uint32_t partitions, struct arena *arena);

/* Hold the leaves of a partition, as trees_encode gave them elsewhere, against these. `ret_leaves` has an entry for
 * each slot of the partition: one bit for each leaf that differs, all of them where the slot is doubtful.
 * Errors: GR_EPROTO (not the leaves of a partition; ret_leaves is untouched). */
int trees_compare(const struct trees *trees, uint16_t partition, uint32_t partitions, struct bytes encoded,
                  uint16_t *ret_leaves);

#endif
