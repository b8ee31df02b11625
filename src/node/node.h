/* One node of the ring as a state machine: events in, recorded effects out.
 *
 * N1  node_step is the only entry. Nothing in here does I/O, reads a clock, starts a thread or draws unseeded
 *     randomness: `now` comes with the event, answers come as later events.
 * N2  Effects are recorded, never performed, during a step. The shell takes them with node_effects after each step and
 *     performs them in order; what they point to is valid until the next step.
 * N3  A write is acknowledged (EFFECT_REPLY to its client, or put_ack to a coordinator) only while handling the
 *     completion of the store that made it durable.
 * N4  Every accepted request gets exactly one EFFECT_REPLY, at its deadline at the latest.
 * N5  Memory is bounded by the configuration: see node_config.
 */
#ifndef GR_NODE_NODE_H
#define GR_NODE_NODE_H

#include "base/blob.h"
#include "base/page.h"
#include "node/request.h"
#include "ring/members.h"
#include "ring/placement.h"
#include "wire/message.h"

struct node;

struct node_config {
    uint64_t node;                 /* id of the data directory; never 0 */
    uint64_t actor;                /* this life's id; never 0 */
    uint64_t cluster;              /* 0: none yet, joins through the first peer that comes up */
    uint64_t clock;                /* high-water mark of the hybrid clock, 0 if unknown */
    uint64_t seed;                 /* of all randomness in the node */
    uint32_t partitions;           /* of the cluster; ignored while joining */
    uint8_t replicas;              /* N of the cluster; ignored while joining */
    uint8_t r, w;                  /* defaults of a request; cut to the replicas there are */
    uint16_t weight;               /* of this node, when it founds or joins */
    const char *zone;              /* likewise; borrowed during node_new */
    struct member self;            /* own addresses; node and version are filled in */
    uint32_t requests_max;         /* client requests, forwarded ones and replica operations in flight, each */
    uint64_t writes_bytes_max;     /* of the writes that wait here, if it is more than one (write.h W9); 0: any */
    uint64_t reads_bytes_max;      /* of the copies that reads in flight hold, if it is more than one; 0: any */
    uint32_t request_timeout_ms;   /* default deadline */
    bool holds_data;               /* the store has had an object */
    bool salvaged;                 /* the store has lost some: none counts as absent until it was compared (fill.h) */
    uint64_t replaces;             /* joining: the lost node whose place to take; 0: none */
    const struct leaf_sum *leaves; /* of the store's trees; borrowed during node_new */
    size_t leaves_count;
    uint32_t object_bytes_max; /* of an object in one message (parts.h); 0: WIRE_OBJECT_MAX, which is the most */
    uint64_t hints_bytes_max;  /* hints kept for others: what is above goes as what is old does (hint.h K2) */
    uint32_t hints_age_ms;     /* older ones go to the other owners and are dropped; anti-entropy does their work */
    uint32_t sync_period_ms;   /* each partition is compared with each co-owner at least so often */
    uint32_t reap_after_ms;    /* a tombstone is proven twice, so far apart, before it goes */
    uint32_t reap_orders_max;  /* removals ordered by others, at a time (reap.h P6); 0: REAP_ORDERS */
    struct bytes state;        /* what the last EFFECT_SAVE asked to keep; empty for a new node; borrowed */
#ifdef GRAMME_CANARY
    uint8_t canary; /* enum canary: the planted bug to show, 0: none */
#endif
};

/* Time as the shell sees it, the same throughout a step. */
struct instant {
    uint64_t mono_ms; /* never goes back */
    uint64_t wall_ms; /* since 1970; may jump */
};

enum event_kind {
    EVENT_TICK,      /* node_wake_at has come */
    EVENT_PEER_UP,   /* a link to `peer` has completed its handshake */
    EVENT_PEER_DOWN, /* it is gone; what was sent on it may or may not have arrived */
    EVENT_MESSAGE,   /* from `peer` */
    EVENT_LOADED,    /* answer to EFFECT_LOAD */
    EVENT_STORED,    /* answer to EFFECT_STORE, EFFECT_MEND, EFFECT_SAVE */
    EVENT_COUNTED,   /* answer to EFFECT_COUNT */
    EVENT_SCANNED,   /* answer to EFFECT_SCAN */
    EVENT_REQUEST,   /* from a client */
};

struct event {
    enum event_kind kind;
    struct instant now;
    union {
        uint64_t peer; /* PEER_UP, PEER_DOWN */
        struct {
            uint64_t from;
            const struct wire_message *body; /* borrowed during the step */
        } message;
        struct {
            uint64_t token;
            int status;         /* 0, or GR_EIO, GR_ECORRUPT: not the same as absent */
            struct blob *value; /* NULL: absent. The node takes its own reference. */
        } loaded;
        struct {
            uint64_t token;
            int status;
        } stored;
        struct {
            uint64_t token;
            uint64_t keys;
        } counted;
        struct {
            uint64_t token;
            int status;        /* 0; or GR_EIO, GR_ECORRUPT, GR_EBUSY, GR_ENOMEM: page is NULL */
            struct page *page; /* borrowed during the step */
        } scanned;
        const struct request *request; /* borrowed during the step */
    };
};

