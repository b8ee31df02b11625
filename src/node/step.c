/* One step: the event is handed to whoever it is for. */
#include "node/step.h"
#include "base/error.h"
#include "node/coordinate.h"
#include "node/count.h"
#include "node/forward.h"
#include "node/internal.h"
#include "node/read.h"
#include "node/replace.h"
#include "node/replica.h"
#include "node/write.h"

static void settle_pools(struct node *node)
{
    struct pools *pools = &node->pools;
    pool_settle(&pools->writes);
    pool_settle(&pools->reads);
    pool_settle(&pools->forwards);
    pool_settle(&pools->counts);
    pool_settle(&pools->replica_puts);
    pool_settle(&pools->replica_gets);
    pool_settle(&node->lanes.pool);
    pool_settle(&node->handoff.deliveries);
    pool_settle(&node->handoff.scans);
}

static void peer_up(struct node *node, uint64_t peer)
{
    if (peers_add(&node->peers, peer)) {
        detector_peer_up(node, peer);
        join_peer_up(node);
        gossip_compare(node, peer);
        peer_recovered(node, peer);
    }
}

static void peer_down(struct node *node, uint64_t peer)
{
    if (!peers_remove(&node->peers, peer)) {
        return;
    }
    detector_peer_down(node, peer);
    write_peer_down(node, peer, GR_EUNREACHABLE);
    read_peer_down(node, peer, GR_EUNREACHABLE);
    forward_peer_down(node, peer);
    count_peer_down(node, peer);
    handoff_peer_down(node, peer);
    sync_peer_down(node, peer);
    sync_lost_peer(node, peer);
    reap_peer_down(node, peer);
}

void peer_suspected(struct node *node, uint64_t peer)
{
    write_peer_down(node, peer, GR_ETIMEOUT);
    read_peer_down(node, peer, GR_ETIMEOUT);
    forward_peer_down(node, peer);
    handoff_peer_down(node, peer);
    sync_peer_down(node, peer);
    reap_peer_down(node, peer);
}

void peer_recovered(struct node *node, uint64_t peer)
{
    handoff_wake(node);
    sync_dirty_peer(node, peer);
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
    default:
        GR_UNREACHABLE(); /* tokens are made here and nowhere else */
    }
}

bool node_wants_load(const struct node *node, uint64_t token, bool late)
{
    return pool_kind_of(token) != POOL_READ || (!late && read_wants_load(node, token));
}

static void stored(struct node *node, uint64_t token, int status)
{
    switch (pool_kind_of(token)) {
    case POOL_WRITE:
        write_stored(node, token, status);
        break;
    case POOL_REPLICA_PUT:
        replica_put_stored(node, token, status);
        break;
    case POOL_DELIVERY:
        delivery_stored(node, token, status);
        break;
    case POOL_REAP:
        reap_stored(node, token, status);
        break;
    case POOL_CLOCK:
        reap_clock_stored(node, token, status);
        break;
    case POOL_SAVE:
        save_stored(node, token, status);
        break;
    case POOL_DISCARD:
        discard_stored(node, token, status);
        break;
    case POOL_MEND:
        mend_stored(node, token, status);
        break;
    default:
        GR_UNREACHABLE(); /* tokens are made here and nowhere else */
    }
}

static void scanned(struct node *node, uint64_t token, int status, const struct page *page)
{
    switch (pool_kind_of(token)) {
    case POOL_HINT_SCAN:
        handoff_scanned(node, token, status, page);
        break;
    case POOL_SYNC:
        sync_scanned(node, token, status, page);
        break;
    case POOL_LISTING:
        listing_scanned(node, token, status, page);
        break;
    case POOL_REAP:
        reap_scanned(node, token, status, page);
        break;
    case POOL_SCRUB:
        scrub_scanned(node, token, status, page);
        break;
    default:
        GR_UNREACHABLE(); /* tokens are made here and nowhere else */
    }
}

/* An id in a message is the sender's word: it leads to an item of that kind, or to nothing. */
static void put_acked(struct node *node, uint64_t from, const struct wire_put_ack *message)
{
    if (pool_kind_of(message->request) == POOL_DELIVERY) {
        delivery_put_ack(node, from, message);
    } else {
        put_ack_recv(node, from, message);
    }
}

static void get_acked(struct node *node, uint64_t from, const struct wire_get_ack *message)
{
    if (pool_kind_of(message->request) == POOL_REAP) {
        reap_get_ack(node, from, message);
    } else {
        get_ack_recv(node, from, message);
    }
}

/* What a member says about itself, about others, and about keeping copies equal. */
static void upkeep_message(struct node *node, uint64_t from, const struct wire_message *message)
{
    switch (message->type) {
    case WIRE_ping:
        ping_recv(node, from, &message->ping);
        break;
    case WIRE_pong:
        pong_recv(node, from, &message->pong);
        break;
    case WIRE_rumour:
        rumour_recv(node, from, &message->rumour);
        break;
    case WIRE_roots:
        roots_recv(node, from, &message->roots);
        break;
    case WIRE_roots_ack:
        roots_ack_recv(node, from, &message->roots_ack);
        break;
    case WIRE_tree:
        tree_recv(node, from, &message->tree);
        break;
    case WIRE_tree_ack:
        tree_ack_recv(node, from, &message->tree_ack);
        break;
    case WIRE_list:
        list_recv(node, from, &message->list);
        break;
    case WIRE_list_ack:
        list_ack_recv(node, from, &message->list_ack);
        break;
    case WIRE_clear:
        clear_recv(node, from, &message->clear);
        break;
    case WIRE_clear_ack:
        clear_ack_recv(node, from, &message->clear_ack);
        break;
    case WIRE_reap:
        reap_recv(node, from, &message->reap);
        break;
    default:
        node->stats.messages_refused++;
        break;
    }
}

/* What a member says about keys that clients ask for. */
static void member_message(struct node *node, uint64_t from, const struct wire_message *message)
{
    switch (message->type) {
    case WIRE_put:
        put_recv(node, from, &message->put);
        break;
    case WIRE_put_ack:
        put_acked(node, from, &message->put_ack);
        break;
    case WIRE_get:
        get_recv(node, from, &message->get);
        break;
    case WIRE_get_ack:
        get_acked(node, from, &message->get_ack);
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
    default:
        upkeep_message(node, from, message);
        break;
    }
}

/* Membership is spoken with anybody whose handshake was good; keys only among members that know each other. */
static void message(struct node *node, uint64_t from, const struct wire_message *body)
{
    bool has_cluster = node->membership.cluster != 0;
    detector_heard(node, from, body);
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
    default:
        break;
    }
    if (has_cluster && membership_has(&node->membership, from) && !replace_is_over(node)) {
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
    handoff_start(node);
    sync_start(node);
    reap_start(node);
}

void node_step(struct node *node, const struct event *event)
{
    env_begin(&node->env, event->now);
    settle_pools(node);
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
    case EVENT_SCANNED:
        scanned(node, event->scanned.token, event->scanned.status, event->scanned.page);
        break;
    case EVENT_REQUEST:
        coordinate_client(node, event->request);
        break;
    }
}
