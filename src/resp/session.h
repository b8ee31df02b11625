/* The protocol state of client connections: RESP in, RESP out, requests to the ring in between. No I/O.
 *
 * The shell feeds received bytes to a session and writes out what session_output holds. A session takes commands from
 * its input while its bounds allow, hands requests to the node through the host, and puts replies into the output in
 * the order of the commands (a pipeline's reads and writes run side by side unless they touch the same key).
 *
 * S1  Replies leave in the order of the commands.
 * S2  A command sees the effect of every earlier command of its connection on the same key.
 * S3  Input, output and commands in flight of a session are bounded, and those of all sessions together; a session at
 *     its bound takes no more input.
 * S4  Malformed input gets Redis's protocol error and the connection closes.
 */
#ifndef GR_RESP_SESSION_H
#define GR_RESP_SESSION_H

#include "base/buffer.h"
#include "node/node.h"

struct session;
struct sessions; /* all sessions of a reactor */

/* What the process tells about itself in INFO, HELLO and the CLUSTER commands. */
struct server_facts {
    const char *version; /* of gramme, "0.1.0" */
    const char *executable;
    const char *config_file; /* "" if none */
    const char *data_dir;
    const char *engine;     /* "rocksdb" */
    const char *durability; /* "sync" */
    uint64_t pid;
    uint64_t started_mono_ms;
    uint16_t port;
    uint64_t engine_live_keys; /* copies held here */
    uint64_t memory_bytes;     /* resident */
    uint64_t cpu_user_us;      /* of the process, all threads */
    uint64_t cpu_sys_us;
    uint64_t turn_longest_ms;  /* that the loop was busy without looking for bytes, since the start */
    uint64_t links_quiet;      /* links closed because nothing came from the peer */
    uint64_t links_cut;        /* links closed with something queued for the peer */
    uint64_t links_bytes_lost; /* what was queued on those */
    uint64_t links_bytes_queued;
};

/* What a session needs of the process around it. Everything is called from the reactor, and nothing re-enters. */
struct session_host {
    void *context;
    /* Queue a request for the node. The request itself is copied; its key and value are borrowed until
     * sessions_complete is called for its token, which must happen exactly once, even when the session is freed before:
     * its memory lives on until then. Errors: GR_EBUSY, GR_ESHUTDOWN (no completion follows then). */
    int (*submit)(void *context, const struct request *request);
    const struct node *(*node)(void *context);
    void (*facts)(void *context, struct server_facts *ret);
    struct instant (*now)(void *context);
    uint64_t (*wall_us)(void *context);
    /* Live keys of a slot held here, and a scan of them: `visit` is given up to `max` keys. */
    uint64_t (*slot_live)(void *context, uint16_t slot);
    int (*slot_keys)(void *context, uint16_t slot, uint32_t max, void (*visit)(void *visitor, struct bytes key),
                     void *visitor);
    /* Settings by index, in order of name; NULL past the end. `ret_value` gets the value as text. */
    const char *(*setting)(void *context, unsigned index, char *ret_value, size_t value_size);
    /* 0, GR_ENOENT (no such setting), GR_EACCES (cannot change while running), GR_EINVAL (see `ret_reason`, static). */
    int (*set_setting)(void *context, const char *name, const char *value, const char **ret_reason);
    /* Look at a session soon, not now: write out its output, go on reading if it was told to stop, close it once its
     * output is written (session_is_closing says so). May be called several times, also from session_received. */
    void (*wake_session)(void *context, struct session *session, void *session_context);
};

/* A table for up to `max` sessions. The host is borrowed. Errors: NULL when out of memory. */
struct sessions *sessions_new(const struct session_host *host, unsigned max);
void sessions_free(struct sessions *sessions);
unsigned sessions_count(const struct sessions *sessions);

/* A new connection; addresses are "host:port" and copied. NULL when the table is full: the shell writes Redis's
 * "-ERR max number of clients reached" and closes. `context` is the shell's, given back in wake_session. */
struct session *session_new(struct sessions *sessions, const char *remote, const char *local, void *context);

/* The connection is gone. Requests under way complete into nothing: go on calling sessions_complete for them. */
void session_free(struct session *session);

/* Where to put up to `ret_size` received bytes; NULL while the session takes no more input (S3): stop reading, and ask
 * again after wake_session. */
uint8_t *session_input(struct session *session, size_t *ret_size);

/* `count` bytes were put there: run the commands that they complete. */
void session_received(struct session *session, size_t count);

/* Bytes to be written; consume them with session_sent. They stay where they are until then, whatever else is called
 * (but session_free), and more than one write may be needed until this is empty. */
struct bytes session_output(struct session *session);
void session_sent(struct session *session, size_t count);

/* Should the connection be closed once its output is empty? Nothing more is read from it. True only when every reply
 * is in the output. */
bool session_is_closing(const struct session *session);

/* Should it be closed at once, with whatever is left of the output? `ret_reason` is what to log, NULL for nothing. */
bool session_is_killed(const struct session *session, const char **ret_reason);

/* A reply or progress from the node, for whichever session asked. */
void sessions_complete(struct sessions *sessions, const struct reply *reply);
void sessions_copies(struct sessions *sessions, uint64_t token, uint8_t copies, bool final);

/* Bytes that all sessions may hold together (budget.h); 1 GiB until this is called. */
void sessions_set_memory(struct sessions *sessions, size_t max_bytes);
size_t sessions_memory(const struct sessions *sessions); /* held now */

/* Let sessions go on that waited for memory. Call it when sessions have moved; true if one went on, so that there may
 * be output, and more to share. */
bool sessions_share(struct sessions *sessions);

/* A new turn of the loop begins: sessions take a bounded number of commands until the next (turn.h), first those that
 * stand in line. Until the first call there is no such bound. While there is a line, begin the next turn as soon as
 * peers have been heard. */
void sessions_turn(struct sessions *sessions);
bool sessions_have_line(const struct sessions *sessions);

/* Time passes (WAIT's timeouts): call about every 100 ms, and at sessions_wake_at (mono_ms; UINT64_MAX: never). */
void sessions_tick(struct sessions *sessions);
uint64_t sessions_wake_at(const struct sessions *sessions);

#endif
