#include "node/detector.h"

#include <stdlib.h>
#include <string.h>

#include "node/health.h"
#include "node/internal.h"
#include "node/step.h"

#define LIST_CAPACITY_MIN 8u

void detector_init(struct detector *detector)
{
    *detector = (struct detector){.list = NULL};
}

void detector_done(struct detector *detector)
{
    free(detector->list);
    *detector = (struct detector){.list = NULL};
}

static uint64_t now_of(const struct node *node)
{
    return node->env.now.mono_ms;
}

/* The place of `peer`, or where it would go. */
static uint32_t place_of(const struct detector *detector, uint64_t peer)
{
    uint32_t low = 0;
    uint32_t high = detector->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (detector->list[middle].peer < peer) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct health *find(const struct node *node, uint64_t peer)
{
    const struct detector *detector = &node->detector;
    uint32_t place = place_of(detector, peer);
    return place < detector->count && detector->list[place].peer == peer ? &detector->list[place] : NULL;
}

static void fire(struct node *node, struct timer *timer);

/* The timer fires at `at_ms` at the latest. */
static void wake_by(struct node *node, uint64_t at_ms)
{
    struct timer *timer = &node->detector.timer;
    if (timer->place == 0 || at_ms < timer->at_ms) {
        timer_set(&node->timers, timer, at_ms, fire);
    }
}

static void send_ping(struct node *node, struct health *health)
{
    uint64_t number = ++node->detector.pings;
    env_send(&node->env, health->peer, WIRE_ping)->ping.number = number;
    health_pinged(health, number);
}

static void report(struct node *node, uint64_t peer, bool healthy)
{
    struct effect *effect = env_add(&node->env, EFFECT_HEALTH);
    effect->health.peer = peer;
    effect->health.healthy = healthy;
}

static bool is_member(const struct node *node, uint64_t peer)
{
    return membership_has(&node->membership, peer);
}

/* Was the timer due so long ago that this node must have stood still? */
static bool is_late(const struct detector *detector, uint64_t now_ms)
{
    return now_ms > detector->timer.at_ms + DETECTOR_LATE_MS;
}

static void excuse_all(struct detector *detector, uint64_t now_ms)
{
    for (uint32_t i = 0; i < detector->count; i++) {
        health_excuse(&detector->list[i], now_ms);
    }
}

/* Ping whom it is time for, and mark who is suspect from now on. Returns whether there is any to tell of. */
static bool look_at_all(struct node *node)
{
    struct detector *detector = &node->detector;
    bool found = false;
    for (uint32_t i = 0; i < detector->count; i++) {
        struct health *health = &detector->list[i];
        if (!is_member(node, health->peer)) {
            continue;
        }
        enum health_act act = health_look(health, now_of(node), &node->rng);
        if (act == HEALTH_PING) {
            send_ping(node, health);
        }
        found |= act == HEALTH_TELL;
    }
    return found;
}

static void spread_rumour(struct node *node, struct health *suspect)
{
    const struct detector *detector = &node->detector;
    if (now_of(node) < suspect->may_rumour_ms) {
        return;
    }
    suspect->may_rumour_ms = now_of(node) + RUMOUR_PERIOD_MS;
    for (uint32_t i = 0; i < detector->count; i++) {
        const struct health *other = &detector->list[i];
        if (other->state != HEALTH_SUSPECT && is_member(node, other->peer)) {
            env_send(&node->env, other->peer, WIRE_rumour)->rumour.node = suspect->peer;
        }
    }
}

static void tell_of_suspects(struct node *node)
{
    struct detector *detector = &node->detector;
    detector->judging = true;
    for (uint32_t i = 0; i < detector->count; i++) {
        struct health *health = &detector->list[i];
        if (health->state == HEALTH_SUSPECT && !health->told) {
            health->told = true;
            node->stats.peers_suspected++;
            report(node, health->peer, false);
            spread_rumour(node, health);
            peer_suspected(node, health->peer);
        }
    }
    detector->judging = false;
}

/* Those who are no members yet are looked at again after a while. */
static uint64_t next_due(const struct node *node)
{
    const struct detector *detector = &node->detector;
    uint64_t next = now_of(node) + PROBE_PERIOD_MS;
    for (uint32_t i = 0; i < detector->count; i++) {
        uint64_t due = health_due(&detector->list[i]);
        if (due < next && is_member(node, detector->list[i].peer)) {
            next = due;
        }
    }
    return next;
}

static void fire(struct node *node, struct timer *timer)
{
    struct detector *detector = &node->detector;
    (void)timer;
    if (is_late(detector, now_of(node))) {
        excuse_all(detector, now_of(node));
    }
    if (look_at_all(node)) {
        tell_of_suspects(node);
    }
    if (detector->count > 0) {
        wake_by(node, next_due(node));
    }
}

/* Room for one more. */
static bool reserve(struct detector *detector)
{
    if (detector->count < detector->capacity) {
        return true;
    }
    uint32_t capacity = detector->capacity == 0 ? LIST_CAPACITY_MIN : 2 * detector->capacity; /* PEERS_MAX have links */
    struct health *list = realloc(detector->list, capacity * sizeof *list);
    if (list == NULL) {
        return false;
    }
    detector->list = list;
    detector->capacity = capacity;
    return true;
}

void detector_peer_up(struct node *node, uint64_t peer)
{
    struct detector *detector = &node->detector;
    GR_ASSERT(!detector->judging);
    uint32_t place = place_of(detector, peer);
    if (place < detector->count && detector->list[place].peer == peer) {
        health_init(&detector->list[place], peer, now_of(node));
        return;
    }
    if (!reserve(detector)) {
        return;
    }
    GR_ASSERT_LT(detector->count, PEERS_MAX);
    struct health *health = &detector->list[place];
    memmove(health + 1, health, (detector->count - place) * sizeof *health);
    detector->count++;
    health_init(health, peer, now_of(node));
    wake_by(node, health_due(health));
}

void detector_peer_down(struct node *node, uint64_t peer)
{
    struct detector *detector = &node->detector;
    GR_ASSERT(!detector->judging);
    struct health *health = find(node, peer);
    if (health == NULL) {
        return;
    }
    size_t behind = (size_t)(detector->list + detector->count - (health + 1));
    memmove(health, health + 1, behind * sizeof *health);
    if (--detector->count == 0) {
        timer_stop(&node->timers, &detector->timer);
    }
}

/* Does it come only after a message of ours has arrived? */
static bool is_answer(enum wire_type type)
{
    switch (type) {
    case WIRE_pong:
    case WIRE_put_ack:
    case WIRE_get_ack:
    case WIRE_forward_ack:
    case WIRE_forward_copies:
    case WIRE_count_ack:
    case WIRE_roots_ack:
    case WIRE_tree_ack:
    case WIRE_list_ack:
    case WIRE_clear_ack:
        return true;
    default:
        return false;
    }
}

/* Returns whether it is healthy now. */
static bool answered(struct node *node, struct health *health, const struct wire_message *message)
{
    bool was_suspect = health->state == HEALTH_SUSPECT;
    uint64_t ping = message->type == WIRE_pong ? message->pong.number : 0;
    bool counts = !is_late(&node->detector, now_of(node)); /* H5 */
    if (was_suspect && CANARY(node, CANARY_GRUDGE)) {
        return false;
    }
    if (!health_answered(health, ping, counts, now_of(node))) {
        return false;
    }
    if (was_suspect) {
        report(node, health->peer, true);
        peer_recovered(node, health->peer);
    }
    return true;
}

void detector_heard(struct node *node, uint64_t peer, const struct wire_message *message)
{
    struct health *health = find(node, peer);
    if (health == NULL) {
        return;
    }
    bool is_heard = is_answer(message->type) && answered(node, health, message);
    if (!is_heard && health_talked(health, now_of(node))) {
        send_ping(node, health);
    }
}

void detector_asked(struct node *node, uint64_t peer)
{
    struct health *health = find(node, peer);
    if (health != NULL && health_asked(health, now_of(node))) {
        wake_by(node, health_due(health));
    }
}

void detector_took(struct node *node, uint64_t peer, uint64_t took_ms)
{
    struct health *health = find(node, peer);
    if (health != NULL && !is_late(&node->detector, now_of(node))) {
        health_took(health, took_ms);
    }
}

bool detector_is_healthy(const struct node *node, uint64_t peer)
{
    const struct health *health = find(node, peer);
    return health != NULL ? health->state != HEALTH_SUSPECT : node_peer_is_up(node, peer);
}

bool detector_hears(const struct node *node, uint64_t peer)
{
    return peer == node->config.node || (find(node, peer) != NULL && detector_is_healthy(node, peer));
}

uint32_t detector_hedge_ms(const struct node *node, uint64_t peer)
{
    if (peer == node->config.node) {
        return 0;
    }
    const struct health *health = find(node, peer);
    return health != NULL ? health->hedge_ms : DETECTOR_HEDGE_NEW_MS;
}

void ping_recv(struct node *node, uint64_t from, const struct wire_ping *message)
{
    env_send(&node->env, from, WIRE_pong)->pong.number = message->number;
}

void pong_recv(struct node *node, uint64_t from, const struct wire_pong *message)
{
    (void)node, (void)from, (void)message; /* that it has come is all there is to it */
}

void rumour_recv(struct node *node, uint64_t from, const struct wire_rumour *message)
{
    (void)from;
    struct health *health = find(node, message->node);
    if (health == NULL || !is_member(node, message->node)) {
        return;
    }
    health->may_rumour_ms = now_of(node) + RUMOUR_PERIOD_MS; /* whoever began has told everybody */
    if (health_rumour(health, now_of(node))) {
        send_ping(node, health);
        wake_by(node, health_due(health));
    }
}