enum effect_kind {
    EFFECT_SEND,    /* message to peer; dropped silently when the link is gone */
    EFFECT_LOAD,    /* read an object or a hint; EVENT_LOADED follows */
    EFFECT_STORE,   /* write or remove one; EVENT_STORED follows when durable */
    EFFECT_SCAN,    /* read a page of objects or hints; EVENT_SCANNED follows */
    EFFECT_MEND,    /* add to the leaves of a slot, keep the clock; EVENT_STORED follows */
    EFFECT_REPLY,   /* to a client */
    EFFECT_COPIES,  /* after a write's reply: more replicas hold it */
    EFFECT_SAVE,    /* keep node_state somewhere durable: with a token beside what follows, and EVENT_STORED comes;
                     * without, before any later effect (save.h) */
    EFFECT_JOINED,  /* the cluster's constants are known now: keep them */
    EFFECT_REFUSED, /* joining failed for good, or another has this node's place: say `text` and stop */
    EFFECT_HEALTH,  /* a peer with a link has fallen silent, or answers again: for the log; nothing follows */
    EFFECT_COUNT,   /* add up the live keys of the partitions; EVENT_COUNTED follows */
};

struct effect {
    enum effect_kind kind;
    union {
        struct {
            uint64_t peer;
            struct wire_message message;
        } send;
        struct {
            uint64_t token;
            uint64_t owner; /* 0: the object; else the hint that is kept for this owner */
            uint16_t slot;
            struct bytes key;
        } load;
        struct {
            uint64_t token;
            uint64_t owner; /* likewise */
            uint16_t slot;
            struct bytes key;
            struct blob *value; /* NULL: remove it */
            int8_t live_delta;
            uint64_t leaf_delta;
            uint64_t clock;
        } store;
        struct {
            uint64_t token;
            bool hints;      /* of this owner (owner 0: of all), else objects of this slot */
            bool resumes;    /* begin behind (owner, slot, after) */
            bool values;     /* with their values */
            bool counts;     /* objects: with the counts of the whole slot, which is read for it */
            uint16_t leaves; /* objects: one bit for each leaf wanted */
            uint64_t owner;
            bool one_owner; /* hints: of no other owner */
            uint16_t slot;
            struct bytes after;
            uint32_t bytes_max;
        } scan;
        struct {
            uint64_t token;
            uint16_t slot;
            uint64_t delta[LEAVES];
            uint64_t clock; /* as of a store; 0: nothing new */
        } mend;
        struct {
            uint64_t token; /* 0: nobody waits for it */
        } save;
        struct reply reply;
        struct {
            uint64_t token;
            uint8_t copies;
            bool final;
        } copies;
        struct {
            uint64_t token;
            struct bytes partitions; /* one bit a partition, lowest bit first */
        } count;
        struct {
            uint64_t cluster;
            uint32_t partitions;
            uint8_t replicas;
        } joined;
        struct {
            uint64_t peer;
            bool healthy;
        } health;
        struct bytes text; /* REFUSED */
    };
};

/* Errors: GR_EINVAL (configuration), GR_ECORRUPT (state), GR_ENOMEM. */
int node_new(const struct node_config *config, struct node **ret);
void node_free(struct node *node);

/* Handle one event; then take the effects. */
void node_step(struct node *node, const struct event *event);

/* The effects of the last step, in order. */
const struct effect *node_effects(const struct node *node, unsigned *ret_count);

/* When the node next wants EVENT_TICK, as mono_ms. */
uint64_t node_wake_at(const struct node *node);

/* What EFFECT_SAVE wants kept: membership log and records, encoded. Valid until the next step. */
struct bytes node_state(struct node *node);

/* No request open and no store under way? What a clean shutdown waits for. */
bool node_is_idle(const struct node *node);

/* Is what an EFFECT_LOAD asked for still wanted? If not, as the read's time is over or as much is being read as may be,
 * a shell that kept it waiting may complete it with GR_EBUSY and load nothing. `late`: wanted only if it cannot be
 * refused. */
bool node_wants_load(const struct node *node, uint64_t token, bool late);

