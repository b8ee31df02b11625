/* Coordinating one read (dynamo.md 4.5 get; design.md section 4).
 *
 *   LOADING   the own copy is being read                                                   -> ASKING, ANSWERED
 *   ASKING    the other owners were sent the digest of it: who has the same says only so    -> ANSWERED
 *   ANSWERED  the reply is out; late copies are still compared (read repair)                -> given back
 *
 * The timer is the request's deadline in every state.
 *
 * D1  A copy that could not be read, or failed its check, is a failed replica, never an absent key.
 * D2  The reply is the merge of at least R copies.
 * D3  After the reply every replica that answered with less than the merge, or found its copy damaged, is sent the
 *     merge (dynamo.md 5).
 */
#ifndef GR_NODE_READ_H
#define GR_NODE_READ_H

#include "base/arena.h"
#include "base/blob.h"
#include "node/origin.h"
#include "node/pool.h"
#include "node/quorum.h"
#include "node/timers.h"
#include "wire/message.h"

enum read_state { READ_LOADING, READ_ASKING, READ_ANSWERED };

struct read {
    struct pooled pooled;
    struct origin origin;
    enum read_state state;
    uint16_t slot;
    struct bytes key; /* in the arena */
    struct quorum quorum;
    struct blob *copies[RING_REPLICAS_MAX]; /* of those who acked, by place; NULL: absent */
    uint64_t digest;                        /* of the own copy; 0: none */
    struct timer timer;
    struct read *prev, *next; /* among the answered ones that linger */
    bool lingers;
    struct arena arena;
};

/* Take up a read of which this node is an owner. Answers the origin, perhaps before returning; a write is answered by
 * write_read_done. */
void read_start(struct node *node, const struct origin *origin, const struct request *request);

void read_loaded(struct node *node, uint64_t id, int status, struct blob *value);
void read_peer_down(struct node *node, uint64_t peer);
void get_ack_recv(struct node *node, uint64_t from, const struct wire_get_ack *message);

#endif
