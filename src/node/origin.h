/* Who asked: a client of this node, a node that forwarded its client's request, a write that needs a read first, or
 * nobody: two replicas are compared. */
#ifndef GR_NODE_ORIGIN_H
#define GR_NODE_ORIGIN_H

#include "node/request.h"

struct node;

enum origin_kind { ORIGIN_CLIENT, ORIGIN_PEER, ORIGIN_WRITE, ORIGIN_REPAIR };

struct origin {
    enum origin_kind kind;
    uint64_t peer;     /* ORIGIN_PEER: the forwarding node; ORIGIN_REPAIR: the other replica, 0: all of them */
    uint64_t token;    /* the client's token, the forwarding node's request number, or the write's id */
    struct dot name;   /* ORIGIN_PEER: of the hand-over */
    uint64_t asked_ms; /* ORIGIN_CLIENT: when */
    bool has_dot;      /* that name is the write's dot; else the coordinator mints one */
    bool is_unsure;    /* ORIGIN_CLIENT: an owner may carry the write out yet, or has stored it: no error can deny it */
};

/* Answer it: once for each request (N4). The reply's token is filled in. Not for ORIGIN_WRITE and
 * ORIGIN_REPAIR. */
void origin_reply(struct node *node, const struct origin *origin, const struct reply *reply);

/* After the reply of a write: more replicas hold it. */
void origin_copies(struct node *node, const struct origin *origin, uint8_t copies, bool final);

/* Refuse a request that was not even taken up. */
void origin_refuse(struct node *node, const struct origin *origin, int status, const char *detail);

#endif
