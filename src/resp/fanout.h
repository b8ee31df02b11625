/* Commands of several keys: one request a key, at most FANOUT_LANES of them at a time, one reply.
 *
 * F1  Keys are finished in their order as far as the window reaches: value i+FANOUT_LANES is asked for only when value
 *     i has come, so that at most FANOUT_LANES values wait for their turn.
 * F2  A key that is named twice is written one time after the other.
 * F3  The first failure fails the command; what is under way then is awaited, nothing more is asked.
 */
#ifndef GR_RESP_FANOUT_H
#define GR_RESP_FANOUT_H

#include "resp/call.h"

/* Requests of one command under way. Half a pipeline's worth: one MGET must not crowd out everybody else. */
#define FANOUT_LANES 32u

enum fanout_kind {
    FANOUT_VALUES, /* MGET: the array of values */
    FANOUT_SET,    /* MSET: arguments are pairs; OK */
    FANOUT_DELETE, /* the number of keys that had a value */
    FANOUT_EXISTS, /* likewise, by reading */
};

/* Start; the call ends by itself. Keys are the arguments from 1 on. */
void fanout_start(struct call *call, enum fanout_kind kind);

/* A lane's request is answered. */
void fanout_answered(struct call *call, unsigned lane, const struct reply *reply);

/* Free what is held; NULL is allowed. */
void fanout_free(struct fanout *fanout);

#endif
