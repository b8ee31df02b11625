/* The comparison under way: roots, leaves, then the slots that differ. */
#include "node/sync.h"

#include <stdlib.h>

#include "base/container.h"
#include "base/error.h"
#include "node/internal.h"
#include "node/sync_state.h"

static void fire(struct node *node, struct timer *timer);
static void examine_next(struct node *node);

int sync_init(struct sync *sync)
{
    struct sync_state *state = calloc(1, sizeof *state);
    sync->state = state;
    if (state == NULL) {
        return GR_ENOMEM;
    }
    int error = pool_init(&state->slots, POOL_SYNC, sizeof(struct sync_slot), SYNC_SLOTS_MAX);
    return error != 0 ? error : pool_init(&state->listings, POOL_LISTING, sizeof(struct listing), SYNC_LISTINGS_MAX);
}

void sync_done(struct sync *sync)
{
    struct sync_state *state = sync->state;
    if (state != NULL) {
        slot_free_all(state);
        pool_done(&state->slots);
        pool_done(&state->listings);
        free(state->pairs);
        free(state);
    }
}

void sync_wake_at(struct node *node, uint64_t at_ms)
{
    struct timer *timer = &node->sync.timer;
    if (timer->place == 0 || timer->at_ms > at_ms) {
        timer_set(&node->timers, timer, at_ms, fire);
    }
}

void sync_wake(struct node *node)
{
    sync_wake_at(node, node->env.now.mono_ms);
}

void sync_start(struct node *node)
{
    struct sync_state *state = node->sync.state;
    pool_scatter_ids(&state->slots, rng_next(&node->rng));
    state->numbers = rng_next(&node->rng);
    state->salvaged = node->config.salvaged;
    sync_placement_changed(node);
}

/* As soon as it is known what this node owns, whether there is memory for the pairs or not: before any read of it could
 * count as one. */
static void begin_salvage(struct node *node)
{
    struct sync_state *state = node->sync.state;
    if (state->salvaged && node->membership.placement != NULL) {
        state->salvaged = false;
        fill_start_all(node, true);
    }
}

void sync_placement_changed(struct node *node)
{
    begin_salvage(node);
    (void)due_refresh(node);
    sync_wake(node);
}

/* The pair of a partition and the peer of the comparison, if it takes part in it. */
static struct sync_pair *active_pair(struct node *node, uint32_t partition)
{
    struct sync_pair *pair = due_pair(node, partition, node->sync.state->run.peer);
    return pair == NULL || pair->state == PAIR_RESTS ? NULL : pair;
}

/* The comparison is over; what it has not completed is due again. */
static void leave(struct node *node, uint64_t pause_ms)
{
    struct sync_state *state = node->sync.state;
    struct sync_run *run = &state->run;
    for (uint32_t i = 0; i < state->partitions; i++) {
        struct sync_pair *pair = active_pair(node, i);
        if (pair != NULL) {
            pair->hasty |= run->settled && pair->state == PAIR_DIFFERS;
            due_again(node, pair, pause_ms);
        }
    }
    uint32_t cursor = 0;
    struct sync_slot *slot;
    while ((slot = pool_next(&state->slots, &cursor)) != NULL) {
        slot_end(node, slot);
    }
    timer_stop(&node->timers, &run->patience);
    run->phase = run->repairs_open > 0 ? SYNC_STOPS : SYNC_RESTS;
    sync_wake(node);
}

static uint64_t retry_pause(struct node *node)
{
    return SYNC_RETRY_MS / 2 + rng_below(&node->rng, SYNC_RETRY_MS);
}

static void fail(struct node *node)
{
    leave(node, retry_pause(node));
}

static void lost_patience(struct node *node, struct timer *timer)
{
    (void)timer;
    fail(node);
}

void sync_heard(struct node *node)
{
    timer_set(&node->timers, &node->sync.state->run.patience, node->env.now.mono_ms + SYNC_PATIENCE_MS, lost_patience);
}

void sync_asked(struct node *node)
{
    detector_asked(node, node->sync.state->run.peer);
    sync_heard(node);
}

