/* The replicas asked for one request, and what became of each. */
#ifndef GR_NODE_QUORUM_H
#define GR_NODE_QUORUM_H

#include "base/arena.h"
#include "base/bytes.h"
#include "node/tally.h"
#include "ring/placement.h"

struct node;

struct quorum {
    struct tally tally;
    uint64_t nodes[RING_REPLICAS_MAX]; /* in preference order */
    int errors[RING_REPLICAS_MAX];     /* why it failed; 0 if it did not */
};

/* The owners of a partition; `wanted` is cut to as many as there are. Owners without a link fail at once. */
void quorum_init(struct quorum *quorum, const struct node *node, uint16_t partition, unsigned wanted);

/* The place of a node, or -1 if it was not asked. */
int quorum_place(const struct quorum *quorum, uint64_t node);

/* Record an answer; nothing if the node was not asked. */
void quorum_ack(struct quorum *quorum, uint64_t node);
void quorum_fail(struct quorum *quorum, uint64_t node, int error);

/* Forget all acks and failures but those of owners without a link: the question has changed. */
void quorum_again(struct quorum *quorum, const struct node *node);

/* Is an answer of this node still awaited? */
bool quorum_awaits(const struct quorum *quorum, uint64_t node);

/* For the client: "wanted 2 of 3 writes, got 1 (127.0.0.1:7381 down, 127.0.0.1:7380 no answer in time)". Whoever has
 * not answered is late, unless the others lost the quorum before. From `arena`; empty when out of memory. */
struct bytes quorum_detail(const struct quorum *quorum, const struct node *node, const char *what, struct arena *arena);

#endif
