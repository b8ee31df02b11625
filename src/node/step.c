/* One step: the event is handed to whoever it is for. */
#include "base/error.h"
#include "node/coordinate.h"
#include "node/count.h"
#include "node/forward.h"
#include "node/internal.h"
#include "node/read.h"
#include "node/replica.h"
#include "node/write.h"

static void settle_pools(struct pools *pools, struct lanes *lanes)
{
    pool_settle(&pools->writes);
    pool_settle(&pools->reads);
    pool_settle(&pools->forwards);
    pool_settle(&pools->counts);
    pool_settle(&pools->replica_puts);
    pool_settle(&pools->replica_gets);
    pool_settle(&lanes->pool);
}

static void peer_up(struct node *node, uint64_t peer)
{
    if (peers_add(&node->peers, peer)) {
        join_peer_up(node);
        gossip_compare(node, peer);
    }
}

static void peer_down(struct node *node, uint64_t peer)
{
    if (!peers_remove(&node->peers, peer)) {
        return;
    }
    write_peer_down(node, peer);
    read_peer_down(node, peer);
    forward_peer_down(node, peer);
    count_peer_down(node, peer);
}

static void loaded(struct node *node, uint64_t token, int status, struct blob *value)
{
    switch (pool_kind_of(token)) {
    case POOL_LANE:
        lane_loaded(node, token, status, value);
        break;
    case POOL_READ:
        read_loaded(node, token, status, value);
        break;
    case POOL_REPLICA_GET:
        replica_get_loaded(node, token, status, value);
        break;
    case POOL_WRITE:
    case POOL_FORWARD:
    case POOL_COUNT:
    case POOL_REPLICA_PUT:
    default:
        GR_UNREACHABLE(); /* tokens of loads are made here and nowhere else */
    }
}

static void stored(struct node *node, uint64_t token, int status)
{
    if (pool_kind_of(token) == POOL_WRITE) {
        write_stored(node, token, status);
    } else {
        GR_ASSERT_EQ(pool_kind_of(token), POOL_REPLICA_PUT);
        replica_put_stored(node, token, status);
    }
}

/* What a member says about keys. */
static void member_message(struct node *node, uint64_t from, const struct wire_message *message)
{
    switch (message->type) {
    case WIRE_put:
        put_recv(node, from, &message->put);
        break;
    case WIRE_put_ack:
        put_ack_recv(node, from, &message->put_ack);
        break;
    case WIRE_get:
        get_recv(node, from, &message->get);
        break;
    case WIRE_get_ack:
        get_ack_recv(node, from, &message->get_ack);
        break;
    case WIRE_forward:
        forward_recv(node, from, &message->forward);
        break;
    case WIRE_forward_ack:
        forward_ack_recv(node, from, &message->forward_ack);
        break;
    case WIRE_forward_copies:
        forward_copies_recv(node, from, &message->forward_copies);
        break;
    case WIRE_count:
        count_recv(node, from, &message->count);
        break;
    case WIRE_count_ack:
        count_ack_recv(node, from, &message->count_ack);
        break;
    case WIRE_hello:
    case WIRE_refused:
    case WIRE_join:
    case WIRE_joined:
    case WIRE_gossip:
    case WIRE_membership:
        node->stats.messages_refused++;
        break;
    }
}

/* Membership is spoken with anybody whose handshake was good; keys only among members that know each other. */
static void message(struct node *node, uint64_t from, const struct wire_message *body)
{
    bool has_cluster = node->membership.cluster != 0;
    switch (body->type) {
    case WIRE_join:
        join_recv(node, from, &body->join);
        return;
    case WIRE_joined:
        joined_recv(node, &body->joined);
        return;
    case WIRE_refused:
        refused_recv(node, &body->refused);
        return;
    case WIRE_gossip:
        if (has_cluster) {
            gossip_recv(node, from, &body->gossip);
        }
        return;
    case WIRE_membership:
        if (has_cluster) {
            membership_recv(node, from, &body->membership);
        }
        return;
    case WIRE_hello:
    case WIRE_put:
    case WIRE_put_ack:
    case WIRE_get:
    case WIRE_get_ack:
    case WIRE_forward:
    case WIRE_forward_ack:
    case WIRE_forward_copies:
    case WIRE_count:
    case WIRE_count_ack:
        break;
    }
    if (has_cluster && membership_has(&node->membership, from)) {
        member_message(node, from, body);
    } else {
        node->stats.messages_refused++;
    }
}

static void fire_timers(struct node *node)
{
    struct timer *timer;
    while ((timer = timers_pop(&node->timers, node->env.now.mono_ms)) != NULL) {
        timer->fire(node, timer);
    }
}

static void start(struct node *node)
{
    node->started = true;
    join_start(node);
    gossip_start(node);
}

void node_step(struct node *node, const struct event *event)
{
    env_begin(&node->env, event->now);
    settle_pools(&node->pools, &node->lanes);
    if (!node->started) {
        start(node);
    }
    switch (event->kind) {
    case EVENT_TICK:
        fire_timers(node);
        break;
    case EVENT_PEER_UP:
        peer_up(node, event->peer);
        break;
    case EVENT_PEER_DOWN:
        peer_down(node, event->peer);
        break;
    case EVENT_MESSAGE:
        message(node, event->message.from, event->message.body);
        break;
    case EVENT_LOADED:
        loaded(node, event->loaded.token, event->loaded.status, event->loaded.value);
        break;
    case EVENT_STORED:
        stored(node, event->stored.token, event->stored.status);
        break;
    case EVENT_COUNTED:
        count_counted(node, event->counted.token, event->counted.keys);
        break;
    case EVENT_REQUEST:
        coordinate_client(node, event->request);
        break;
    }
}
