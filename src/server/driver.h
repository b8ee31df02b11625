/* Feeds one node its events and performs its effects. No loop, no sockets: the reactor brings the events, the sink
 * takes what goes to peers and clients.
 *
 * D1  node_step is never entered while the effects of a step are performed: what they bring about at once (a value read
 *     from memory, a request that a reply makes room for) waits in `events`.
 * D2  Effects are performed in order, all of them before the next step; but loads may wait for a later turn.
 */
#ifndef GR_SERVER_DRIVER_H
#define GR_SERVER_DRIVER_H

#include "server/disk_room.h"
#include "server/events.h"
#include "server/load_line.h"
#include "server/log.h"
#include "store/engine.h"

/* Where effects go. None of these may call driver_run or driver_message. */
struct driver_sink {
    void *context;
    void (*send)(void *context, uint64_t peer, const struct wire_message *message);
    void (*reply)(void *context, const struct reply *reply);
    void (*copies)(void *context, uint64_t token, uint8_t copies, bool final);
    int (*save)(void *context, uint64_t token); /* 0, or why it is not kept; with a token the engine completes it */
    void (*joined)(void *context, const struct effect *joined);
    void (*refused)(void *context, struct bytes text);
    struct instant (*now)(void *context);
};

struct driver {
    struct node *node;
    struct engine *engine;
    struct driver_sink sink;
    struct events events;
    struct load_line line;
    uint64_t loaded_bytes;         /* so far */
    uint64_t load_until;           /* that many: this turn's share */
    bool is_bounded;               /* since the first driver_turn */
    struct log_limit store_errors; /* one line each ten seconds, not one a write */
    struct disk_room room;
    uint64_t failures;      /* stores that the engine could not do, and loads but for busy ones */
    bool writes_fail;       /* the engine has met damage in a compaction, and takes no writes until it is opened anew */
    uint64_t scans_fail_ms; /* since when scans meet damage; it stays until the engine is opened anew. 0: they do not */
    bool is_performing;
    bool has_submitted; /* since the last flush */
};

/* Node and engine are borrowed. */
void driver_init(struct driver *driver, struct node *node, struct engine *engine, const struct driver_sink *sink);
void driver_done(struct driver *driver);

/* Add an event for the next driver_run. */
void driver_post(struct driver *driver, const struct event *event);
int driver_submit(struct driver *driver, const struct request *request); /* Errors: GR_EBUSY. */

/* Step until nothing waits. */
void driver_run(struct driver *driver);

/* Step with a message of a peer, after all that waits. The body is borrowed until return. */
void driver_message(struct driver *driver, uint64_t from, const struct wire_message *body);

/* Take what the engine has completed and step with it. True when a turn's share was taken and there may be more. */
bool driver_poll_engine(struct driver *driver);

/* A new turn of the loop begins: a bounded number of bytes is loaded on the reactor until the next, first for those
 * that stand in line. Until the first call there is no such bound. While there is a line, begin the next turn as soon
 * as peers have been heard. */
void driver_turn(struct driver *driver);
bool driver_has_line(const struct driver *driver);

/* Let the engine go with what was submitted. */
void driver_flush_engine(struct driver *driver);

#endif
