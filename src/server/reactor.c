#include "server/reactor.h"

#include <time.h>

#include "base/assert.h"
#include "base/error.h"

static uint64_t wall_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct instant reactor_now(struct reactor *reactor)
{
    uint64_t mono_ms = uv_now(&reactor->loop);
    if (mono_ms != reactor->now.mono_ms) {
        reactor->now = (struct instant){mono_ms, wall_now_ms()};
    }
    return reactor->now;
}

void reactor_wake_for_engine(void *context)
{
    struct reactor *reactor = context;
    uv_async_send(&reactor->engine_wake);
}

static void on_engine_wake(uv_async_t *async)
{
    struct reactor *reactor = async->data;
    if (reactor->driver != NULL && driver_poll_engine(reactor->driver)) {
        uv_async_send(async);
    }
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t next_wake(struct reactor *reactor, uint64_t dialler_wake)
{
    uint64_t wake_at = least(node_wake_at(reactor->driver->node), dialler_wake);
    wake_at = least(wake_at, links_wake_at(reactor->links));
    if (sessions_count(reactor->clients->sessions) > 0) {
        wake_at = least(wake_at, reactor->sessions_tick_ms);
        wake_at = least(wake_at, sessions_wake_at(reactor->clients->sessions));
    }
    return wake_at;
}

static void on_timer(uv_timer_t *timer);

static void arm(struct reactor *reactor, uint64_t wake_at)
{
    uint64_t now_ms = uv_now(&reactor->loop);
    if (wake_at == reactor->armed_ms) {
        return;
    }
    reactor->armed_ms = wake_at;
    if (wake_at == UINT64_MAX) {
        uv_timer_stop(&reactor->timer);
    } else {
        uv_timer_start(&reactor->timer, on_timer, wake_at > now_ms ? wake_at - now_ms : 0, 0);
    }
}

static void end_tick(struct reactor *reactor)
{
    if (reactor->driver == NULL) {
        return;
    }
    do {
        driver_run(reactor->driver);
        links_flush(reactor->links);
        driver_flush_engine(reactor->driver);
        clients_flush(reactor->clients);
    } while (reactor->driver->events.count > 0);
    reactor->tick_ended(reactor->context);
    uint64_t dialler_wake = dialler_tick(reactor->dialler, uv_now(&reactor->loop));
    arm(reactor, next_wake(reactor, dialler_wake));
    clients_expect(reactor->clients, reactor->armed_ms);
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* while it is started the loop does not wait */
}

/* uv_now is when the last poll, or the turn, began: since then nobody has looked at the sockets. */
static void note_length(struct reactor *reactor)
{
    uint64_t now_ms = uv_hrtime() / 1000000;
    uint64_t began_ms = uv_now(&reactor->loop);
    if (now_ms > began_ms && now_ms - began_ms > reactor->turn_longest_ms) {
        reactor->turn_longest_ms = now_ms - began_ms;
    }
}

static bool has_line(const struct reactor *reactor)
{
    return reactor->driver != NULL &&
           (sessions_have_line(reactor->clients->sessions) || driver_has_line(reactor->driver));
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct reactor *reactor = prepare->data;
    end_tick(reactor);
    note_length(reactor);
    if (has_line(reactor)) {
        uv_idle_start(&reactor->idle, on_idle);
    } else {
        uv_idle_stop(&reactor->idle);
    }
}

static void on_check(uv_check_t *check)
{
    struct reactor *reactor = check->data;
    if (reactor->driver != NULL) {
        driver_turn(reactor->driver);
        sessions_turn(reactor->clients->sessions);
    }
    end_tick(reactor);
    note_length(reactor);
}

static void on_timer(uv_timer_t *timer)
{
    struct reactor *reactor = timer->data;
    uint64_t now_ms = uv_now(&reactor->loop);
    reactor->armed_ms = UINT64_MAX;
    if (now_ms >= node_wake_at(reactor->driver->node)) {
        struct event tick = {.kind = EVENT_TICK};
        driver_post(reactor->driver, &tick);
    }
    if (now_ms >= reactor->sessions_tick_ms || now_ms >= sessions_wake_at(reactor->clients->sessions)) {
        reactor->sessions_tick_ms = now_ms + REACTOR_SESSIONS_MS;
        sessions_tick(reactor->clients->sessions);
    }
    links_tick(reactor->links, now_ms);
}

int reactor_init(struct reactor *reactor)
{
    *reactor = (struct reactor){.armed_ms = UINT64_MAX};
    if (uv_loop_init(&reactor->loop) != 0) {
        return GR_ENOMEM;
    }
    uv_prepare_init(&reactor->loop, &reactor->prepare);
    uv_check_init(&reactor->loop, &reactor->check);
    uv_idle_init(&reactor->loop, &reactor->idle);
    uv_timer_init(&reactor->loop, &reactor->timer);
    reactor->prepare.data = reactor->check.data = reactor->timer.data = reactor->engine_wake.data = reactor;
    if (uv_async_init(&reactor->loop, &reactor->engine_wake, on_engine_wake) != 0) {
        return GR_ENOMEM;
    }
    return 0;
}

void reactor_start(struct reactor *reactor, struct driver *driver, struct links *links, struct dialler *dialler,
                   struct clients *clients, void (*tick_ended)(void *context), void *context)
{
    reactor->driver = driver;
    reactor->links = links;
    reactor->dialler = dialler;
    reactor->clients = clients;
    reactor->tick_ended = tick_ended;
    reactor->context = context;
    uv_prepare_start(&reactor->prepare, on_prepare);
    uv_check_start(&reactor->check, on_check);
}

void reactor_run(struct reactor *reactor)
{
    uv_run(&reactor->loop, UV_RUN_DEFAULT);
}

void reactor_stop(struct reactor *reactor)
{
    uv_stop(&reactor->loop);
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void reactor_detach(struct reactor *reactor)
{
    reactor->driver = NULL;
    uv_prepare_stop(&reactor->prepare);
    uv_check_stop(&reactor->check);
    uv_idle_stop(&reactor->idle);
    uv_timer_stop(&reactor->timer);
}

void reactor_done(struct reactor *reactor)
{
    uv_walk(&reactor->loop, close_handle, NULL);
    uv_run(&reactor->loop, UV_RUN_DEFAULT);
    int status = uv_loop_close(&reactor->loop);
    GR_ASSERT_EQ(status, 0);
}
