#include "node/join.h"

#include <string.h>

#include "base/error.h"
#include "node/internal.h"
#include "node/replace.h"

static const char holds_data_text[] =
    "the ring already holds data, and data cannot be moved to a new node yet. If this node comes instead of a lost "
    "one, say which: start with --replace OLD, or run `gramme cluster replace OLD %` and start again; `gramme cluster "
    "status` shows the ids. Else start all nodes before the first write, or this one without --join as a ring of its "
    "own";

static void copy_zone(char *ret, struct bytes zone)
{
    size_t len = zone.len < RING_ZONE_MAX ? zone.len : RING_ZONE_MAX;
    memset(ret, 0, RING_ZONE_MAX + 1);
    if (len > 0) {
        memcpy(ret, zone.data, len);
    }
}

void node_publish_self(struct node *node)
{
    struct member *self = &node->config.self;
    self->node = node->config.node;
    self->flags = node->holds_data ? MEMBER_HOLDS_DATA : 0;
    uint64_t version = hlc_mint_above(&node->clock, self->version, node->env.now.wall_ms);
    self->version = version > HLC_OUTSIDE_MAX ? self->version : version; /* a peer has written our record: no more */
    if (members_merge(&node->membership.members, self) > 0) {
        save_now(node);
        gossip_tell_all(node);
    }
}

static void ask(struct node *node, uint64_t peer)
{
    uint8_t *record = arena_alloc(&node->env.scratch, MEMBER_RECORD_MAX);
    if (record == NULL) {
        return;
    }
    size_t len = member_encode(&node->config.self, record);
    struct wire_message *message = env_send(&node->env, peer, WIRE_join);
    message->join.weight = node->config.weight;
    message->join.zone = bytes_of_text(node->config.zone);
    message->join.replaces = node->config.replaces;
    message->join.record = bytes_of(record, len);
}

/* The seed to ask now (J4); 0: there is none. */
static uint64_t choose_seed(struct node *node)
{
    struct join *join = &node->join;
    bool keeps = peers_have(&node->peers, join->asked) && join->unheard < JOIN_PATIENCE;
    if (!keeps) {
        join->asked = peers_pick(&node->peers, &node->rng);
        join->unheard = 0;
    }
    return join->asked;
}

static void ask_one(struct node *node)
{
    uint64_t seed = choose_seed(node);
    if (seed != 0) {
        node->join.unheard++;
        ask(node, seed);
    }
}

static void fire(struct node *node, struct timer *timer)
{
    if (node->membership.cluster == 0) {
        ask_one(node);
        timer_set(&node->timers, timer, node->env.now.mono_ms + JOIN_PERIOD_MS, fire);
    }
}

void join_peer_up(struct node *node)
{
    if (node->membership.cluster == 0 && !peers_have(&node->peers, node->join.asked)) {
        ask_one(node);
    }
}

/* Put a new member into the log. Errors: of ring_log_add and placement_build. */
static int add_member(struct node *node, uint64_t who, uint16_t weight, struct bytes zone)
{
    struct ring_entry entry = {.node = who, .kind = RING_JOIN, .weight = weight, .incarnation = 1};
    entry.stamp = hlc_mint_above(&node->clock, 0, node->env.now.wall_ms);
    copy_zone(entry.zone, zone);
    int error = membership_is_full(&node->membership) ? GR_EBUSY : ring_log_add(&node->membership.log, &entry);
    return error < 0 ? error : membership_rebuild(&node->membership);
}

static bool same_addresses(const struct member *a, const struct member *b)
{
    return strcmp(a->client, b->client) == 0 && strcmp(a->peer, b->peer) == 0 && strcmp(a->http, b->http) == 0;
}

static void go_on_as_member(struct node *node)
{
    const struct member *saved = members_find(&node->membership.members, node->config.node);
    if (saved != NULL) {
        node->config.self.version = saved->version;
        node->holds_data |= (saved->flags & MEMBER_HOLDS_DATA) != 0;
        if (same_addresses(saved, &node->config.self) && node->holds_data == (saved->flags != 0)) {
            return;
        }
    }
    node_publish_self(node);
}

void join_start(struct node *node)
{
    if (node->membership.cluster == 0) {
        node->config.self.node = node->config.node;
        node->config.self.version = hlc_mint_above(&node->clock, 0, node->env.now.wall_ms);
        timer_set(&node->timers, &node->join.timer, node->env.now.mono_ms + JOIN_PERIOD_MS, fire);
        return;
    }
    if (node->membership.log.count == 0) {
        int error = add_member(node, node->config.node, node->config.weight, bytes_of_text(node->config.zone));
        GR_ASSERT_EQ(error, 0); /* node_new has checked all that could be wrong with it */
    }
    node->join.is_member = membership_has(&node->membership, node->config.node);
    membership_known(node);
    if (!replace_is_over(node)) {
        go_on_as_member(node);
    }
}

