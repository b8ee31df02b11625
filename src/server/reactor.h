/* The loop: turns what libuv reports into events for the driver, once around it writes everything out.
 *
 * A tick is one turn of the loop. Timers, sockets and the engine's wake-ups step the core as they come; then, once:
 *   1. each peer's frames of this tick leave in one write,
 *   2. the engine is told to go (group commit of the tick's writes),
 *   3. each session's output leaves in one write,
 * and again while that brought new work (a session had waited for room in its output).
 *
 * A turn is short whatever clients do, for peers are heard between two turns and take a node that does not answer for
 * dead: of each link one read, of the engine a share of its completions (driver.c), of all clients together a share of
 * commands (resp/turn.h). What is left over goes on in the next turn, which does not wait.
 *
 * Time is read once a turn: all steps between two polls see the same instant.
 */
#ifndef GR_SERVER_REACTOR_H
#define GR_SERVER_REACTOR_H

#include <uv.h>

#include "server/clients.h"
#include "server/dialler.h"
#include "server/driver.h"
#include "server/links.h"

#define REACTOR_SESSIONS_MS 100u /* how often sessions see time pass while there are any */

struct reactor {
    uv_loop_t loop;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t idle;
    uv_timer_t timer;
    uv_async_t engine_wake;
    struct instant now;
    uint64_t armed_ms;         /* what the timer is set to */
    uint64_t sessions_tick_ms; /* next sessions_tick */
    uint64_t turn_longest_ms;  /* between two looks at the sockets */
    /* The parts it turns; borrowed. NULL before reactor_start. */
    struct driver *driver;
    struct links *links;
    struct dialler *dialler;
    struct clients *clients;
    /* Called once a tick, at its end. */
    void (*tick_ended)(void *context);
    void *context;
};

/* The loop and its handles; nothing runs yet. Errors: GR_ENOMEM. */
int reactor_init(struct reactor *reactor);

/* From here on the parts are stepped. */
void reactor_start(struct reactor *reactor, struct driver *driver, struct links *links, struct dialler *dialler,
                   struct clients *clients, void (*tick_ended)(void *context), void *context);

/* Run until reactor_stop. */
void reactor_run(struct reactor *reactor);
void reactor_stop(struct reactor *reactor);

/* Step no more; the parts may go. */
void reactor_detach(struct reactor *reactor);

/* Close every handle there is, wait for them, and close the loop. The engine must be closed: it wakes us from threads
 * of its own. */
void reactor_done(struct reactor *reactor);

struct instant reactor_now(struct reactor *reactor);

/* engine_options.wake: safe from any thread. `context` is the reactor. */
void reactor_wake_for_engine(void *context);

#endif
