/* Coordinating one read (paper 4.5 get).
 *
 *   LOADING   the own copy is being read                                                   -> ASKING, ANSWERED
 *   ASKING    so many other owners as R takes, the fastest, were sent the digest of it: who has the same says only so.
 *             One that is slower than its usual, or fails, is overtaken by the next         -> ANSWERED
 *   ANSWERED  the reply is out; late copies are still compared (read repair)                -> given back
 *
 * The timer is the request's deadline; while ASKING, with somebody left to ask, the moment to ask him.
 *
 * D1  A copy that could not be read, or failed its check, is a failed replica, never an absent key.
 * D2  The reply is the merge of at least R copies.
 * D3  After the reply every replica that answered with less than the merge, or found its copy damaged, is sent the
 *     merge (paper 5).
 *     Of copies in doubt after a salvage doubt.h says what goes into the reply, and what is sent.
 * D4  Only when fewer than R owners are left are others asked, who may keep hints for those that are not (stand-ins).
 *     One that holds nothing, and an owner still filling, cannot tell: that is no answer (GR_ENOCOPY), never an absent
 *     key.
 * D5  The copies that all reads hold together are at most node_config.reads_bytes_max, or those of one read. Where that
 *     would be exceeded those reads go that only linger; then the read is answered GR_EBUSY at once, as is one whose
 *     own load has no room in the store. Until another has gone no new one is taken up then; at half of the bound no
 *     repair is.
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
    struct blob *copies[QUORUM_MAX]; /* of those who acked, by place; NULL: absent */
    uint8_t standings[QUORUM_MAX];   /* enum fill_standing of those who acked */
    uint64_t floors[QUORUM_MAX];     /* floor.h, likewise */
    bool has_doubts;                 /* somebody's copy is in doubt */
    bool decides;                    /* a repair of all owners, that tells (repair.h) */
    uint64_t digest;                 /* of the own copy; 0: none */
    size_t held_bytes;               /* of the copies, each counted once */
    uint64_t deadline_ms;
    struct timer timer;
    struct read *prev, *next; /* among the answered ones that linger */
    bool lingers;
    struct arena arena;
};

/* Take up a read, as an owner or, when no owner is healthy, as a stand-in. Answers the origin, perhaps before
 * returning; a write is answered by write_read_done, a repair by sync_repaired. */
void read_start(struct node *node, const struct origin *origin, const struct request *request);

/* Take up a read for nobody (repair.h), of this node and `peer`; of all owners if that is 0, or with `decides`.
 * Errors: GR_EBUSY. */
int read_start_repair(struct node *node, uint16_t slot, struct bytes key, uint64_t peer, bool decides);

void read_loaded(struct node *node, uint64_t id, int status, struct blob *value);

/* Would the own copy of this read still be of use (node_wants_load)? */
bool read_wants_load(const struct node *node, uint64_t id);

/* The peer is gone (GR_EUNREACHABLE) or silent (GR_ETIMEOUT). */
void read_peer_down(struct node *node, uint64_t peer, int error);
void get_ack_recv(struct node *node, uint64_t from, const struct wire_get_ack *message);

#endif
