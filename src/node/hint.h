/* Hints: writes kept for owners that could not take them (paper 4.6).
 *
 * A stand-in keeps the object with the owner's id, apart from its own objects; so does a coordinator, as a courtesy,
 * for an owner that has not answered in time while nobody stands in for it. One hint an owner and key: later writes are
 * merged into it.
 *
 * K1  A hint that counts as one of W (a stand-in's) is acknowledged when it is durable, like any copy.
 * K2  Hints are bounded, in bytes and in age, and no client's write is refused for it. A courtesy that does not fit
 *     within hints_bytes_max is dropped. One that counts as one of W is always taken, as only a full disk refuses a
 *     copy; but while more is kept than the bound, hints of both kinds go as old ones do (handoff.h O4).
 *     What is dropped is counted, and the partition is compared at once, where this node owns it. Elsewhere its owners
 *     compare it: when they hear the one again that was away, and in any case each sync_period_ms.
 * K3  A hint goes when its owner has confirmed it, or all who are owners instead of it, or, when it is old, all the
 *     others (handoff.h O4); never before. What no owner has taken is kept, however old.
 */
#ifndef GR_NODE_HINT_H
#define GR_NODE_HINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"

struct node;

/* What is kept for one owner. Never less than there is, as "none" lets tombstones go (reap.h); a failed store may leave
 * the figures too high until a pass has found nothing. */
struct hint_queue {
    uint64_t owner;
    uint64_t count;
    uint64_t bytes;
    uint64_t changes;     /* so far, and */
    uint32_t stores_open; /* under way: a pass that found nothing, and none of these, has found that nothing is there */
    uint64_t due_ms;      /* when to pass through them next */
    uint64_t pause_ms;    /* before the pass after that, while none is confirmed (handoff.h O6) */
};

struct hints {
    struct hint_queue *queues; /* sorted by owner */
    uint32_t queues_count;
    uint32_t queues_capacity;
    bool unknown; /* there are more, for which memory was lacking */
    bool counted; /* what an earlier life left has been counted: before that nobody may say "none" */
    uint64_t bytes;
};

void hints_init(struct hints *hints);
void hints_done(struct hints *hints);

/* May a courtesy of `new_bytes` take the place of one of `old_bytes` (0: there is none)? Not before it is known what an
 * earlier life left. */
bool hints_have_room(const struct node *node, size_t old_bytes, size_t new_bytes);

/* Is more kept than the bound (K2)? */
bool hints_are_over(const struct node *node);

/* A store of a hint is recorded: so many bytes before and after, 0 for none (lane.c); then it has ended. A removal
 * counts when it has succeeded. */
void hints_store(struct node *node, uint64_t owner, size_t old_bytes, size_t new_bytes);
void hints_store_ended(struct node *node, uint64_t owner);

/* So many bytes less are there than was recorded. */
void hints_are_shorter(struct node *node, uint64_t owner, size_t bytes);
void hints_removed(struct node *node, uint64_t owner, size_t bytes);

/* One of an earlier life was found. */
void hints_counted(struct node *node, uint64_t owner, size_t bytes);

/* There is none for this owner: whatever the figures say. */
void hints_forget(struct node *node, uint64_t owner);

/* NULL: none was ever kept for this owner. Valid until the next hints_store. */
struct hint_queue *hints_queue(struct hints *hints, uint64_t owner);

/* Keep `object` for an owner, at this node, as nobody waits for it; or drop it and count that (K2). */
void hint_keep(struct node *node, uint64_t owner, uint16_t slot, struct bytes key, struct blob *object);

/* A hint for a key of the slot was not kept, or is kept no longer (K2). */
void hint_dropped(struct node *node, uint16_t slot);

/* Is it certain that there is no hint at all? */
bool hints_are_none(const struct hints *hints);

/* Might there be a hint for a key of the partition? */
bool hints_touch(const struct node *node, uint16_t partition);

#endif
