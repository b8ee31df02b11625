/* Being a replica: taking objects from coordinators, and giving copies to them.
 *
 * S1  An object is acknowledged only when it, or something that includes it, is durable here.
 * S2  Only an owner of the key says "absent". Anybody else keeps hints for owners, each under its owner's name, and
 *     where it has none it says that it cannot tell (GR_ENOCOPY).
 * S3  What cannot be read is an error, never absent.
 * S4  An owner that is asked to stand in for another owner, by a node with an older placement, adds the object to its
 *     own copy: one disk is one copy, under whatever name.
 */
#ifndef GR_NODE_REPLICA_H
#define GR_NODE_REPLICA_H

#include "node/lane.h"
#include "node/pool.h"
#include "version/dot.h"
#include "wire/message.h"

/* What follows when the own copy has been repaired. */
struct repair_end {
    bool tells; /* sync_repaired is called */
    int error;  /* and told this, if not another: what became of it elsewhere */
};

/* An object, or the hint of one, on its way into the store. */
struct replica_put {
    struct pooled pooled;
    uint64_t owner;   /* keep it for this owner, as a hint; 0: it is the own copy */
    uint64_t from;    /* 0: this node itself: read repair, or a hint of its own */
    uint64_t request; /* the coordinator's; 0: nobody waits */
    bool doubtful;    /* a hint that may have been delivered long ago (doubt.h) */
    struct repair_end end;
    struct bytes key; /* in the arena */
    struct blob *incoming;
    struct dot newest; /* of the object after merging */
    struct lane *lane; /* while its store is open */
    struct lane_visitor visitor;
    struct arena arena;
};

/* A copy being read for a coordinator; at a node that is no owner, the hints for those who are. */
struct replica_get {
    struct pooled pooled;
    unsigned loads_open;
    int status;
    struct blob *merged; /* of the hints loaded so far */
    uint64_t from;
    uint64_t request;
    uint64_t digest;
    struct bytes key; /* in the arena */
    struct arena arena;
};

void put_recv(struct node *node, uint64_t from, const struct wire_put *message);
void replica_put_stored(struct node *node, uint64_t id, int status);

/* Merge `object` into the own copy. The bytes are copied. 0: it is on its way, and `end` follows. Errors: GR_EBUSY. */
int replica_repair_self(struct node *node, uint16_t slot, struct bytes key, struct bytes object, struct repair_end end);

/* Merge `object` into the hint kept for an owner. The bytes are copied. Errors: GR_EBUSY. */
int replica_keep_hint(struct node *node, uint64_t owner, uint16_t slot, struct bytes key, struct bytes object);

void get_recv(struct node *node, uint64_t from, const struct wire_get *message);
/* A coordinator that is no owner asks itself: get_ack_recv answers, in a later step. Errors: GR_ENOCOPY, GR_EBUSY. */
int replica_get_own_hints(struct node *node, uint64_t request, struct bytes key);

void replica_get_loaded(struct node *node, uint64_t id, int status, struct blob *value);

#endif