/* Sends the roots of all pairs that take part. */
static void ask_roots(struct node *node)
{
    struct sync_state *state = node->sync.state;
    struct sync_run *run = &state->run;
    uint8_t *raw = arena_alloc(&node->env.scratch, (size_t)state->partitions * WIRE_ROOT_BYTES);
    if (raw == NULL) {
        fail(node);
        return;
    }
    struct writer w = writer_of(raw, (size_t)state->partitions * WIRE_ROOT_BYTES);
    for (uint32_t i = 0; i < state->partitions; i++) {
        struct sync_pair *pair = active_pair(node, i);
        if (pair != NULL) {
            pair->state = PAIR_ASKED;
            writer_u16(&w, (uint16_t)i);
            writer_u64(&w, floor_root(node, (uint16_t)i));
        }
    }
    run->phase = SYNC_ROOTS;
    run->request = ++state->numbers;
    struct wire_roots *roots = &env_send(&node->env, run->peer, WIRE_roots)->roots;
    roots->request = run->request;
    roots->roots = bytes_of(raw, (size_t)(w.next - raw));
    sync_asked(node);
}

static void take_up(struct node *node)
{
    struct sync_state *state = node->sync.state;
    for (uint32_t i = 0; i < state->partitions; i++) {
        struct sync_pair *pair = due_pair(node, i, state->run.peer);
        if (pair != NULL && due_takes_part(node, pair)) {
            pair->state = PAIR_ASKED;
            pair->hasty = pair->dirty;
            pair->dirty = false;
        }
    }
}

static void begin(struct node *node)
{
    struct sync_state *state = node->sync.state;
    struct sync_run *run = &state->run;
    uint64_t next_ms;
    uint64_t peer = due_peer(node, &next_ms);
    if (peer == 0) {
        sync_wake_at(node, next_ms);
        return;
    }
    state->last_peer = peer;
    run->peer = peer;
    run->began_ms = node->env.now.mono_ms;
    run->settled = false;
    run->next_partition = 0;
    take_up(node);
    ask_roots(node);
}

static void note_differing(struct node *node, struct bytes differing)
{
    struct reader r = reader_of(differing);
    while (reader_left(&r) > 0 && !r.failed) {
        struct sync_pair *pair = active_pair(node, reader_u16(&r));
        if (pair != NULL) {
            pair->state = PAIR_DIFFERS;
        }
    }
}

/* Is there one that differs, perhaps only as a write is under way? */
static bool settle_pairs(struct node *node)
{
    bool unsettled = false;
    for (uint32_t i = 0; i < node->sync.state->partitions; i++) {
        struct sync_pair *pair = active_pair(node, i);
        if (pair == NULL) {
            continue;
        }
        bool doubtful = trees_has_doubts(&node->trees, (uint16_t)i, node->sync.state->partitions);
        if (pair->state == PAIR_ASKED && !doubtful) {
            due_compared(node, (uint16_t)i, pair, false);
            continue;
        }
        pair->state = PAIR_DIFFERS;
        unsettled |= !pair->hasty;
    }
    fill_save(node);
    return unsettled;
}

void roots_ack_recv(struct node *node, uint64_t from, const struct wire_roots_ack *message)
{
    struct sync_run *run = &node->sync.state->run;
    if (run->phase != SYNC_ROOTS || from != run->peer || message->request != run->request) {
        return;
    }
    if (!CANARY(node, CANARY_ROOTS_BLIND) && !CANARY(node, CANARY_REAP_ONE_OWNER)) {
        note_differing(node, message->differing);
    }
    if (settle_pairs(node) && !run->settled) {
        run->settled = true;
        run->phase = SYNC_PAUSES;
        run->go_on_ms = node->env.now.mono_ms + SYNC_SETTLE_MS;
        timer_stop(&node->timers, &run->patience);
        sync_wake_at(node, run->go_on_ms);
        return;
    }
    examine_next(node);
}

static void ask_leaves(struct node *node)
{
    struct sync_state *state = node->sync.state;
    struct sync_run *run = &state->run;
    run->phase = SYNC_LEAVES;
    run->failed = false;
    run->unreadable = false;
    run->next_slot = 0;
    run->request = ++state->numbers;
    struct wire_tree *tree = &env_send(&node->env, run->peer, WIRE_tree)->tree;
    tree->request = run->request;
    tree->partition = (uint16_t)run->partition;
    tree->floor = floor_of(node, tree->partition);
    sync_asked(node);
}

/* The next partition that differs, until there is none or the turn is over. */
static void examine_next(struct node *node)
{
    struct sync_state *state = node->sync.state;
    struct sync_run *run = &state->run;
    bool is_over = node->env.now.mono_ms - run->began_ms > SYNC_TURN_MS;
    while (!is_over && run->next_partition < state->partitions) {
        run->partition = run->next_partition++;
        if (active_pair(node, run->partition) != NULL) {
            ask_leaves(node);
            return;
        }
    }
    leave(node, 0);
}