/* For commands, status and tests: what this node believes. Valid until the next step. */
uint64_t node_id(const struct node *node);
uint64_t node_actor(const struct node *node); /* under which it mints now */
uint64_t
node_stand_in_actor(const struct node *node);   /* the same for keys of owners that nobody reaches (write.h W7) */
uint64_t node_cluster(const struct node *node); /* 0 while joining */
const struct placement *node_placement(const struct node *node); /* NULL while joining */
const struct members *node_members(const struct node *node);
const struct ring_log *node_log(const struct node *node);
uint64_t node_root(const struct node *node, uint16_t partition);   /* of its tree; not while joining */
bool node_peer_is_up(const struct node *node, uint64_t peer);      /* itself: true */
bool node_peer_is_healthy(const struct node *node, uint64_t peer); /* up, and not suspect */
void node_set_quorum(struct node *node, uint8_t r, uint8_t w);     /* defaults; 1..N of the cluster */
uint8_t node_replicas(const struct node *node);                    /* N of the cluster; 0 while joining */
void node_quorum(const struct node *node, uint8_t *ret_r, uint8_t *ret_w);
uint64_t node_clock(const struct node *node); /* high-water mark, to be kept at a clean shutdown */

/* May the next life go on under this actor id? Not after the clock had to mint values above one far ahead: the
 * high-water mark does not cover those. Nor after the node has taken another id by itself. */
bool node_may_keep_actor(const struct node *node);

/* Counters since the start, one list for INFO and for tests. */
#define NODE_STATS(X)                                                                                    \
    X(requests_total, "client requests accepted")                                                        \
    X(requests_busy, "client requests refused, as too many were in flight, or too many bytes")           \
    X(requests_failed, "client requests answered with an error")                                         \
    X(requests_open, "client requests open now")                                                         \
    X(writes_bytes, "bytes of writes that wait for their quorum now")                                    \
    X(reads_bytes, "bytes of copies that reads in flight hold now")                                      \
    X(forwarded_total, "client requests handed to an owner")                                             \
    X(puts_coordinated, "writes coordinated here")                                                       \
    X(gets_coordinated, "reads coordinated here")                                                        \
    X(replica_puts, "objects taken from peers")                                                          \
    X(replica_gets, "copies read for peers")                                                             \
    X(read_repairs, "objects sent to replicas found stale by a read")                                    \
    X(writes_reminted, "writes given a newer dot because a replica held a greater one")                  \
    X(contexts_cut, "actors dropped from full causal contexts")                                          \
    X(stand_in_puts, "writes taken as a stand-in for an owner that was not reached")                     \
    X(hints_pending, "hints kept now, about")                                                            \
    X(hints_bytes, "their bytes, about")                                                                 \
    X(hints_stored, "hints kept so far")                                                                 \
    X(hints_delivered, "hints that their owners have taken")                                             \
    X(hints_refused, "times a hint was sent and not taken; it is tried again")                           \
    X(hints_dropped, "hints not kept, or no longer; anti-entropy does their work")                       \
    X(reads_hedged, "reads that asked one replica more because one was slow")                            \
    X(peers_suspected, "times a peer with a link was found silent")                                      \
    X(partitions_compared, "trees compared with a co-owner's")                                           \
    X(partitions_differing, "of these, not equal")                                                       \
    X(copies_discarded, "copies removed, as no other owner has the key: damaged, or deleted long ago")   \
    X(keys_repaired, "keys that anti-entropy found different")                                           \
    X(comparison_oldest_ms, "age of the oldest comparison, or since the start")                          \
    X(comparisons_missing, "partitions, with each co-owner, not compared since the start")               \
    X(partitions_filling, "partitions whose copies are not complete here yet")                           \
    X(leaves_mended, "tree leaves that did not match the objects")                                       \
    X(tombstones_reaped, "deleted keys forgotten, as all owners knew of it")                             \
    X(tombstones_left, "deletions that other owners forget and this one could not; compared soon")       \
    X(scrub_running, "1 while every object is read back")                                                \
    X(scrubs_ended, "times that every object has been read back to the end")                             \
    X(objects_scrubbed, "objects read back by the scrub that runs, or by the last")                      \
    X(scrub_damaged, "of these, failed their check")                                                     \
    X(scrub_repairs, "of these, repaired or being fetched from the other owners")                        \
    X(scrub_slots_unread, "slots that it could not read to their end, and compares; hints count as one") \
    X(objects_corrupt, "objects, or pages of them, that failed their check")                             \
    X(store_errors, "failed loads and stores")                                                           \
    X(messages_refused, "peer messages dropped: stranger, or out of place")

struct node_stats {
#define NODE_STAT_FIELD(name, text) uint64_t name;
    NODE_STATS(NODE_STAT_FIELD)
#undef NODE_STAT_FIELD
};
const struct node_stats *node_stats(const struct node *node);

/* Is the figure at this offset about failed nodes and unequal copies? In the list these lie together; in INFO they have
 * a section of their own. */
static inline bool node_stat_is_about_healing(size_t offset)
{
    return offset >= offsetof(struct node_stats, stand_in_puts) && offset < offsetof(struct node_stats, store_errors);
}

#endif
