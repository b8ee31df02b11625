#include <unistd.h>

#include "server/address.h"
#include "server/listen.h"
#include "server/log.h"
#include "server/parts.h"

#define PEER_BACKLOG 128

int server_bind(struct server *server)
{
    const struct settings *settings = server->settings;
    uv_tcp_init(&server->reactor.loop, &server->client_socket);
    uv_tcp_init(&server->reactor.loop, &server->peer_socket);
    server->client_socket.data = server->peer_socket.data = server;
    int status =
        listen_bind(&settings->listen, "--listen", &server->client_socket, server->error, sizeof server->error);
    if (status == 0) {
        status = listen_bind(&settings->peer, "--peer", &server->peer_socket, server->error, sizeof server->error);
    }
    return status;
}

static void on_client(uv_stream_t *socket, int status)
{
    struct server *server = socket->data;
    if (status == 0) {
        clients_accept(&server->clients, socket);
    }
}

static void on_peer(uv_stream_t *socket, int status)
{
    struct server *server = socket->data;
    if (status == 0) {
        links_accept(&server->links, socket);
    }
}

static void say_ready(struct server *server)
{
    if (server->ready_fd >= 0) {
        ssize_t written = write(server->ready_fd, "ready\n", 6);
        (void)written; /* who asked may be gone */
        close(server->ready_fd);
        server->ready_fd = -1;
    }
}

void server_serve_clients(struct server *server)
{
    char address[ADDRESS_TEXT_MAX];
    const struct settings *settings = server->settings;
    if (server->is_serving || server->drain.phase != DRAIN_RUNNING) {
        return;
    }
    if (listen_start(&server->client_socket, CLIENTS_BACKLOG, on_client, &settings->listen, "--listen", server->error,
                     sizeof server->error) != 0) {
        server_give_up(server, server->error);
        return;
    }
    server->is_serving = true;
    address_format(&settings->listen, address);
    log_info(LOG_MSG("serving clients"), LOG_TEXT("address", address), LOG_ID("node", server->identity.node),
             LOG_ID("cluster", node_cluster(server->node)));
    say_ready(server);
}

int server_serve_peers(struct server *server)
{
    return listen_start(&server->peer_socket, PEER_BACKLOG, on_peer, &server->settings->peer, "--peer", server->error,
                        sizeof server->error);
}