static void partition_done(struct node *node)
{
    struct sync_run *run = &node->sync.state->run;
    struct sync_pair *pair = active_pair(node, run->partition);
    if (pair != NULL && run->failed) {
        due_again(node, pair, run->unreadable ? SYNC_UNREADABLE_MS : retry_pause(node));
    } else if (pair != NULL) {
        due_compared(node, (uint16_t)run->partition, pair, true);
        fill_save(node);
    }
    examine_next(node);
}

/* Slots are begun while there is room; each goes on as far as it can. */
static void examine_slots(struct node *node)
{
    struct sync_state *state = node->sync.state;
    struct sync_run *run = &state->run;
    uint32_t slots = LEAF_SLOTS / state->partitions;
    uint32_t cursor = 0;
    struct sync_slot *slot;
    for (; run->next_slot < slots; run->next_slot++) {
        uint16_t leaves = run->leaves[run->next_slot];
        if (leaves != 0 && slot_begin(node, (uint16_t)(run->partition * slots + run->next_slot), leaves) == NULL) {
            break;
        }
    }
    while ((slot = pool_next(&state->slots, &cursor)) != NULL) {
        enum sync_progress progress = slot_go_on(node, slot);
        run->failed |= progress == SLOT_FAILED;
        if (progress != SLOT_WAITS) {
            slot_end(node, slot);
            sync_wake(node); /* its place is free in the next step */
        }
    }
    if (run->next_slot == slots && pool_taken(&state->slots) == 0 && run->repairs_open == 0) {
        partition_done(node);
    }
}

void tree_ack_recv(struct node *node, uint64_t from, const struct wire_tree_ack *message)
{
    struct sync_state *state = node->sync.state;
    struct sync_run *run = &state->run;
    if (run->phase != SYNC_LEAVES || from != run->peer || message->request != run->request) {
        return;
    }
    run->phase = SYNC_KEYS;
    sync_heard(node);
    floor_raise(node, (uint16_t)run->partition, message->floor);
    if (message->error != 0 ||
        trees_compare(&node->trees, (uint16_t)run->partition, state->partitions, message->leaves, run->leaves) != 0) {
        node->stats.messages_refused += message->error == 0;
        run->failed = true;
        partition_done(node);
        return;
    }
    examine_slots(node);
}

void sync_repaired(struct node *node, int status)
{
    struct sync_run *run = &node->sync.state->run;
    if (run->repairs_open == 0) {
        return;
    }
    run->repairs_open--;
    run->failed |= status != 0;
    node->stats.keys_repaired += status == 0;
    if (run->phase == SYNC_KEYS) {
        sync_heard(node);
    }
    sync_wake(node); /* not here: the read that has done it is not over yet */
}

void sync_peer_down(struct node *node, uint64_t peer)
{
    struct sync_run *run = &node->sync.state->run;
    if (run->peer == peer && run->phase != SYNC_RESTS && run->phase != SYNC_STOPS) {
        fail(node);
    }
}

static void go_on(struct node *node)
{
    struct sync_run *run = &node->sync.state->run;
    switch (run->phase) {
    case SYNC_STOPS:
        run->phase = run->repairs_open == 0 ? SYNC_RESTS : SYNC_STOPS;
        break;
    case SYNC_PAUSES:
        if (node->env.now.mono_ms >= run->go_on_ms) {
            ask_roots(node);
        } else {
            sync_wake_at(node, run->go_on_ms);
        }
        break;
    case SYNC_KEYS:
        examine_slots(node);
        break;
    case SYNC_RESTS:
    case SYNC_ROOTS:
    case SYNC_LEAVES:
        break;
    }
    if (run->phase == SYNC_RESTS) {
        begin(node);
    }
}

static void fire(struct node *node, struct timer *timer)
{
    (void)timer;
    struct sync_state *state = node->sync.state;
    uint64_t now_ms = node->env.now.mono_ms;
    sync_wake_at(node, now_ms + SYNC_TICK_MS);
    begin_salvage(node);
    if (!due_refresh(node)) {
        return;
    }
    if (now_ms - state->told_ms >= SYNC_TICK_MS) {
        state->told_ms = now_ms;
        sync_tell_age(node);
    }
    fill_settle_hints(node);
    listing_check_doubts(node);
    go_on(node);
}
