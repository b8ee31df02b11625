/* A request whose key this node does not own, or that belongs at the key's first owner, is handed to an owner
 * (paper 4.5: server-driven coordination).
 *
 * F1  Writes that depend on the value before (APPEND, SET NX, DELETE, ...) go to the first owner that is up: its lane
 *     puts them one after another, where two coordinators would each build on a value without the other's change.
 * F2  A GET, and under last-writer-wins a plain SET, may be done twice: a SET takes its dot along, so a second time is
 *     the same write, and a late one does not end what came after it. They are tried at the next owner when one does
 *     not answer in a quarter of the request's time, or goes down. Anything else is answered GR_ETIMEOUT then: nobody
 *     knows whether it happened.
 * F3  A request is forwarded once: an owner coordinates what it is handed, anybody else answers GR_ENOTOWNER.
 * F4  An owner carries out a hand-over once: it remembers the last ones (handed.h).
 * F5  An owner that reaches too few nodes, and has not begun, says GR_EUNREACHABLE: the next owner may reach more, so
 *     it is asked, unless half of the request's time is over. One that has just come into the ring has a link to its
 *     seed before it has any other. When no owner can, the client reads what the last one said.
 * F6  A plain SET that all owners who are up have refused, as their copies cannot be read or they reach too few, is
 *     coordinated here, in the place of an owner that is away (write.h W7): puts want W nodes of any kind.
 */
#ifndef GR_NODE_FORWARD_H
#define GR_NODE_FORWARD_H

#include "base/arena.h"
#include "node/origin.h"
#include "node/pool.h"
#include "node/timers.h"
#include "ring/placement.h"
#include "wire/message.h"

struct forward {
    struct pooled pooled;
    struct origin origin;
    struct request request; /* its bytes are in the arena */
    uint64_t owners[RING_REPLICAS_MAX];
    unsigned owners_count;
    unsigned next;   /* place of the next owner to try */
    uint64_t target; /* the owner that has it now */
    uint64_t deadline_ms;
    uint8_t copies;
    bool unanswered;   /* an owner has not answered: it may yet carry the request out */
    uint8_t refused;   /* bits of owners that answered that they cannot take it, before anything was written */
    bool views_differ; /* one of them says that it is no owner */
    uint8_t reminted;
    bool may_be_here; /* this node may coordinate it */
    bool answered;
    size_t held_bytes;             /* counted until it is answered (write.h W9) */
    struct forward *older, *newer; /* among the answered ones that linger */
    bool has_dot;                  /* the name is the dot of a plain SET under last-writer-wins */
    struct dot name;               /* of this hand-over */
    struct timer timer;
    struct arena arena;
};

/* Hand a client's request on. Answers the origin, perhaps before returning. */
void forward_start(struct node *node, const struct origin *origin, const struct request *request);

/* The same, for an owner that cannot coordinate the request itself. */
void forward_elsewhere(struct node *node, const struct origin *origin, const struct request *request);

/* What the origin is told of a request that ended so, and that has left no trace: F5 if another node forwarded it. */
int forward_untouched(const struct origin *origin, int status);

void forward_peer_down(struct node *node, uint64_t peer);

/* At the owner, and back at the forwarding node. */
void forward_recv(struct node *node, uint64_t from, const struct wire_forward *message);
void forward_ack_recv(struct node *node, uint64_t from, const struct wire_forward_ack *message);
void forward_copies_recv(struct node *node, uint64_t from, const struct wire_forward_copies *message);

#endif
