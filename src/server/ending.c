#include <stdlib.h>

#include "base/error.h"
#include "server/log.h"
#include "server/parts.h"

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

void server_give_up(struct server *server, const char *text)
{
    log_error(LOG_MSG(text));
    server->exit_status = EXIT_FAILURE;
    reactor_stop(&server->reactor);
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