static void refuse(struct node *node, uint64_t peer, int error, const char *text)
{
    struct wire_message *message = env_send(&node->env, peer, WIRE_refused);
    message->refused.code = (uint16_t)-error;
    message->refused.text = bytes_of_text(text);
}

static void welcome(struct node *node, uint64_t peer)
{
    struct bytes entries;
    struct bytes records;
    if (membership_parts(&node->membership, &node->env.scratch, &entries, &records) != 0) {
        return; /* the joiner asks again */
    }
    struct wire_message *message = env_send(&node->env, peer, WIRE_joined);
    message->joined.cluster = node->membership.cluster;
    message->joined.partitions = node->membership.partitions;
    message->joined.replicas = node->membership.replicas;
    message->joined.entries = entries;
    message->joined.records = records;
}

/* Errors: those of add_member and replace_add, GR_ENOTEMPTY, GR_EFENCED. */
static int admit(struct node *node, uint64_t who, const struct wire_join *message, const char **ret_text)
{
    if (message->replaces != 0) {
        return replace_add(node, message->replaces, who, message->zone, ret_text);
    }
    if (placement_successor(node->membership.placement, who) != 0) {
        *ret_text = replace_text(node, "node % has been replaced: start with an empty data directory", who, 0);
        return GR_EFENCED;
    }
    if (node->holds_data || membership_holds_data(&node->membership)) {
        *ret_text = replace_text(node, holds_data_text, who, 0);
        return GR_ENOTEMPTY;
    }
    int error = add_member(node, who, message->weight, message->zone);
    *ret_text = gr_error_text(error);
    return error;
}

void join_recv(struct node *node, uint64_t from, const struct wire_join *message)
{
    struct member record;
    if (member_decode(message->record, &record) != 0 || record.node != from || message->weight == 0 ||
        node->membership.cluster == 0) {
        node->stats.messages_refused++;
        return;
    }
    bool is_new = !membership_has(&node->membership, from);
    if (is_new) {
        const char *text;
        int error = admit(node, from, message, &text);
        if (error < 0) {
            refuse(node, from, error, text);
            return;
        }
    }
    if (members_merge(&node->membership.members, &record) > 0 || is_new) { /* else it asks again (J3) */
        membership_announce(node);
    }
    welcome(node, from);
}

/* The reason why the constants of a cluster cannot be right, or NULL. */
static const char *constants_invalid(const struct wire_joined *message)
{
    uint32_t q = message->partitions;
    if (message->cluster == 0) {
        return "no cluster id";
    }
    if (q == 0 || q > RING_SLOTS || (q & (q - 1)) != 0) {
        return "partitions are not a power of two";
    }
    return message->replicas == 0 || message->replicas > RING_REPLICAS_MAX ? "replicas out of bounds" : NULL;
}

void joined_recv(struct node *node, const struct wire_joined *message)
{
    if (node->membership.cluster != 0) {
        return; /* a second answer to a question asked twice (J3) */
    }
    if (constants_invalid(message) != NULL) {
        node->stats.messages_refused++;
        return;
    }
    node->membership.partitions = message->partitions;
    node->membership.replicas = message->replicas;
    if (CANARY(node, CANARY_OWN_PLACEMENT)) {
        node->membership.replicas = (uint8_t)(1 + node->config.node % message->replicas);
    }
    int merged = membership_merge(&node->membership, message->entries, message->records);
    if (merged < 0 || !membership_has(&node->membership, node->config.node)) {
        node->stats.messages_refused++;
        return;
    }
    node->membership.cluster = message->cluster;
    struct effect *effect = env_add(&node->env, EFFECT_JOINED);
    effect->joined.cluster = message->cluster;
    effect->joined.partitions = message->partitions;
    effect->joined.replicas = message->replicas;
    timer_stop(&node->timers, &node->join.timer);
    membership_announce(node);
}

/* Will asking again not help? */
static bool is_final(int error)
{
    switch (error) {
    case GR_ENOTEMPTY:
    case GR_EFOREIGN:
    case GR_EVERSION:
    case GR_EEXIST:
    case GR_EFENCED:
        return true;
    default:
        return false;
    }
}

void refused_recv(struct node *node, const struct wire_refused *message)
{
    int error = -(int)message->code;
    bool may_learn = error == GR_ENOENT || error == GR_EINVAL; /* who the lost node is, or that it is lost */
    node->join.unknown += may_learn;
    bool for_good = may_learn ? node->join.unknown >= JOIN_PATIENCE : is_final(error);
    if (node->membership.cluster != 0 || !for_good) {
        return; /* what may pass is asked for again */
    }
    struct effect *effect = env_add(&node->env, EFFECT_REFUSED);
    effect->text = arena_copy(&node->env.scratch, message->text);
}

void join_note_data(struct node *node)
{
    if (!node->holds_data) {
        node->holds_data = true;
        node_publish_self(node);
    }
}
