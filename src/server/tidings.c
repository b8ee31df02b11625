#include <stdio.h>

#include "server/admission.h"
#include "server/log.h"
#include "server/parts.h"

/* A lasting place in the core for all that can be up for long: members, who came unasked, who was dialled as a seed.
 * Nodes that were replaced may keep links for a while; should those fill it, whoever is refused for it comes again. */
_Static_assert(PEERS_MAX >= RING_MEMBERS_MAX + LINKS_STRANGERS_MAX + DIALLER_SEEDS_MAX, "no member is kept out");

static void peer_up(void *context, uint64_t peer)
{
    struct server *server = context;
    struct event event = {.kind = EVENT_PEER_UP, .peer = peer};
    server->had_link = true;
    driver_post(&server->driver, &event);
}

static void peer_down(void *context, uint64_t peer)
{
    struct server *server = context;
    struct event event = {.kind = EVENT_PEER_DOWN, .peer = peer};
    dialler_peer_lost(&server->dialler, peer, reactor_now(&server->reactor).mono_ms);
    driver_post(&server->driver, &event);
}

static void peer_message(void *context, uint64_t peer, const struct wire_message *message)
{
    struct server *server = context;
    driver_message(&server->driver, peer, message);
    server_peer_told(server, peer, message);
}

static bool peer_is_member(void *context, uint64_t peer)
{
    return members_find(node_members(((struct server *)context)->node), peer) != NULL;
}

static void peer_dialled(void *context, uint64_t dial, enum links_outcome outcome, int code, const char *text)
{
    dialler_told(&((struct server *)context)->dialler, dial, outcome, code, text);
}

static void dial_refused(void *context, const char *address, bool is_seed, int code, const char *text)
{
    struct server *server = context;
    struct admission admission = {
        server->settings->data, node_cluster(server->node), server->had_link, address, is_seed, code, text};
    if (admission_must_stop(&admission, server->error, sizeof server->error)) {
        server_give_up(server, server->error);
    }
}

struct links_sink server_link_tidings(struct server *server)
{
    return (struct links_sink){server, peer_up, peer_down, peer_message, peer_is_member, peer_dialled};
}

static void seed_failed(void *context, const char *address, const char *text)
{
    (void)context;
    log_warn(LOG_MSG("cannot join through this address yet, trying on"), LOG_TEXT("address", address),
             LOG_TEXT("reason", text));
}

static void seeds_are_self(void *context, const char *address)
{
    struct server *server = context;
    snprintf(server->error, sizeof server->error,
             "%s, which --join names, is this node itself: give --join the peer address of another node, or leave it "
             "out to begin a new cluster",
             address);
    server_give_up(server, server->error);
}

struct dialler_sink server_dial_tidings(struct server *server)
{
    return (struct dialler_sink){server, dial_refused, seed_failed, seeds_are_self};
}
