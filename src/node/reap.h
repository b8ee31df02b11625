/* Forgetting deleted keys: a tombstone goes when it is proven that nothing older can come back (design.md section 3).
 *
 * The first owner of a partition sweeps it, when all its owners are healthy and none is filling. A tombstone is proven
 * when at one time
 *   - every owner holds it: the same digest, N times, and
 *   - every member of the ring, owner or not, says that it keeps no hint and has no request open for the partition.
 * It is removed when it has been proven twice, reap_after_ms apart, with no member down or new in between: a message
 * that was on its way at the first time has arrived, or is lost with its link, by the second.
 *
 * Q1  Age alone reaps nothing. A member that is away, for a month if need be, stops the reaping of all keys whose hints
 *     it may hold; a node that was replaced is fenced, and its hints with it.
 * Q2  An owner removes its copy only if it still is the tombstone that was proven. If one does not, it stays there,
 *     anti-entropy brings it back to the others, and a later sweep takes it.
 */
#ifndef GR_NODE_REAP_H
#define GR_NODE_REAP_H

#include "base/page.h"
#include "node/lane.h"
#include "node/pool.h"
#include "node/timers.h"
#include "wire/message.h"

struct node;
struct reap_state; /* reap*.c */

struct reap {
    struct reap_state *state;
    struct timer timer;
};

/* Errors: GR_ENOMEM. */
int reap_init(struct reap *reap);
void reap_done(struct reap *reap);
void reap_start(struct node *node);

void reap_peer_down(struct node *node, uint64_t peer);
void reap_placement_changed(struct node *node);

void reap_scanned(struct node *node, uint64_t id, int status, const struct page *page); /* POOL_REAP */
void reap_stored(struct node *node, uint64_t id, int status);
void reap_get_ack(struct node *node, uint64_t from, const struct wire_get_ack *message); /* request of POOL_REAP */

void clear_recv(struct node *node, uint64_t from, const struct wire_clear *message);
void clear_ack_recv(struct node *node, uint64_t from, const struct wire_clear_ack *message);
void reap_recv(struct node *node, uint64_t from, const struct wire_reap *message);

#endif
