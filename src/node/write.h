/* Coordinating one write: SET, DELETE, APPEND, SETRANGE (paper 4.5 put).
 *
 *   READING   the outcome depends on the value before, or may keep a part of it that is in doubt (doubt.h): a quorum is
 *             being read (read.c)                                                          -> WAITING, ANSWERED
 *   WAITING   in the key's lane, for its turn (lane.c)                                       -> STORING, ANSWERED
 *   STORING   a dot is minted; the object is being stored here and sent to the other owners  -> ANSWERED, WAITING
 *   ANSWERED  the reply is out; late acks are still counted for WAIT                         -> given back
 *
 * The timer is the request's deadline in every state.
 *
 * W1  The own copy counts as one of W, and only once its store is durable.
 * W2  Under last-writer-wins a write that depends on nothing is acknowledged only when no replica of its quorum held a
 *     greater dot. One that did was written by a clock ahead of ours, perhaps long ago: the write is minted anew above
 *     it. So where 2W > N, of two writes one after the other the later one wins, whatever the clocks say. Each
 *     replica can surprise us once with what it held before; after WRITE_REMINTS_MAX rounds somebody is writing at
 *     this very moment, and either order is right.
 * W3  A failure before the dot is minted leaves no trace; after it, the write may or may not survive.
 * W4  A plain write that a node forwarded comes with the forwarding node's dot: done twice, or late, it is the same
 *     write still, and cannot end what came after it. Where W2 would mint anew, the forwarding node is told
 *     GR_EOVERTAKEN.
 * W5  A dot whose store failed here, and which others may hold, is not under what this node mints next: it goes on
 *     under another actor id, lest a context cover an entry that it does not hold.
 * W6  A write that depends on the value before is acknowledged only with the own copy among the W. The next one here
 *     may have read its quorum before, and goes by the lane: it would overlook a write that others alone hold.
 *     While the disk here is full, the others are sent it when it is stored here: what fails has left no trace.
 * W7  An owner that is down or silent is replaced in the quorum by the next healthy node, which keeps the write as a
 *     hint for it (paper 4.6). A node that is no owner and reaches none that takes the write coordinates as a
 *     stand-in itself: its own copy is such a hint.
 *     Such a copy knows nothing of what went before the last hint was handed over, so where siblings are kept
 *     its dots are minted under an actor id of their own, another after each hint that has gone: a context must not
 *     cover an entry that it does not hold.
 * W8  When the last word is spoken about a write that succeeded, every other owner holds it, or a stand-in that acked
 *     does, or this node keeps a hint (hint.h K2).
 * W9  Large values come no faster than replicas take them: what waits for its quorum here, coordinated or handed on,
 *     weighs at most node_config.writes_bytes_max, or is one write. What would exceed that is answered GR_EBUSY at
 *     once, before anything is done. A write that depends on the value before weighs that as well, once it has been
 *     read. What has been answered weighs nothing: a replica that hangs has nobody refused.
 */
#ifndef GR_NODE_WRITE_H
#define GR_NODE_WRITE_H

#include "node/lane.h"
#include "node/mutate.h"
#include "node/origin.h"
#include "node/quorum.h"
#include "node/timers.h"
#include "wire/message.h"

#define WRITE_REMINTS_MAX RING_REPLICAS_MAX
#define WRITE_SIBLINGS_MAX 100u /* a client's write that would leave more is refused */

enum write_state { WRITE_READING, WRITE_WAITING, WRITE_STORING, WRITE_ANSWERED };

struct write {
    struct pooled pooled;
    struct origin origin;
    enum write_state state;
    bool succeeded;  /* ANSWERED with success, and the last word about its copies not spoken */
    bool holds_back; /* nobody else is sent it before it is stored here (W6) */
    uint8_t reminted;
    uint8_t r;
    enum conflict_policy policy;
    uint16_t slot;
    uint64_t home; /* 0: the own copy is the object; else the hint kept for this owner (W7) */
    unsigned stores_open;
    size_t held_bytes; /* counted until it is answered (W9) */
    struct bytes key;  /* in the arena, as are the mutation's bytes */
    struct mutation mutation;
    struct context *seen;  /* the client's context, or NULL; in the arena */
    struct blob *before;   /* what the quorum read found */
    struct mutated result; /* the value in it is not kept */
    struct bytes old;      /* for REQUEST_RETURN_OLD; in the arena */
    struct dot dot;
    uint64_t floor; /* the next dot must be above */
    struct blob *object;
    struct lane *lane; /* while a store is open */
    struct quorum quorum;
    struct timer timer;
    struct lane_visitor visitor;
    struct write *prev, *next; /* among the answered ones that linger */
    bool lingers;
    uint32_t siblings; /* values that stood in the way (GR_ECONFLICT) */
    struct arena arena;
};

/* Take up a write, as an owner or, when no owner is healthy, as a stand-in. Answers the origin, perhaps before
 * returning. */
void write_start(struct node *node, const struct origin *origin, const struct request *request);

/* The quorum read of write `id` has ended; `before` is borrowed, NULL for an absent key. */
void write_read_done(struct node *node, uint64_t id, int status, struct blob *before, struct bytes detail);

void write_stored(struct node *node, uint64_t id, int status);

/* The peer is gone (GR_EUNREACHABLE) or silent (GR_ETIMEOUT): others take its place. */
void write_peer_down(struct node *node, uint64_t peer, int error);
void put_ack_recv(struct node *node, uint64_t from, const struct wire_put_ack *message);

#endif
