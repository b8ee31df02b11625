/* What is due when: one pair for each owned partition and co-owner (Y1). */
#include <stdlib.h>

#include "node/internal.h"
#include "node/sync_state.h"

static uint64_t period_ms(const struct node *node)
{
    return node->config.sync_period_ms == 0 ? SYNC_PERIOD_MS : node->config.sync_period_ms;
}

/* Not at once: hints and members' news are on their way. */
static uint64_t soon(struct node *node)
{
    return node->env.now.mono_ms + rng_between(&node->rng, SYNC_SOON_MS / 2, SYNC_SOON_MS);
}

static struct sync_pair *row(struct sync_pair *pairs, unsigned width, uint32_t partition)
{
    return &pairs[(size_t)partition * width];
}

static struct sync_pair *find(struct sync_pair *pairs, unsigned width, uint64_t peer)
{
    for (unsigned i = 0; i < width; i++) {
        if (pairs[i].peer == peer) {
            return &pairs[i];
        }
    }
    return NULL;
}

/* At a start nobody knows how old the last comparison is: its age is told as that of the pair, and the next is at any
 * time within the period, so that not all are due at once. A pair that has come with a change of the placement is
 * compared at `soon_ms`, like all the others. */
static struct sync_pair new_pair(struct node *node, uint16_t partition, uint64_t peer, uint64_t soon_ms)
{
    uint64_t now_ms = node->env.now.mono_ms;
    uint64_t scattered_ms = now_ms + 1 + rng_below(&node->rng, period_ms(node));
    struct sync_pair pair = {.peer = peer, .compared_ms = now_ms};
    pair.due_ms = node->sync.state->pairs == NULL ? scattered_ms : soon_ms;
    if (fill_is_filling(node, partition)) {
        pair.due_ms = now_ms;
        pair.dirty = true;
    }
    return pair;
}

static void make_row(struct node *node, struct sync_pair *pairs, unsigned width, uint16_t partition, uint64_t soon_ms)
{
    struct sync_state *state = node->sync.state;
    const uint64_t *owners = placement_owners(node->membership.placement, partition);
    bool knew = state->pairs != NULL && partition < state->partitions;
    for (unsigned i = 0; i < width; i++) {
        if (owners[i] == node->config.node) {
            continue;
        }
        struct sync_pair *old = knew ? find(row(state->pairs, state->width, partition), state->width, owners[i]) : NULL;
        row(pairs, width, partition)[i] = old != NULL ? *old : new_pair(node, partition, owners[i], soon_ms);
    }
}

static bool owns(const struct node *node, uint32_t partition)
{
    return node_owns(node, ring_first_slot((uint16_t)partition, node->membership.partitions));
}

bool due_refresh(struct node *node)
{
    struct sync_state *state = node->sync.state;
    const struct placement *placement = node->membership.placement;
    if (placement == NULL || (state->pairs != NULL && state->placed_hash == node->membership.placed_hash)) {
        return state->pairs != NULL;
    }
    unsigned width = placement_replicas(placement);
    struct sync_pair *pairs = calloc((size_t)node->membership.partitions * width, sizeof *pairs);
    if (pairs == NULL) {
        return state->pairs != NULL; /* the next tick tries again; owners of before refuse what is not theirs */
    }
    fill_placement_changed(node, state->pairs == NULL);
    uint64_t soon_ms = soon(node);
    for (uint32_t i = 0; i < node->membership.partitions; i++) {
        if (owns(node, i)) {
            make_row(node, pairs, width, (uint16_t)i, soon_ms);
        }
    }
    free(state->pairs);
    state->pairs = pairs;
    state->width = width;
    state->partitions = node->membership.partitions;
    state->placed_hash = node->membership.placed_hash;
    return true;
}

struct sync_pair *due_pair(struct node *node, uint32_t partition, uint64_t peer)
{
    struct sync_state *state = node->sync.state;
    if (!due_refresh(node) || partition >= state->partitions || peer == 0) {
        return NULL;
    }
    return find(row(state->pairs, state->width, partition), state->width, peer);
}

/* Is `a` before `b` in the round that begins behind the last peer? */
static bool is_sooner(const struct sync_state *state, uint64_t a, uint64_t b)
{
    uint64_t behind_a = a - state->last_peer - 1;
    uint64_t behind_b = b - state->last_peer - 1;
    return behind_a < behind_b;
}

uint64_t due_peer(struct node *node, uint64_t *ret_next_ms)
{
    struct sync_state *state = node->sync.state;
    uint64_t best = 0;
    *ret_next_ms = UINT64_MAX;
    for (size_t i = 0; i < (size_t)state->partitions * state->width; i++) {
        const struct sync_pair *pair = &state->pairs[i];
        if (pair->peer == 0) {
            continue;
        }
        if (pair->due_ms > node->env.now.mono_ms) {
            *ret_next_ms = pair->due_ms < *ret_next_ms ? pair->due_ms : *ret_next_ms;
        } else if (pair->peer != best && (best == 0 || is_sooner(state, pair->peer, best)) &&
                   detector_is_healthy(node, pair->peer)) {
            best = pair->peer;
        }
    }
    return best;
}

