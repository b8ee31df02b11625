/* Spreading the membership: each second with one random peer (paper 4.8.1).
 *
 * The two hashes of a gossip message say whether there is anything to tell. Who receives hashes that differ from its
 * own sends all it has and asks for the same; both sides merge. At 64 bytes an entry and some 100 a record the whole
 * of a cell fits into one message.
 */
#ifndef GR_NODE_GOSSIP_H
#define GR_NODE_GOSSIP_H

#include "node/timers.h"
#include "wire/message.h"

#define GOSSIP_PERIOD_MS 1000u
#define GOSSIP_JITTER_MS 200u

struct gossip {
    struct timer timer;
};

void gossip_start(struct node *node);
void gossip_recv(struct node *node, uint64_t from, const struct wire_gossip *message);
void membership_recv(struct node *node, uint64_t from, const struct wire_membership *message);

/* Let a peer compare what it knows with what we know; nothing while joining. */
void gossip_compare(struct node *node, uint64_t peer);

/* Send all we know to one peer, or to every peer that is up: after a change that others wait for. */
void gossip_tell(struct node *node, uint64_t peer, bool wants_answer);
void gossip_tell_all(struct node *node);

#endif
