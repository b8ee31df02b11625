/* A run in words: one line a decision, fact, arrow, outcome. The language of the transcripts in tests/transcript.
 *
 *     12 a  put k "v" from client x -> store k "v" [a 12], send put to b,c
 *
 * Time is in milliseconds since trace_start, nodes are a, b, c, …; a version is written with its dot, [actor
 * milliseconds.counter] (an actor is the letter of its node, with the number of its life when that is not the
 * first). Gossip, probes and comparisons that find no difference are left out, and so are steps that decide
 * nothing.
 */
#ifndef GR_SIM_TRACE_H
#define GR_SIM_TRACE_H

#include "base/buffer.h"
#include "node/node.h"

struct world;

#define TRACE_ACTORS_MAX 64u
#define TRACE_PENDING_MAX 256u

struct trace_actor {
    uint64_t actor;
    uint32_t life; /* of the node, counted from 1 */
    uint8_t node;
};

/* A load or store under way, so that its answer can be told by its key. */
struct trace_pending {
    uint64_t token;
    uint64_t owner; /* of a hint; 0: an object */
    uint8_t node, key;
    bool is_store;
};

struct trace {
    struct buffer text;
    uint64_t start_us;
    const char *const *clients; /* names by number */
    unsigned actors_count;
    struct trace_actor actors[TRACE_ACTORS_MAX];
    unsigned pending_count;
    struct trace_pending pending[TRACE_PENDING_MAX];
    bool muted;
    bool chatters; /* tell these too, but for gossip */
};

void trace_init(struct trace *trace, const char *const *clients);
void trace_done(struct trace *trace);

/* Forget the text so far and count time from now. */
void trace_start(struct trace *trace, const struct world *world);

/* A node has handled an event and its effects are still to be performed. */
void trace_step(struct trace *trace, const struct world *world, unsigned node, const struct event *event);

/* A line of one's own. */
__attribute__((format(printf, 2, 3))) void trace_say(struct trace *trace, const char *format, ...);

/* An encoded object in words. */
void trace_object(struct trace *trace, const struct world *world, struct bytes key, struct bytes object);

#endif
