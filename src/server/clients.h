/* Client connections: bytes between sockets and sessions.
 *
 * C1  A session's output is written once a tick, after all that the tick brought; a client that does not read stops
 *     being read from (its session's output bound, S3 in resp/session.h).
 * C2  A write under way reads from the session's output, so a session is freed only when its handle has closed.
 * C3  What a client sent to a node that hung, and hung up without an answer, is not carried out when the node wakes:
 *     the client has asked another since, and that write would be overwritten. A connection that is closed for writing
 *     alone looks the same, so only what came to a loop that was away for CLIENTS_PATIENCE_MS is looked at.
 */
#ifndef GR_SERVER_CLIENTS_H
#define GR_SERVER_CLIENTS_H

#include <uv.h>

#include "resp/session.h"
#include "server/log.h"

#define CLIENTS_BACKLOG 511
#define CLIENTS_PATIENCE_MS 200u /* few clients give up sooner */

struct client;

struct clients {
    uv_loop_t *loop;
    struct sessions *sessions;
    void (*received)(void *context); /* a session has had input: step the core with what it asked */
    void *context;
    struct client *list;
    bool is_stopped;
    uint64_t due_ms;         /* when the loop would look at the sockets again, at the latest (C3) */
    uint64_t doubt_until_ms; /* it did so too late: what is read until then has waited (C3) */
    struct client *dirty;    /* those with something to write, read again, or close */
    uint64_t accepted;
    uint64_t refused; /* over maxclients */
    struct log_limit closed;
};

/* Sessions are borrowed. */
void clients_init(struct clients *clients, uv_loop_t *loop, struct sessions *sessions, void (*received)(void *context),
                  void *context);

/* Take no more commands: what has been taken is still answered. */
void clients_stop_reading(struct clients *clients);

/* Close every connection, after one last write of what its session has to say. The loop must run until they are
 * gone. */
void clients_close(struct clients *clients);

/* The loop looks at the sockets at `ms` (uv_now) at the latest, if the process runs until then (C3). */
void clients_expect(struct clients *clients, uint64_t ms);

/* A connection waits on the listening handle. */
void clients_accept(struct clients *clients, uv_stream_t *server);

/* session_host.wake_session: look after this one at the next flush. `context` is the one given to session_new. */
void clients_wake(void *context);

/* Write what sessions have, read again from those that have room, close those that are done. */
void clients_flush(struct clients *clients);

#endif
