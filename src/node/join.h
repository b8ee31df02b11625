/* Coming into the ring: founding it, or being admitted by a seed (paper 4.9).
 *
 * J1  A node without a cluster serves no client: it asks each second until a seed admits or refuses it.
 * J2  A ring in which any member has ever stored an object admits nobody: partitions that change hands would leave
 *     their data behind. Holds until data can be moved. A node that takes the place of a lost one moves none, and is
 *     admitted all the same (replace.h).
 * J3  Asking again after being admitted changes nothing: an answer that was lost is just sent again.
 * J4  One seed is asked at a time, lest two rings admit the same node; another only when the first is gone or has been
 *     asked JOIN_PATIENCE times.
 * J5  A seed may not have heard of the node to be replaced, or of its end, yet: that refusal is for good only when it
 *     was heard JOIN_PATIENCE times.
 */
#ifndef GR_NODE_JOIN_H
#define GR_NODE_JOIN_H

#include "node/timers.h"
#include "wire/message.h"

#define JOIN_PERIOD_MS 500u
#define JOIN_PATIENCE 6u

struct join {
    struct timer timer;
    uint64_t asked;   /* the seed that is being asked; 0: none */
    unsigned unheard; /* how often it has not answered */
    unsigned unknown; /* how often a seed said that the node to be replaced is unknown, or up (J5) */
    bool is_member;   /* as of the last change of the log */
    bool is_over;     /* was a member, or was to be one, and has no place any more (replace.h X2) */
};

/* The node's first step: found the cluster, go on as a member, or begin to ask. */
void join_start(struct node *node);

/* A peer came up: ask it at once if we still have to. */
void join_peer_up(struct node *node);

void join_recv(struct node *node, uint64_t from, const struct wire_join *message);
void joined_recv(struct node *node, const struct wire_joined *message);
void refused_recv(struct node *node, const struct wire_refused *message);

/* An object is about to be stored for the first time: tell the others that this ring is no longer empty (J2). */
void join_note_data(struct node *node);

#endif
