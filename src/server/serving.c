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
    uv_timer_init(&server->reactor.loop, &server->patience);
    server->client_socket.data = server->peer_socket.data = server->patience.data = server;
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

/* Members but ourselves, and how many of them have a link. */
static unsigned count_others(const struct server *server, unsigned *ret_reached)
{
    const struct placement *placement = node_placement(server->node);
    unsigned members = placement == NULL ? 0 : placement_members(placement);
    unsigned others = 0;
    *ret_reached = 0;
    for (unsigned i = 0; i < members; i++) {
        uint64_t id = placement_member(placement, i);
        bool is_other = id != node_id(server->node);
        others += is_other;
        *ret_reached += is_other && node_peer_is_up(server->node, id);
    }
    return others;
}

static bool is_all_reached(const struct server *server)
{
    unsigned reached;
    unsigned others = count_others(server, &reached);
    return reached == others;
}

static bool has_told(const struct server *server, uint64_t peer)
{
    unsigned i = 0;
    while (i < server->told_count && server->told[i] != peer) {
        i++;
    }
    return i < server->told_count;
}

static bool have_all_told(const struct server *server)
{
    const struct placement *placement = node_placement(server->node);
    unsigned members = placement == NULL ? 0 : placement_members(placement);
    for (unsigned i = 0; i < members; i++) {
        uint64_t id = placement_member(placement, i);
        if (id != node_id(server->node) && !has_told(server, id)) {
            return false;
        }
    }
    return true;
}

static void serve_clients(struct server *server)
{
    char address[ADDRESS_TEXT_MAX];
    const struct settings *settings = server->settings;
    unsigned reached;
    unsigned others = count_others(server, &reached);
    server->awaits_peers = false;
    uv_timer_stop(&server->patience);
    if (listen_start(&server->client_socket, CLIENTS_BACKLOG, on_client, &settings->listen, "--listen", server->error,
                     sizeof server->error) != 0) {
        server_give_up(server, server->error);
        return;
    }
    server->is_serving = true;
    address_format(&settings->listen, address);
    log_info(LOG_MSG("serving clients"), LOG_TEXT("address", address), LOG_ID("node", server->identity.node),
             LOG_ID("cluster", node_cluster(server->node)), LOG_NUMBER("peers", others),
             LOG_NUMBER("reached", reached));
    say_ready(server);
}

static void on_patience_lost(uv_timer_t *timer)
{
    struct server *server = timer->data;
    if (server->awaits_peers && server->drain.phase == DRAIN_RUNNING) {
        serve_clients(server);
    }
}

/* Without links this node would take every other one for lost: answer NOQUORUM, or stand in for all of them. */
void server_await_peers(struct server *server)
{
    if (!server->is_serving) {
        server->awaits_peers = true;
        server->awaits_word = false;
        uv_update_time(&server->reactor.loop); /* opening the engine may have taken long */
        uv_timer_start(&server->patience, on_patience_lost, SERVING_PATIENCE_MS, 0);
    }
}

/* Who has another membership than we have sends it when the link comes up (node/gossip.h); who has the same sends its
 * hashes. A node that was replaced has no record any more, so that of the records tells. */
void server_peer_told(struct server *server, uint64_t peer, const struct wire_message *message)
{
    if (!server->awaits_peers || server->told_count == RING_MEMBERS_MAX || has_told(server, peer)) {
        return;
    }
    bool is_same = message->type == WIRE_gossip && message->gossip.members_hash == node_members(server->node)->hash;
    if (is_same || message->type == WIRE_membership || message->type == WIRE_joined) {
        server->told[server->told_count++] = peer;
    }
}

void server_serving_tick(struct server *server)
{
    if (!server->awaits_peers || server->drain.phase != DRAIN_RUNNING || !is_all_reached(server)) {
        return;
    }
    if (have_all_told(server)) {
        serve_clients(server);
    } else if (!server->awaits_word) { /* it may be that a peer's word was on its way before it knew more */
        server->awaits_word = true;
        uv_timer_start(&server->patience, on_patience_lost, SERVING_WORD_MS, 0);
    }
}

int server_serve_peers(struct server *server)
{
    return listen_start(&server->peer_socket, PEER_BACKLOG, on_peer, &server->settings->peer, "--peer", server->error,
                        sizeof server->error);
}
