/* Anti-entropy: this node compares what it holds with its co-owners, and repairs what differs (paper 4.7).
 *
 * One comparison at a time, with one co-owner:
 *
 *   ROOTS    the roots of all partitions that are due with this peer            -> those that differ
 *   LEAVES   the leaves of one of these                                         -> the slots and leaves that differ
 *   LISTS    keys and digests of these leaves of one slot, there and here       -> the keys that differ
 *   REPAIR   each key is read from both sides, and whoever has less is sent the merge (repair.h)
 *
 * Y1  Each partition is compared with each co-owner within sync_period_ms of the last time, at once when it is dirty:
 *     a hint was dropped, the peer was away, another owner is lost, the partition is filling. Ages begin scattered, so
 *     the work is spread.
 * Y2  Only keys that differ travel, as pace allows, and at most SYNC_REPAIR_BYTES of their copies at a time.
 * Y3  A comparison that meets a failure (peer silent, list unreadable, a key not repaired) is not counted as one, and
 *     is tried again after a pause.
 * Y4  The first page of a slot counts its leaves too. Where the count and what the engine keeps differ, the engine is
 *     told the difference (EFFECT_MEND), one slot at a time, and never by a scan begun before the last mend ended.
 */
#ifndef GR_NODE_SYNC_H
#define GR_NODE_SYNC_H

#include "base/page.h"
#include "node/pool.h"
#include "node/timers.h"
#include "wire/message.h"

struct node;
struct sync_state; /* sync_*.c */

#define SYNC_LATER_MS 5000u /* a few saves of floors (save.h) */

struct sync {
    struct sync_state *state;
    struct timer timer;
};

/* Errors: GR_ENOMEM. */
int sync_init(struct sync *sync);
void sync_done(struct sync *sync);
void sync_start(struct node *node);

/* Compare soon: one partition with all its co-owners, or all that are shared with a peer. */
void sync_dirty(struct node *node, uint16_t partition);

/* A copy could not be stored here, or what was known of it was not so: others may differ. Compare, but in a while. */
void sync_failed_here(struct node *node, uint16_t partition);

/* Owners differ, and will for as long as a removal takes (reap.h P6): what is found equal before that is over is
 * compared once more. Many calls for a partition are one comparison, or two. */
void sync_later(struct node *node, uint16_t partition);
void sync_dirty_peer(struct node *node, uint64_t peer);

/* The link to a peer is gone. If it has crashed, a write that it coordinated may have reached some of the others only,
 * and nobody is left to keep hints for the rest: what is shared with it is compared with its other owners, soon. */
void sync_lost_peer(struct node *node, uint64_t peer);

/* The placement has changed: what was compared with whom begins anew where the owners are others. */
void sync_placement_changed(struct node *node);

void sync_peer_down(struct node *node, uint64_t peer);

/* A key has been repaired, or not (repair.h). */
void sync_repaired(struct node *node, int status);

/* Brings comparison_oldest_ms and comparisons_missing up to date. */
void sync_tell_age(struct node *node);

void roots_recv(struct node *node, uint64_t from, const struct wire_roots *message);
void roots_ack_recv(struct node *node, uint64_t from, const struct wire_roots_ack *message);
void tree_recv(struct node *node, uint64_t from, const struct wire_tree *message);
void tree_ack_recv(struct node *node, uint64_t from, const struct wire_tree_ack *message);
void list_recv(struct node *node, uint64_t from, const struct wire_list *message);
void list_ack_recv(struct node *node, uint64_t from, const struct wire_list_ack *message);

void sync_scanned(struct node *node, uint64_t id, int status, const struct page *page);    /* POOL_SYNC */
void listing_scanned(struct node *node, uint64_t id, int status, const struct page *page); /* POOL_LISTING */
void mend_stored(struct node *node, uint64_t id, int status);                              /* POOL_MEND */

#endif
