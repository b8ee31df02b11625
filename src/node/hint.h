/* Hints: writes kept for owners that could not take them (dynamo.md 4.6).
 *
 * A stand-in keeps the object with the owner's id, apart from its own objects; so does a coordinator for an owner that
 * has not answered in time while nobody stands in for it. One hint an owner and key: later writes are merged into it.
 *
 * K1  A hint that counts as one of W (a stand-in's) is acknowledged when it is durable, like any copy.
 * K2  Hints are bounded: in bytes (a coordinator's own may use half of the bound, as the write has its W without them),
 *     and in age. What is dropped is counted, and the partition is compared sooner: no client's write waits for it.
 * K3  A hint goes when its owner has confirmed it, or is no owner any more and those who are have; never before.
 */
#ifndef GR_NODE_HINT_H
#define GR_NODE_HINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"

struct node;

/* What is kept for one owner, about: a failed store may leave the figures too high until its hints have all gone. */
struct hint_queue {
    uint64_t owner;
    uint64_t count;
    uint64_t bytes;
};

struct hints {
    struct hint_queue *queues; /* sorted by owner */
    uint32_t queues_count;
    uint32_t queues_capacity;
    uint32_t *by_partition; /* how many hints for keys of it; NULL while joining */
    bool counted;           /* what an earlier life left has been counted: before that nobody may say "none" */
    uint64_t bytes;
};

void hints_init(struct hints *hints);
void hints_done(struct hints *hints);

/* The first step: count what is there (EFFECT_SCAN). */
void hints_start(struct node *node);

/* May one more of `bytes` be kept? `counts`: as one of W. */
bool hints_have_room(const struct node *node, size_t bytes, bool counts);

/* A store of the hint is recorded: so many bytes before and after, 0 for none (lane.c). */
void hints_change(struct node *node, uint64_t owner, uint16_t slot, size_t old_bytes, size_t new_bytes);

/* Keep `object` for an owner, at this node, as nobody waits for it; or drop it and count that (K2). */
void hint_keep(struct node *node, uint64_t owner, uint16_t slot, struct bytes key, struct blob *object);

/* Might there be a hint for a key of the partition? */
bool hints_touch(const struct node *node, uint16_t partition);

#endif