bool due_takes_part(const struct node *node, const struct sync_pair *pair)
{
    uint64_t early_ms = period_ms(node) / 8 < SYNC_TICK_MS ? period_ms(node) / 8 : SYNC_TICK_MS;
    return pair->due_ms <= node->env.now.mono_ms + early_ms;
}

void due_compared(struct node *node, uint16_t partition, struct sync_pair *pair, bool differed)
{
    pair->state = PAIR_RESTS;
    pair->hasty = false;
    pair->compared_ms = node->env.now.mono_ms;
    pair->compared = true;
    node->stats.partitions_compared++;
    node->stats.partitions_differing += differed;
    if (!pair->dirty) { /* else it has become so since it was taken up, and is due already */
        uint64_t next_ms = node->env.now.mono_ms + period_ms(node);
        bool once_more = pair->once_more_ms > node->env.now.mono_ms && pair->once_more_ms < next_ms;
        pair->due_ms = once_more ? pair->once_more_ms : next_ms;
        fill_compared(node, partition, pair->peer);
    }
}

void due_again(struct node *node, struct sync_pair *pair, uint64_t pause_ms)
{
    pair->due_ms = node->env.now.mono_ms + pause_ms;
    pair->dirty |= pair->hasty;
    pair->hasty = false;
    pair->state = PAIR_RESTS;
}

static void mark_dirty(struct node *node, uint16_t partition, uint64_t due_ms, uint64_t once_more_ms)
{
    struct sync_state *state = node->sync.state;
    if (!due_refresh(node) || partition >= state->partitions) {
        return;
    }
    for (unsigned i = 0; i < state->width; i++) {
        struct sync_pair *pair = &row(state->pairs, state->width, partition)[i];
        if (pair->peer != 0) {
            bool is_open = pair->state != PAIR_RESTS; /* then once more */
            pair->dirty = true;
            pair->due_ms = is_open || due_ms < pair->due_ms ? due_ms : pair->due_ms;
            pair->once_more_ms = once_more_ms > 0 ? once_more_ms : pair->once_more_ms;
        }
    }
    sync_wake_at(node, due_ms + SYNC_BUSY_MS); /* many may come, as hints are dropped */
}

void sync_dirty(struct node *node, uint16_t partition)
{
    mark_dirty(node, partition, node->env.now.mono_ms, 0);
}

void sync_failed_here(struct node *node, uint16_t partition)
{
    mark_dirty(node, partition, node->env.now.mono_ms + SYNC_FAILED_HERE_MS, 0);
}

void sync_later(struct node *node, uint16_t partition)
{
    uint64_t due_ms = node->env.now.mono_ms + SYNC_LATER_MS;
    if (!CANARY(node, CANARY_REAP_UNEVEN)) {
        mark_dirty(node, partition, due_ms, due_ms);
    }
}

/* All at one time: their roots go in one message for each. */
static void hasten(struct node *node, uint64_t peer, bool with_others)
{
    struct sync_state *state = node->sync.state;
    uint64_t soon_ms = soon(node);
    bool any = false;
    if (!due_refresh(node)) {
        return;
    }
    for (uint32_t i = 0; i < state->partitions; i++) {
        struct sync_pair *pairs = row(state->pairs, state->width, i);
        bool is_shared = find(pairs, state->width, peer) != NULL;
        for (unsigned k = 0; is_shared && k < state->width; k++) {
            bool is_meant = pairs[k].peer != 0 && (pairs[k].peer != peer) == with_others;
            bool is_open = pairs[k].state != PAIR_RESTS; /* what it has compared already may be of before */
            if (is_meant && (pairs[k].due_ms > soon_ms || is_open)) {
                pairs[k].due_ms = soon_ms < pairs[k].due_ms ? soon_ms : pairs[k].due_ms;
                pairs[k].dirty |= is_open;
                any = true;
            }
        }
    }
    if (any) {
        sync_wake_at(node, soon_ms);
    }
}

void sync_dirty_peer(struct node *node, uint64_t peer)
{
    hasten(node, peer, false);
}

void sync_lost_peer(struct node *node, uint64_t peer)
{
    hasten(node, peer, true);
}

void sync_tell_age(struct node *node)
{
    const struct sync_state *state = node->sync.state;
    uint64_t now_ms = node->env.now.mono_ms;
    uint64_t oldest_ms = now_ms;
    uint64_t missing = 0;
    for (size_t i = 0; state->pairs != NULL && i < (size_t)state->partitions * state->width; i++) {
        const struct sync_pair *pair = &state->pairs[i];
        if (pair->peer != 0) {
            oldest_ms = pair->compared_ms < oldest_ms ? pair->compared_ms : oldest_ms;
            missing += !pair->compared;
        }
    }
    node->stats.comparisons_missing = missing;
    node->stats.comparison_oldest_ms = now_ms - oldest_ms;
}
