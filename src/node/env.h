/* What a step may use: the time of the event, scratch memory, and the list of recorded effects.
 *
 * E1  Effects are only recorded here; the shell performs them after the step, in this order.
 * E2  Scratch memory, held blobs and effects live until the next step begins.
 */
#ifndef GR_NODE_ENV_H
#define GR_NODE_ENV_H

#include "base/arena.h"
#include "base/blob.h"
#include "node/node.h"

struct env {
    struct instant now;
    struct arena scratch;
    struct effect *effects;
    unsigned effects_count;
    unsigned effects_capacity;
    struct blob **held;
    unsigned held_count;
    unsigned held_capacity;
};

void env_init(struct env *env);
void env_done(struct env *env);

/* A new step at `now`: forget what the last one recorded. */
void env_begin(struct env *env, struct instant now);

/* Record an effect: its kind is set, the rest is zero and the caller's to fill in. Valid until the next env_add. */
struct effect *env_add(struct env *env, enum effect_kind kind);

/* Record a message to `peer`; the caller fills in the returned body. Valid until the next env_add. */
struct wire_message *env_send(struct env *env, uint64_t peer, enum wire_type type);

/* Keep a reference until the next step, so that effects may point to the bytes. Takes over the caller's reference. */
void env_hold(struct env *env, struct blob *blob);

#endif
