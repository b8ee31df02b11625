/* Ending in good order.
 *
 *   RUNNING   --a signal, or drain_begin--> REQUESTS   no new clients, no new requests; the open ones are answered
 *   REQUESTS  --none open-->       STORES     peers are cut off: their writes would go on for ever
 *   STORES    --node idle-->       ENDED
 *   REQUESTS, STORES --deadline--> ENDED      what is still open is given up, and the mark will not be written
 *
 * The signals are SIGTERM and SIGINT; a second one ends the process at once.
 */
#ifndef GR_SERVER_DRAIN_H
#define GR_SERVER_DRAIN_H

#include <uv.h>

#include "node/node.h"

#define DRAIN_GRACE_MS 1000u /* beyond the deadline of a request */

enum drain_phase { DRAIN_RUNNING, DRAIN_REQUESTS, DRAIN_STORES, DRAIN_ENDED };

struct drain_sink {
    void *context;
    void (*stop_clients)(void *context);
    void (*stop_peers)(void *context);
    void (*ended)(void *context);
};

struct drain {
    uv_signal_t terminate;
    uv_signal_t interrupt;
    uv_timer_t deadline;
    enum drain_phase phase;
    bool is_signalled; /* the process is to end */
    uint64_t bound_ms;
    const struct node *node;
    struct drain_sink sink;
};

/* Watch the signals. Node is borrowed. Errors: GR_ENOMEM. */
int drain_start(struct drain *drain, uv_loop_t *loop, const struct node *node, uint32_t request_timeout_ms,
                const struct drain_sink *sink);

/* End without a signal. */
void drain_begin(struct drain *drain);

/* Once a tick. */
void drain_tick(struct drain *drain);

#endif
