/* All links of the node: the handshake, one link for each peer, and sending by node id.
 *
 * B1  At most one link to a peer is UP. Of two, the newer stays, for the older may be dead without knowing it; but when
 *     both sides dialled at the same moment each would see another one as newer, so within LINKS_CROSSING_MS the one
 *     that the smaller id dialled stays.
 * B2  `down` follows each `up`, before the next `up` of the same peer.
 * B3  Anybody may connect and say hello, as who is about to join does. At most LINKS_STRANGERS_MAX accepted connections
 *     have not said it yet; more are closed at once. Of accepted links to peers that are no members, as many are UP;
 *     more are refused. Members come in beside both.
 * B4  No link is UP to a peer of another cluster. A joiner may have one to each ring that it was given seeds of, until
 *     one of them has admitted it.
 * B5  While its peer is no member, a link costs at most LINKS_STRANGER_BYTES of input, the largest word about the
 *     membership, and twice that of output. More costs the link. A new member that is not known here as one yet may
 *     lose its link so; it comes again, and is known by then or soon.
 * B6  At most PEERS_MAX links are UP: the core has a place for each (tidings.c says why these are enough).
 */
#ifndef GR_SERVER_LINKS_H
#define GR_SERVER_LINKS_H

#include "node/peers.h"
#include "ring/members.h"
#include "server/complaints.h"
#include "server/link.h"
#include "server/log.h"
#include "wire/handshake.h"

#define LINKS_STRANGERS_MAX 64u
/* The largest of join, joined, gossip and membership that a node sends: the whole log, all records, 64 for the rest. */
#define LINKS_STRANGER_BYTES \
    (WIRE_HEADER_BYTES + 64u + RING_LOG_MAX * RING_ENTRY_BYTES + RING_MEMBERS_MAX * (2u + MEMBER_RECORD_MAX))
#define LINKS_CROSSING_MS 1000u
#define LINKS_YOUNG_MS 10000u  /* a peer that comes back has noticed before that its link was lost */
#define LINKS_TAKEOVERS_MAX 4u /* more in a row are not one peer: two processes take the link from each other */
#define LINKS_TWINS_LOG_MS 30000u

enum links_outcome {
    LINKS_UP,      /* the handshake is complete */
    LINKS_LOST,    /* it was, and now the link is gone */
    LINKS_FAILED,  /* no connection, or no answer */
    LINKS_REFUSED, /* one side will not speak to the other: `code` says why */
    LINKS_SELF,    /* that is this very node */
};

struct links_sink {
    void *context;
    void (*up)(void *context, uint64_t peer);
    void (*down)(void *context, uint64_t peer);
    void (*message)(void *context, uint64_t peer, const struct wire_message *message);
    bool (*is_member)(void *context, uint64_t peer); /* else it is a stranger that knows the cluster, or may join */
    /* What became of links_dial; LOST may follow UP, nothing else follows anything. `text` is borrowed. */
    void (*dialled)(void *context, uint64_t dial, enum links_outcome outcome, int code, const char *text);
};

struct links_stats {
    uint64_t accepted;
    uint64_t strangers_dropped; /* B3 */
    uint64_t garbage;           /* connections closed for breaking the protocol */
    uint64_t refused;           /* by either side */
    uint64_t overflowed;        /* links closed because the peer did not read */
    uint64_t quiet;             /* links closed because nothing came */
    uint64_t cut;               /* links closed, by whomever, with something queued for the peer */
    uint64_t bytes_lost;        /* what was queued on those */
    uint64_t invalid;           /* own messages dropped because they broke their bounds */
};

struct links {
    uv_loop_t *loop;
    struct handshake_self self;
    struct links_sink sink;
    struct link_events events;
    struct link *list; /* all but CLOSING ones */
    struct link **up;  /* the UP ones; few enough (RING_MEMBERS_MAX) to be searched one by one */
    unsigned up_count;
    unsigned up_capacity;
    unsigned strangers; /* accepted, no hello yet */
    unsigned dialling;  /* dialled, not UP yet */
    struct complaints complaints;
    struct complaints visits; /* of those who are no members: they may come and go as they like */
    uint64_t look_at_ms;      /* next look for quiet links */
    struct links_stats stats;
    struct log_limit twins;
};

void links_init(struct links *links, uv_loop_t *loop, const struct handshake_self *self, const struct links_sink *sink);

/* Closes every link; the loop must run until they are gone, before links_done. */
void links_close(struct links *links);
void links_done(struct links *links);

/* The node has joined: later handshakes say so, and links to peers of other clusters are closed (B4). */
void links_set_cluster(struct links *links, uint64_t cluster);

/* A connection waits on the listening handle. */
void links_accept(struct links *links, uv_stream_t *server);

/* Connect to an address; the sink's `dialled` tells with this number (not 0) what became of it, perhaps at once. */
void links_dial(struct links *links, const struct settings_address *address, uint64_t dial);

bool links_is_up(const struct links *links, uint64_t peer);

/* Queue a message; dropped when no link is UP, or when the message breaks its bounds. */
void links_send(struct links *links, uint64_t peer, const struct wire_message *message);

/* One write for each peer with all that is queued for it; read on where a link has read its share. */
void links_flush(struct links *links);

/* Bytes that wait for peers now. */
uint64_t links_bytes_queued(const struct links *links);

/* Close what is past its handshake's deadline or has been quiet for long; when to look again (mono_ms, UINT64_MAX:
 * never). */
void links_tick(struct links *links, uint64_t now_ms);
uint64_t links_wake_at(const struct links *links);

/* B1: does a new link replace the one that is UP? */
bool links_prefers_new(uint64_t own_id, uint64_t peer, uint64_t old_age_ms, bool old_is_dialled, bool new_is_dialled);

#endif
