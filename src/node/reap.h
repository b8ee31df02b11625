/* Forgetting deleted keys: a tombstone goes when it is proven that nothing older can come back.
 *
 * The first owner of a partition sweeps its slots, while it has no hints for it, is not filling, and hears all members.
 * Of the tombstones it finds in a slot, those are proven for which, in this order,
 *   - every owner says that it holds the same: its digest, N times; then
 *   - every member of the ring, owner or not, says "clear": it keeps no hint for the partition, has nothing open for a
 *     key of the slot, hears all other members, knows of no other membership, is not in doubt of what it holds
 *     (fill.h U4), and mints above the tombstones from now, in later lives too.
 * A tombstone is removed when it has been proven twice, REAP_AFTER apart, and none of this node's members fell silent
 * in between, and no member lost a link or kept a hint for one of the owners. Then no older version is left anywhere:
 *   1. Since the first proof every owner's copy is the tombstone or newer, so nobody reads an older one.
 *   2. At the first proof no member had an older one in its memory, nor in a hint. What had been sent before (a put in
 *      the queue of a link that stalls, a forwarded write, a frame that comes twice) arrives while the link lives,
 *      behind it what shows the receiver that the sender is alive; or the link is lost, and the proof with it.
 *   3. What arrives at an owner ends in the tombstone. Of what arrives at a stand-in, a hint is made, which may be sent
 *      on more than once: a hint in between, if only for a moment, and the proof is lost.
 *
 * P1  Age alone reaps nothing. A member that is away, for a month if need be, stops the reaping: it may keep hints. One
 *     that was replaced is fenced, and its hints with it.
 * P2  An owner removes its copy only if it still is the tombstone that was proven. If one does not, anti-entropy brings
 *     it back to the others, and a later sweep takes it. So an order to remove may come late, or twice.
 * P3  Nobody who forgets a tombstone, or says "clear", mints at or below its dot afterwards, not in a later life and
 *     with a wall clock set back either: a new write of the key would end when it meets the copy of an owner that has
 *     not removed its own yet. So "clear" is said when the store has kept a clock above the tombstone. (Under
 *     last-writer-wins one dot covers all lesser ones. Where siblings are kept it covers its own actor's, and an actor
 *     does not outlive its clock.)
 *     How far it has forgotten is kept, before the tombstone goes, as a floor (floor.h): the dot rounded up, by no more
 *     than half of REAP_AFTER. At the second proof "clear" is asked for up to the floor, so nobody mints at or below
 *     that either. Whoever removes goes by the floor of the first owner, which members have said "clear" to.
 *     The commit that keeps a clock for "clear" is synced, under any durability.
 * P4  The second proof is REAP_AFTER behind the first, whatever wall clocks do: the time is the node's own, monotonous.
 *     REAP_AFTER is reap_after_ms, and no less than REAP_TIMEOUTS requests may take, since what was open or on its way
 *     must have come to its end by then. A link must not delay frames for so long and stay up, and what a crash may
 *     take back of the store (durability buffered) must be younger.
 * P5  A slot is read only when something was stored in it since it was last found free of tombstones.
 * P6  Owners do not stay different. One that is ordered to remove and cannot (no room, nothing can be stored), while
 *     others have removed theirs, counts it (tombstones_left) and has the partition compared in a while (sync_later).
 *     So has one that finds something else there: where siblings are kept, what was written meanwhile remembers the
 *     tombstone here, and does not where that had gone.
 *     So has one that holds nothing and to which a tombstone at or below its floor comes back: an owner that still
 *     waits to remove its own has sent it, and both count as equal until then. The tombstone is proven anew.
 *     Mostly there is room: the first owner orders no more than REAP_RATE removals a second, and no more than
 *     REAP_ITEMS that it waits for itself, for a floor that is kept once a second (save.h). Orders have a room of their
 *     own, which holds what two such owners order in four seconds.
 */
#ifndef GR_NODE_REAP_H
#define GR_NODE_REAP_H

#include "base/page.h"
#include "node/lane.h"
#include "node/pool.h"
#include "node/timers.h"
#include "wire/message.h"

struct node;
struct reap_state; /* reap_state.h */

#define REAP_BATCH 64u                   /* asked about at a time by one sweep; replica_get.c has so much more room */
#define REAP_RATE 1024u                  /* removals that one sweep orders in a second */
#define REAP_ITEMS 1280u                 /* its own at a time: of a second, and batches */
#define REAP_ORDERS 8192u                /* of others, at a time */
#define REAP_ORDER_KEYS_BYTES (8u << 20) /* of their keys */
#define REAP_LANES 512u                  /* in lanes at a time, each in one of its own; the others wait */
#define REAP_TIMEOUTS 2u

struct reap {
    struct reap_state *state;
    struct timer timer;
    struct timer lanes_timer; /* a lane is free again */
};

/* Errors: GR_ENOMEM. */
int reap_init(struct reap *reap, uint32_t orders_max);
void reap_done(struct reap *reap);

/* With reap_after_ms 0 this node removes only what others have proven. */
void reap_start(struct node *node);

/* Fallen silent, or its link is gone: what was proven must be proven anew. */
void reap_peer_down(struct node *node, uint64_t peer);
void reap_placement_changed(struct node *node);

void reap_scanned(struct node *node, uint64_t id, int status, const struct page *page); /* POOL_REAP */
void reap_stored(struct node *node, uint64_t id, int status);
void reap_floors_saved(struct node *node, int status);              /* a save of floors is over (floor.h) */
void reap_clock_stored(struct node *node, uint64_t id, int status); /* POOL_CLOCK */
void reap_get_ack(struct node *node, uint64_t from, const struct wire_get_ack *message); /* request of POOL_REAP */

void clear_recv(struct node *node, uint64_t from, const struct wire_clear *message);
void clear_ack_recv(struct node *node, uint64_t from, const struct wire_clear_ack *message);
void reap_recv(struct node *node, uint64_t from, const struct wire_reap *message);

#endif
