/* One TCP connection to or from a peer: frames in, frames out, and nothing about who the peer is.
 *
 * K1  A link that has been closed calls back no more, after the one `closed`.
 * K2  Memory: input grows with what has arrived, never with what a length field claims; before the first frame is
 *     accepted it stays under LINK_GREETING_BYTES, and later under what `frame_max` allows. Output is bounded by
 *     LINK_OUTPUT_BYTES; a message that does not fit costs the link (the peer does not read: it is better dead than
 *     half spoken to).
 * K3  Frames leave in the order of link_send; link_flush writes all of them at once.
 * K4  A link that is UP reads once a turn; link_read_on goes on. However much comes, others get their turn.
 * K5  A link on which nothing has come for LINK_QUIET_LOOKS looks is dead, whatever the kernel thinks of it: members
 *     ping each other every second. Looks are counted, not time, so that a process that was itself stopped for long
 *     does not take its links for dead when it goes on.
 *
 *   link_connect --> CONNECTING --connected--> GREETING --link_become_up--> UP
 *   link_accept -------------------------------^   any --link_close--> CLOSING --> freed
 */
#ifndef GR_SERVER_LINK_H
#define GR_SERVER_LINK_H

#include <uv.h>

#include "server/address.h"
#include "wire/message.h"

#define LINK_GREETING_BYTES 4096u      /* a hello is 44 bytes, a refusal under 1.1 KiB */
#define LINK_OUTPUT_BYTES (256u << 20) /* two of the largest objects and change */
#define LINK_HANDSHAKE_MS 2000u        /* for name, connection and hello together */
#define LINK_SILENT_MS 5000u           /* unacknowledged bytes or probes older than this end the connection */
#define LINK_LOOK_MS 1000u
#define LINK_QUIET_LOOKS 15u /* three times what a suspect is pinged at its slowest (node/detector.h), and a few more */

/* What answers a dial otherwise than a peer does, or not at all. */
#define LINK_NO_PEER_TEXT                                                                                              \
    "it does not answer as a peer does: is this a port for Redis clients? The peer port is usually the client port + " \
    "10000"

enum link_state {
    LINK_CONNECTING, /* looking up the name, or SYN sent; until connected, or the deadline */
    LINK_GREETING,   /* bytes flow, the other side has not said hello yet; until it has, or the deadline */
    LINK_UP,         /* both know each other; until either closes */
    LINK_CLOSING,    /* the handle is closing; no callback comes any more */
};

struct link;

struct link_events {
    void *context;
    void (*connected)(void *context, struct link *link); /* a dialled one: time to say hello */
    void (*message)(void *context, struct link *link, const struct wire_message *message); /* may close the link */
    /* Bytes of the largest frame that may come now; asked of an UP link while one larger than a hello is incomplete. */
    size_t (*frame_max)(void *context, const struct link *link);
    /* `garbage`: the other side broke the protocol. `reason` is borrowed. */
    void (*closed)(void *context, struct link *link, bool garbage, const char *reason); /* state is CLOSING already */
};

struct link {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_getaddrinfo_t lookup;
    uv_write_t write;
    const struct link_events *events;
    enum link_state state;
    bool is_dialled; /* by us; the holder's to set */
    bool is_looking_up;
    bool is_writing;
    bool is_resting;      /* has read its share of this turn */
    bool is_heard;        /* since the last look */
    bool is_freed_later;  /* the handle is gone, the lookup is not */
    uint64_t dial;        /* the dialler's number for it; 0: accepted */
    uint64_t peer;        /* node id; 0 until UP */
    uint64_t cluster;     /* that the other side's hello named; 0: none, or not UP */
    uint64_t deadline_ms; /* of CONNECTING and GREETING */
    uint64_t up_since_ms;
    unsigned quiet_looks;
    unsigned takeovers; /* links to this peer before it, in a row, that the next one replaced while they were young */
    char address[ADDRESS_TEXT_MAX]; /* of the other side */
    struct buffer input;
    size_t wanted;            /* bytes of the frame that input begins with; 0: not known */
    struct buffer queued;     /* not yet handed to the kernel */
    struct buffer sending;    /* being written */
    struct link *next, *prev; /* for the holder's list */
};

/* A connection that waits on `server`. NULL when it is gone already or memory is out. `events` is borrowed. */
struct link *link_accept(uv_stream_t *server, const struct link_events *events, uint64_t now_ms);

/* A link for link_connect. NULL when out of memory. */
struct link *link_new(uv_loop_t *loop, const struct link_events *events, uint64_t now_ms);

/* Begin to connect; `connected` or `closed` follows, `closed` perhaps before this returns. */
void link_connect(struct link *link, const struct settings_address *address);

/* Queue a message until link_flush. Nothing is queued on errors: GR_EINVAL (wire_invalid: the message is at fault, the
 * link is not), GR_ETOOBIG, GR_ENOMEM (close the link). */
int link_send(struct link *link, const struct wire_message *message);

void link_flush(struct link *link);

/* A new turn: read again. */
void link_read_on(struct link *link);

/* A look at a link that is UP, each LINK_LOOK_MS: has nothing come for too long (K5)? */
bool link_is_quiet(struct link *link);

void link_become_up(struct link *link, const struct wire_hello *hello, uint64_t now_ms);

/* Close now; what is queued is lost. Calls `closed` before it returns, unless the link was closing. */
void link_close(struct link *link, bool garbage, const char *reason);

/* Has the other side closed already, behind what has been read? */
bool link_has_ended(const struct link *link);

static inline size_t link_unsent(const struct link *link)
{
    return link->queued.len + link->sending.len;
}

#endif
