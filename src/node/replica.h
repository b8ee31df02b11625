/* Being a replica: taking objects from coordinators, and giving copies to them.
 *
 * S1  An object is acknowledged only when it, or something that includes it, is durable here.
 * S2  Only an owner of the key takes part: another's "absent" would be no answer, and its copy would be lost to all.
 * S3  What cannot be read is an error, never absent.
 */
#ifndef GR_NODE_REPLICA_H
#define GR_NODE_REPLICA_H

#include "node/lane.h"
#include "node/pool.h"
#include "version/dot.h"
#include "wire/message.h"

/* An object on its way into the store. */
struct replica_put {
    struct pooled pooled;
    uint64_t from;    /* 0: read repair of the own copy, nobody waits */
    uint64_t request; /* the coordinator's; 0: nobody waits */
    struct bytes key; /* in the arena */
    struct blob *incoming;
    struct dot newest; /* of the object after merging */
    struct lane *lane; /* while its store is open */
    struct lane_visitor visitor;
    struct arena arena;
};

/* A copy being read for a coordinator. */
struct replica_get {
    struct pooled pooled;
    uint64_t from;
    uint64_t request;
    uint64_t digest;
    struct bytes key; /* in the arena */
    struct arena arena;
};

void put_recv(struct node *node, uint64_t from, const struct wire_put *message);
void replica_put_stored(struct node *node, uint64_t id, int status);

/* Merge `object` into the own copy. The bytes are copied. */
void replica_repair_self(struct node *node, uint16_t slot, struct bytes key, struct bytes object);

void get_recv(struct node *node, uint64_t from, const struct wire_get *message);
void replica_get_loaded(struct node *node, uint64_t id, int status, struct blob *value);

#endif
