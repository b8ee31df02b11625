/* Saying whether anything older than a tombstone could come from here (reap.h). */
#include "node/forward.h"
#include "node/internal.h"
#include "node/read.h"
#include "node/reap_state.h"
#include "node/replica.h"
#include "node/write.h"

bool reap_hears_all(const struct node *node)
{
    const struct placement *placement = node->membership.placement;
    for (unsigned i = 0; placement != NULL && i < placement_members(placement); i++) {
        if (!detector_hears(node, placement_member(placement, i))) {
            return false;
        }
    }
    return placement != NULL;
}

static bool has_write(const struct node *node, uint16_t slot)
{
    uint32_t cursor = 0;
    const struct write *write;
    while ((write = pool_next(&node->pools.writes, &cursor)) != NULL) {
        if (write->slot == slot) {
            return true;
        }
    }
    return false;
}

/* A read may have older copies in hand, and repair others with them. */
static bool has_read(const struct node *node, uint16_t slot)
{
    uint32_t cursor = 0;
    const struct read *read;
    while ((read = pool_next(&node->pools.reads, &cursor)) != NULL) {
        if (read->slot == slot) {
            return true;
        }
    }
    return false;
}

/* A plain SET that was handed on with its dot may be handed on again. */
static bool has_forward(const struct node *node, uint16_t slot)
{
    uint32_t cursor = 0;
    const struct forward *forward;
    while ((forward = pool_next(&node->pools.forwards, &cursor)) != NULL) {
        if (ring_slot(forward->request.key) == slot) {
            return true;
        }
    }
    return false;
}

/* For an owner, or to be kept as a hint. */
static bool has_replica_put(const struct node *node, uint16_t slot)
{
    uint32_t cursor = 0;
    const struct replica_put *put;
    while ((put = pool_next(&node->pools.replica_puts, &cursor)) != NULL) {
        if (ring_slot(put->key) == slot) {
            return true;
        }
    }
    return false;
}

bool reap_is_busy(const struct node *node, uint16_t slot)
{
    return has_write(node, slot) || has_replica_put(node, slot) || has_read(node, slot) || has_forward(node, slot);
}

/* A hint on its way to its owner is kept until that has confirmed it; one given up meanwhile may still be on its way,
 * one confirmed meanwhile in a page that is being read: no delivery at all may be open, and no scan. */
static bool may_send_hints(const struct node *node, uint16_t slot)
{
    return pool_taken(&node->handoff.deliveries) > 0 || node->handoff.scan_open ||
           hints_touch(node, ring_partition(slot, node->membership.partitions));
}

/* What is written here while what is here is in doubt must stay above all floors: below them it would pass for deleted
 * (doubt.h Z1). */
static bool is_in_doubt(const struct node *node, uint16_t slot)
{
    return fill_standing(node, ring_partition(slot, node->membership.partitions)) == FILL_DOUBTFUL;
}

bool reap_is_clear(struct node *node, uint16_t slot, uint64_t log_hash, uint64_t hlc)
{
    hlc_follow(&node->clock, hlc, node->env.now.wall_ms);
    return log_hash == node->membership.log.hash && node->clock.last >= hlc && reap_hears_all(node) &&
           !may_send_hints(node, slot) && !reap_is_busy(node, slot) && !is_in_doubt(node, slot);
}

uint64_t reap_epoch(const struct node *node, uint16_t slot)
{
    uint16_t partition = ring_partition(slot, node->membership.partitions);
    uint64_t changes = 0;
    for (uint32_t i = 0; node->membership.placement != NULL && i < node->hints.queues_count; i++) {
        const struct hint_queue *queue = &node->hints.queues[i];
        changes += placement_owner_place(node->membership.placement, partition, queue->owner) >= 0 ? queue->changes : 0;
    }
    return hash_pair(node->reap.state->links, changes);
}

void reap_send_answer(struct node *node, const struct clear_question *question, bool clear)
{
    struct wire_clear_ack ack = {
        .request = question->request, .clear = clear, .epoch = reap_epoch(node, question->slot)};
    if (question->from == node->config.node) {
        clear_ack_recv(node, question->from, &ack);
    } else {
        env_send(&node->env, question->from, WIRE_clear_ack)->clear_ack = ack;
    }
}

void reap_answer(struct node *node, const struct clear_question *question)
{
    bool clear =
        question->hlc <= HLC_OUTSIDE_MAX && reap_is_clear(node, question->slot, question->log_hash, question->hlc);
    bool is_kept = reap_clock_is_kept(node, question->hlc);
    if (clear && !is_kept && reap_await_clock(node, question)) {
        return;
    }
    reap_send_answer(node, question, clear && is_kept);
}

/* Who asks needs no check: a wrong "no" costs a sweep, and "clear" says only what is so. */
void clear_recv(struct node *node, uint64_t from, const struct wire_clear *message)
{
    struct clear_question question = {
        .from = from,
        .request = message->request,
        .log_hash = message->log_hash,
        .hlc = message->hlc,
        .slot = message->slot,
    };
    reap_answer(node, &question);
}
