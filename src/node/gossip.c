#include "node/gossip.h"

#include "node/internal.h"

void gossip_compare(struct node *node, uint64_t peer)
{
    if (node->membership.cluster != 0) {
        struct wire_message *message = env_send(&node->env, peer, WIRE_gossip);
        message->gossip.cluster = node->membership.cluster;
        message->gossip.log_hash = node->membership.log.hash;
        message->gossip.members_hash = node->membership.members.hash;
    }
}

static void fire(struct node *node, struct timer *timer)
{
    (void)timer;
    uint64_t peer = peers_pick(&node->peers, &node->rng);
#ifdef GRAMME_CANARY
    static uint32_t hidden;
    if (CANARY(node, CANARY_HIDDEN_STATE) && node->peers.count > 0) {
        peer = node->peers.up[hidden++ % 7 % node->peers.count];
    }
#endif
    if (peer != 0) {
        gossip_compare(node, peer);
    }
    gossip_start(node);
}

void gossip_start(struct node *node)
{
    uint64_t period_ms = GOSSIP_PERIOD_MS - GOSSIP_JITTER_MS + rng_below(&node->rng, 2 * GOSSIP_JITTER_MS);
    timer_set(&node->timers, &node->gossip.timer, node->env.now.mono_ms + period_ms, fire);
}

/* A node that was joining has links to whatever its seeds belong to: two rings must not become one through it. */
static bool is_foreign(struct node *node, uint64_t cluster)
{
    bool foreign = cluster != node->membership.cluster;
    node->stats.messages_refused += foreign;
    return foreign;
}

static bool differs(const struct node *node, uint64_t log_hash, uint64_t members_hash)
{
    return log_hash != node->membership.log.hash || members_hash != node->membership.members.hash;
}

void gossip_recv(struct node *node, uint64_t from, const struct wire_gossip *message)
{
    if (is_foreign(node, message->cluster)) {
        return;
    }
    if (differs(node, message->log_hash, message->members_hash)) {
        gossip_tell(node, from, true);
    }
}

static void send_parts(struct node *node, uint64_t peer, bool wants_answer, struct bytes entries, struct bytes records)
{
    struct wire_message *message = env_send(&node->env, peer, WIRE_membership);
    message->membership.cluster = node->membership.cluster;
    message->membership.wants_answer = wants_answer;
    message->membership.entries = entries;
    message->membership.records = records;
}

void gossip_tell(struct node *node, uint64_t peer, bool wants_answer)
{
    struct bytes entries;
    struct bytes records;
    if (membership_parts(&node->membership, &node->env.scratch, &entries, &records) == 0) {
        send_parts(node, peer, wants_answer, entries, records);
    } /* else the next round tries again */
}

void gossip_tell_all(struct node *node)
{
    struct bytes entries;
    struct bytes records;
    if (membership_parts(&node->membership, &node->env.scratch, &entries, &records) != 0) {
        return;
    }
    for (uint32_t i = 0; i < node->peers.count; i++) {
        send_parts(node, node->peers.up[i], false, entries, records); /* all messages share the bytes */
    }
}

/* Have we anything that the sender's message lacks? Merging only adds, so sizes and versions tell. */
static bool knows_more(struct node *node, const struct wire_membership *message)
{
    struct bytes entries;
    struct bytes records;
    if (membership_parts(&node->membership, &node->env.scratch, &entries, &records) != 0) {
        return false;
    }
    return !bytes_equal(entries, message->entries) || !bytes_equal(records, message->records);
}

void membership_recv(struct node *node, uint64_t from, const struct wire_membership *message)
{
    if (is_foreign(node, message->cluster)) {
        return;
    }
    int changed = membership_merge(&node->membership, message->entries, message->records);
    if (changed < 0) {
        node->stats.messages_refused++;
    }
    if (changed != 0) { /* a fault in the middle may follow entries that were taken */
        save_now(node);
        membership_changed(node);
    }
    if (message->wants_answer && knows_more(node, message)) {
        gossip_tell(node, from, false);
    }
}
