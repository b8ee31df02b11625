#include <stdlib.h>

#include "base/error.h"
#include "server/log.h"
#include "server/parts.h"
#include "store/space.h"

static void close_socket(uv_tcp_t *socket)
{
    if (!uv_is_closing((uv_handle_t *)socket)) {
        uv_close((uv_handle_t *)socket, NULL);
    }
}

static void drain_stop_clients(void *context)
{
    struct server *server = context;
    server->host.is_draining = true;
    clients_stop_reading(&server->clients);
    close_socket(&server->client_socket);
}

static void drain_stop_peers(void *context)
{
    struct server *server = context;
    dialler_stop(&server->dialler);
    close_socket(&server->peer_socket);
    links_close(&server->links);
}

static void drain_ended(void *context)
{
    reactor_stop(&((struct server *)context)->reactor);
}

struct drain_sink server_ending(struct server *server)
{
    return (struct drain_sink){server, drain_stop_clients, drain_stop_peers, drain_ended};
}

/* Is it time to open the engine anew? When writes fail, at once. When scans do, the damage is local: a scrub may end,
 * and what the lists of other owners name is repaired first; of starts in a row each serves for a while. */
static bool must_reopen(const struct server *server)
{
    const struct driver *driver = &server->driver;
    uint64_t now_ms = uv_now(&server->reactor.loop);
    return driver->writes_fail || (driver->scans_fail_ms != 0 && now_ms - driver->scans_fail_ms >= ANEW_SCAN_MS &&
                                   now_ms >= server->anew_from_ms && node_stats(server->node)->scrub_running == 0);
}

static void start_anew(struct server *server, const char *why)
{
    int status = engine_want_salvage(server->engine, why);
    if (status != 0) { /* it would be as it is */
        log_error(LOG_MSG("cannot note that a file must be put aside: going on"),
                  LOG_TEXT("reason", gr_error_text(status)));
        return;
    }
    server->starts_anew = true;
    drain_begin(&server->drain);
}

/* A block of a table cannot be read: every write fails once a compaction has met it, and the slots in it are compared
 * with nobody. Opening the engine anew is the one thing that helps: it puts the file aside, and the node fetches what
 * was in it from the other owners. Clients and peers miss this node for as long as that takes.
 *
 * Where nobody has other copies, the start would take away what can still be read of that file: a person decides. */
static void judge_damage(struct server *server)
{
    char trouble[SERVER_ERROR_BYTES];
    const struct placement *placement = node_placement(server->node);
    bool has_copies = placement != NULL && placement_replicas(placement) > 1;
    server->has_judged_engine = true;
    engine_trouble(server->engine, trouble, sizeof trouble);
    log_error(LOG_MSG(has_copies
                          ? "a file of the engine is damaged: starting anew, which puts it aside; the other owners "
                            "have what it held"
                          : "a file of the engine is damaged, and nobody else has copies: save what can be read; "
                            "once writes fail, a restart will put the file aside"),
              LOG_TEXT("engine", trouble), LOG_TEXT("data", server->settings->data));
    if (has_copies) {
        start_anew(server, trouble);
    }
}

static void tell_full(struct server *server, uint64_t needed)
{
    char trouble[SERVER_ERROR_BYTES];
    if (server->has_told_full) {
        return;
    }
    server->has_told_full = true;
    engine_trouble(server->engine, trouble, sizeof trouble);
    log_error(
        LOG_MSG("the disk became full while the engine was writing: this node stores nothing more until it starts "
                "anew, which it does by itself once there is enough room; reads go on"),
        LOG_NUMBER("needs_mb", needed >> 20), LOG_TEXT("engine", trouble), LOG_TEXT("data", server->settings->data));
}

/* RocksDB does not come back from a log that could not be written. What was acknowledged is in that log, so opening the
 * engine anew takes nothing away, and no other owner is needed for it. The next start begins with a durable write, and
 * the process ends if that finds no room: so there must have been enough for a while. */
static void look_at_room(struct server *server)
{
    uint64_t now_ms = uv_now(&server->reactor.loop);
    if (now_ms < server->look_at_ms) {
        return;
    }
    server->look_at_ms = now_ms + ANEW_LOOK_MS;
    const char *data = server->settings->data;
    uint64_t needed = engine_reopen_bytes(server->engine);
    if (needed == 0) {
        return;
    }
    tell_full(server, needed);
    bool is_calm = disk_calm_look(&server->calm, space_left(data) >= needed, now_ms);
    if (!is_calm || now_ms < server->anew_from_ms) {
        return;
    }
    if (!space_can_take(data, needed)) {
        (void)disk_calm_look(&server->calm, false, now_ms);
        return;
    }
    log_warn(LOG_MSG("there is room on the disk again: starting anew, so that this node stores what comes"),
             LOG_TEXT("data", data));
    server->starts_anew = true;
    drain_begin(&server->drain);
}

void server_engine_tick(struct server *server)
{
    if (server->drain.phase != DRAIN_RUNNING) {
        return;
    }
    if (!server->has_judged_engine && must_reopen(server)) {
        judge_damage(server);
    } else {
        look_at_room(server);
    }
}

void server_give_up(struct server *server, const char *text)
{
    log_error(LOG_MSG(text));
    server->exit_status = EXIT_FAILURE;
    reactor_stop(&server->reactor);
}

/* What the node would have kept soon (node/save.h). */
static void keep_state(struct server *server)
{
    struct bytes state = node_state(server->node);
    if (server->identity.cluster != 0 && state.len > 0) {
        (void)identity_save_state(server->engine, 0, state); /* a restart does again what is not kept */
    }
}

/* The mark promises that every dot minted by this actor is either on disk or above the clock it carries: not so after a
 * write that the engine could not do, or one that is still open. */
static void write_mark(struct server *server)
{
    if (!server->may_mark || !node_is_idle(server->node) || !node_may_keep_actor(server->node) ||
        server->driver.failures > 0) {
        log_warn(LOG_MSG("stopped without the mark of a clean stop: the next start takes a new actor id"));
        return;
    }
    keep_state(server);
    int status = identity_end(&server->identity, server->engine, node_clock(server->node));
    if (status != 0) {
        log_error(LOG_MSG("cannot write the mark of a clean stop"), LOG_TEXT("reason", gr_error_text(status)));
    }
}

static void close_parts(struct server *server)
{
    clients_close(&server->clients);
    dialler_stop(&server->dialler);
    links_close(&server->links);
}

void server_close(struct server *server)
{
    if (server->has_parts) {
        close_parts(server);
        reactor_detach(&server->reactor);
        write_mark(server);
    }
    engine_close(server->engine);
    if (server->starts_anew) {
        uv_run(&server->reactor.loop, UV_RUN_NOWAIT); /* a SIGTERM that came meanwhile means the process */
    }
    if (server->has_loop) {
        reactor_done(&server->reactor);
    }
    if (server->has_parts) {
        links_done(&server->links);
        dialler_done(&server->dialler);
        sessions_free(server->sessions);
        driver_done(&server->driver);
    }
    node_free(server->node);
}
