/* The way back: finished operations, from whichever thread finished them to the reactor.
 *
 * One lock a batch on the giving side and one a batch on the taking side: a commit of 500 writes costs two locks and
 * one wake, not 500. There is no bound here: the engine's own bound on pending operations is the bound.
 */
#ifndef GR_STORE_COMPLETIONS_H
#define GR_STORE_COMPLETIONS_H

#include <pthread.h>

#include "store/op.h"

struct completions {
    pthread_mutex_t lock;
    struct op_list arrived; /* under the lock */
    struct op_list taken;   /* the reactor's own */
    void (*wake)(void *context);
    void *wake_context;
};

/* `wake` may be NULL. Errors: GR_ENOMEM. */
int completions_init(struct completions *completions, void (*wake)(void *context), void *wake_context);

/* Frees what nobody polled. No other thread may give any more. */
void completions_done(struct completions *completions);

/* Takes every operation of the list, then wakes the reactor once. From any thread. */
void completions_give(struct completions *completions, struct op_list *finished);

/* Has every operation been taken that was given together with one taken before? Reactor only. */
bool completions_are_taken(const struct completions *completions);

/* The oldest one, or NULL. Reactor only; the caller frees it. */
struct op *completions_take(struct completions *completions);

#endif
