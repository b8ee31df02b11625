/* The nodes asked for one request, and what became of each.
 *
 * The first places are the key's owners, in preference order. Behind them come stand-ins: the next healthy nodes of the
 * preference list, each in the place of one owner that is down or silent (paper 4.6, sloppy quorum).
 *
 * Q1  An owner and those who stand in for it are one copy: as soon as the owner answers, a stand-in's hint goes to it
 *     and is no more. Both acks together count once.
 */
#ifndef GR_NODE_QUORUM_H
#define GR_NODE_QUORUM_H

#include "base/arena.h"
#include "base/bytes.h"
#include "node/tally.h"
#include "ring/placement.h"

#define QUORUM_MAX (3 * RING_REPLICAS_MAX) /* an owner's stand-in may fail too, and the next take over */

struct node;

struct quorum {
    struct tally tally;
    uint16_t partition;
    uint8_t owners; /* so many places are owners; the others stand in */
    uint32_t sent;  /* one bit a place: it was asked */
    uint64_t nodes[QUORUM_MAX];
    uint64_t stands_for[QUORUM_MAX]; /* the owner; 0: the place is an owner's own */
    uint32_t sent_ms[QUORUM_MAX];    /* when, the low 32 bits */
    int errors[QUORUM_MAX];          /* why it failed; 0 if it did not */
};

/* The owners of a partition; `wanted` is cut to as many as there are. Those that are not healthy fail at once. */
void quorum_init(struct quorum *quorum, const struct node *node, uint16_t partition, unsigned wanted);

/* This node and one co-owner, both wanted: two replicas are compared. */
void quorum_init_pair(struct quorum *quorum, const struct node *node, uint16_t partition, uint64_t peer);

/* The place of a node, or -1. */
int quorum_place(const struct quorum *quorum, uint64_t node);

/* The node at a place is being asked now. */
void quorum_sent(struct quorum *quorum, const struct node *node, unsigned place);

/* How long ago that was. */
uint32_t quorum_took_ms(const struct quorum *quorum, const struct node *node, unsigned place);

/* Record an answer; nothing if the node has no place. */
void quorum_ack(struct quorum *quorum, uint64_t node);
void quorum_fail(struct quorum *quorum, uint64_t node, int error);

/* Forget all answers and whom was asked: the question has changed. Who is not healthy fails. */
void quorum_again(struct quorum *quorum, const struct node *node);

/* Every owner that has failed, and for which nobody stands in, gets a stand-in, as long as there are healthy nodes. The
 * new places have not been sent anything. */
void quorum_recruit(struct quorum *quorum, struct node *node);

/* Fewer are left than are wanted: those who are silent but have a link may be asked all the same, as suspicion may err;
 * whoever was asked before is waited for. Returns whether that opens the quorum again. */
bool quorum_last_resort(struct quorum *quorum, const struct node *node);

/* The next healthy node, this one first if it has no place yet, takes the place of the owner that `place` is or stands
 * for. Returns the new place, or -1: there is none. */
int quorum_stand_in(struct quorum *quorum, struct node *node, unsigned place);

/* Has it been asked, without an answer so far? */
bool quorum_awaits(const struct quorum *quorum, uint64_t node);

/* Has it been asked, and not acked? A late answer still counts, though the node was given up (tally.h T2). */
bool quorum_may_ack(const struct quorum *quorum, uint64_t node);

/* The fastest node that was not asked yet and has not been given up, by place; -1: all were. */
int quorum_next(const struct quorum *quorum, const struct node *node);

/* Has the owner at `place` acked, or somebody who stands in for it? */
bool quorum_covers(const struct quorum *quorum, unsigned place);

/* Have all who were asked answered? */
bool quorum_is_settled(const struct quorum *quorum);

/* Copies known (Q1), and copies not known yet that somebody was asked for. */
unsigned quorum_copies(const struct quorum *quorum);
unsigned quorum_pending(const struct quorum *quorum);

/* MET once as many copies are known as were wanted, for good; LOST while too few can come; else OPEN. */
enum tally_verdict quorum_verdict(const struct quorum *quorum);

/* For the client: "wanted 2 of 3 writes, got 1 (127.0.0.1:7381 down, 127.0.0.1:7380 no answer in time)". Whoever was
 * asked and has not answered is late, unless the others lost the quorum before. From `arena`; empty when out of
 * memory. */
struct bytes quorum_detail(const struct quorum *quorum, const struct node *node, const char *what, struct arena *arena);

#endif
