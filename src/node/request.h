/* What a client asks of the ring, and what it gets: the language between the command rooms and the core. */
#ifndef GR_NODE_REQUEST_H
#define GR_NODE_REQUEST_H

#include "base/bytes.h"
#include "version/object.h"

enum op {
    OP_GET = 1,  /* reply.found, reply.value */
    OP_SET,      /* value; IF_ABSENT, IF_PRESENT, RETURN_OLD. reply.applied */
    OP_DELETE,   /* RETURN_OLD. reply.found: there was a value */
    OP_APPEND,   /* value; an absent key counts as empty. reply.number: length afterwards */
    OP_SETRANGE, /* value at offset, zero bytes up to it. reply.number: length afterwards */
    OP_COUNT,    /* no key: live keys of the whole cluster. reply.number */
    OP_REPLACE,  /* no key: node `offset` is lost for good, node `number` takes its place */
    OP_SCRUB,    /* no key: read back every object of this node; replied to when it has begun */
};

#define REQUEST_IF_ABSENT 1u  /* apply only if the key has no value */
#define REQUEST_IF_PRESENT 2u /* apply only if the key has one */
#define REQUEST_RETURN_OLD 4u /* reply.found and reply.value are what was there before */

struct request {
    uint64_t token; /* comes back in the reply; the asker's, unique among its open requests */
    enum op op;
    uint8_t flags;
    uint8_t r, w; /* 0: the node's default */
    enum conflict_policy policy;
    uint32_t timeout_ms; /* 0: the node's default */
    uint64_t offset;
    uint64_t number;
    struct bytes key;   /* borrowed during the step */
    struct bytes value; /* borrowed during the step */
    struct bytes context;
};

/* Exactly one reply comes for each request. Views are valid until the next step of the node. */
struct reply {
    uint64_t token;
    int status; /* 0 or: GR_EBUSY, GR_ETIMEOUT, GR_ENOQUORUM, GR_ETOOBIG, GR_ECONFLICT, GR_EIO, GR_ENOSPC,
                 * GR_ESHUTDOWN, GR_EINVAL. Only GR_EBUSY, GR_ETOOBIG, GR_EINVAL and GR_ECONFLICT promise that nothing
                 * was written. */
    bool found;
    bool applied;
    uint8_t copies; /* replicas known to hold the write, at least W on success */
    bool final;     /* no EFFECT_COPIES will follow */
    uint32_t siblings;
    uint64_t number;
    struct bytes value;
    struct bytes detail; /* on failure: "wanted 2 of 3 writes, got 1 (10.0.0.3:6379 down, ...)"; may be empty */
};

#endif
