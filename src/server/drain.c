#include "server/drain.h"

#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "server/log.h"

static void end(struct drain *drain)
{
    drain->phase = DRAIN_ENDED;
    drain->sink.ended(drain->sink.context);
}

static void on_deadline(uv_timer_t *timer)
{
    struct drain *drain = timer->data;
    if (drain->phase != DRAIN_ENDED) {
        log_warn(LOG_MSG("requests or writes are still open: stopping without them"),
                 LOG_NUMBER("waited_ms", drain->bound_ms));
        end(drain);
    }
}

void drain_begin(struct drain *drain)
{
    if (drain->phase == DRAIN_RUNNING) {
        drain->phase = DRAIN_REQUESTS;
        uv_timer_start(&drain->deadline, on_deadline, drain->bound_ms, 0);
        drain->sink.stop_clients(drain->sink.context);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct drain *drain = handle->data;
    const char *name = number == SIGTERM ? "SIGTERM" : "SIGINT";
    if (drain->is_signalled) {
        log_warn(LOG_MSG("second signal: stopping at once, without the mark of a clean stop"),
                 LOG_TEXT("signal", name));
        _exit(128 + number);
    }
    log_info(LOG_MSG("stopping"), LOG_TEXT("signal", name));
    drain->is_signalled = true;
    drain_begin(drain);
}

int drain_start(struct drain *drain, uv_loop_t *loop, const struct node *node, uint32_t request_timeout_ms,
                const struct drain_sink *sink)
{
    *drain = (struct drain){.bound_ms = request_timeout_ms + DRAIN_GRACE_MS, .node = node, .sink = *sink};
    uv_timer_init(loop, &drain->deadline);
    drain->terminate.data = drain->interrupt.data = drain->deadline.data = drain;
    if (uv_signal_init(loop, &drain->terminate) != 0 || uv_signal_init(loop, &drain->interrupt) != 0 ||
        uv_signal_start(&drain->terminate, on_signal, SIGTERM) != 0 ||
        uv_signal_start(&drain->interrupt, on_signal, SIGINT) != 0) {
        return GR_ENOMEM;
    }
    return 0;
}

void drain_tick(struct drain *drain)
{
    if (drain->phase == DRAIN_REQUESTS && node_stats(drain->node)->requests_open == 0) {
        drain->phase = DRAIN_STORES;
        drain->sink.stop_peers(drain->sink.context);
    } else if (drain->phase == DRAIN_STORES && node_is_idle(drain->node)) {
        end(drain);
    }
}
