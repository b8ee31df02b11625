/* The parts of a node, for the files of this room only. Each part has its own header and its own rules; a part changes
 * only its own. */
#ifndef GR_NODE_INTERNAL_H
#define GR_NODE_INTERNAL_H

#include "base/assert.h"
#include "base/hlc.h"
#include "base/rng.h"
#include "node/burden.h"
#include "node/canary.h"
#include "node/delivery.h"
#include "node/detector.h"
#include "node/discard.h"
#include "node/env.h"
#include "node/fill.h"
#include "node/floor.h"
#include "node/gossip.h"
#include "node/handed.h"
#include "node/handoff.h"
#include "node/hint.h"
#include "node/join.h"
#include "node/lane.h"
#include "node/membership.h"
#include "node/node.h"
#include "node/pace.h"
#include "node/peers.h"
#include "node/pool.h"
#include "node/reap.h"
#include "node/save.h"
#include "node/scrub.h"
#include "node/sync.h"
#include "node/timers.h"
#include "node/trees.h"
#include "ring/slot.h"

/* Every kind of request in flight has its own pool (N5). */
struct pools {
    struct pool writes;
    struct pool reads;
    struct pool forwards;
    struct pool counts;
    struct pool replica_puts;
    struct pool replica_gets;
};

struct node {
    struct node_config config;
    char zone[RING_ZONE_MAX + 1]; /* what config.zone points to */
    bool started;                 /* the first step has been taken */
    bool actor_renewed;           /* since the start (write.h W5) */
    uint64_t stand_in_actor;      /* dots of writes coordinated for owners that nobody reaches (write.h W7) */
    bool stand_in_minted;         /* since that was made */
    bool holds_data;              /* an object has been stored: joins are refused */
    bool disk_is_full;            /* the last store failed for want of room, and none has succeeded since */
    struct env env;
    struct hlc clock;
    struct rng rng;
    struct membership membership;
    struct peers peers;
    struct gossip gossip;
    struct join join;
    struct timers timers;
    struct detector detector;
    struct pace pace;
    struct handed handed;
    struct trees trees;
    struct fill fill;
    struct floors floors;
    struct saves saves;
    struct buffer state; /* what node_state gave last */
    struct hints hints;
    struct handoff handoff;
    struct sync sync;
    struct discards discards;
    struct reap reap;
    struct scrub scrub;
    struct lanes lanes;
    struct pools pools;
    struct write *answered_writes;     /* replied to, still counting copies; oldest first */
    struct forward *answered_forwards; /* the client has its reply, more copies may be told of; oldest first */
    struct read *answered_reads;       /* replied to, still comparing copies; oldest first */
    size_t read_refused_bytes;         /* the copy that was refused last, since when no other has gone (read.h D5) */
    struct node_stats stats;
};

/* Is this node among the owners of the slot? */
bool node_owns(const struct node *node, uint16_t slot);

/* The id under which dots are minted from now on: another after a minted dot was lost with its store (write.c). */
void node_renew_actor(struct node *node);

/* The same for what it coordinates as a stand-in, whose copies go from here one by one, or are kept for other owners
 * from now on; nothing if it has not minted under the present one. */
void node_renew_stand_in_actor(struct node *node);

/* The node's own record has changed: give it a new version, save, spread (join.c). */
void node_publish_self(struct node *node);

#endif
