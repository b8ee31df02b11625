/* The commands of a session that are in flight, in their order.
 *
 * L1  A command that touches a key which an earlier unfinished command touches waits, unless both only read.
 * L2  Behind an unfinished barrier everything waits.
 * L3  At most PIPELINE_MAX commands are in flight.
 *
 * Keys are compared by hash: a command may wait for one that it need not wait for, never the other way round.
 */
#ifndef GR_RESP_PIPELINE_H
#define GR_RESP_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

struct call;

/* Enough to keep three nodes busy from one connection; a power of two. */
#define PIPELINE_MAX 64u

struct pipeline {
    struct call *calls[PIPELINE_MAX]; /* by number modulo PIPELINE_MAX */
    uint64_t first;                   /* number of the oldest */
    uint32_t count;
    uint32_t waiting; /* of them not started */
};

static inline bool pipeline_is_full(const struct pipeline *pipeline)
{
    return pipeline->count == PIPELINE_MAX;
}

/* Add a call behind the others, WAITING, and number it. */
void pipeline_push(struct pipeline *pipeline, struct call *call);

/* The oldest call, or NULL. */
struct call *pipeline_head(const struct pipeline *pipeline);
/* The call at a place in the line, 0 being the oldest; NULL past the end. */
struct call *pipeline_at(const struct pipeline *pipeline, uint64_t place);
/* Remove the oldest, which is DONE. */
void pipeline_pop(struct pipeline *pipeline);

/* The call that the low 16 bits of a number name, or NULL. */
struct call *pipeline_find(const struct pipeline *pipeline, uint16_t number);

/* The oldest call that waits and may start now, from number `from` on; NULL if there is none. */
struct call *pipeline_startable(const struct pipeline *pipeline, uint64_t from);

/* Work out which keys a call touches, once its arguments are there. */
void pipeline_note_keys(struct call *call);

#endif
