/* Finding tombstones: the slots of the partitions that this node owns first, one after another (reap.h P5).
 *
 * A scan gives keys, digests and lengths, but not the objects, which may be big. An encoded tombstone is short and of
 * few lengths, so only what has one of these is looked at, in its lane: that is what is newest, not what was scanned.
 */
#include "base/container.h"
#include "base/error.h"
#include "node/internal.h"
#include "node/reap_state.h"
#include "version/object.h"

#define TOMBSTONE_BYTES 18u /* without its dots (version/object.h) */
#define DOT_BYTES 16u

static void fire(struct node *node, struct timer *timer);
static void scan(struct node *node);

uint64_t reap_after(const struct node *node)
{
    uint64_t after = node->config.reap_after_ms;
    uint64_t least = (uint64_t)REAP_TIMEOUTS * node->config.request_timeout_ms;
    return after > least ? after : least;
}

static uint64_t pass_ms(const struct node *node)
{
    uint64_t after = reap_after(node);
    uint64_t period = after + after / 4; /* so that a slot's next visit is later than REAP_AFTER */
    return period > REAP_PASS_MIN_MS ? period : REAP_PASS_MIN_MS;
}

static void wake_at(struct node *node, uint64_t at_ms)
{
    timer_set(&node->timers, &node->reap.timer, at_ms, fire);
}

/* The partition's sweep is this node's, and may be now. */
static bool may_sweep(const struct node *node, uint16_t partition)
{
    const uint64_t *owners = placement_owners(node->membership.placement, partition);
    return owners[0] == node->config.node && !hints_touch(node, partition) && !fill_is_filling(node, partition);
}

static bool is_empty(const struct node *node, uint16_t slot)
{
    const uint64_t *leaves = trees_slot(&node->trees, slot);
    for (unsigned i = 0; i < LEAVES; i++) {
        if (leaves[i] != 0) {
            return false;
        }
    }
    return !trees_is_doubtful(&node->trees, slot);
}

static bool wants_sweep(const struct node *node, uint16_t slot)
{
    return node->reap.state->clean[slot] != node->trees.touched[slot] + 1 && !is_empty(node, slot) &&
           may_sweep(node, ring_partition(slot, node->membership.partitions));
}

static uint32_t next_slot(const struct node *node, uint32_t slot)
{
    slot = trees_next_used(&node->trees, slot);
    while (slot < RING_SLOTS && !wants_sweep(node, (uint16_t)slot)) {
        slot = trees_next_used(&node->trees, slot + 1);
    }
    return slot;
}

/* Scattered, so that the nodes of a ring do not sweep all at once after a restart. */
void reap_start(struct node *node)
{
    struct reap_state *state = node->reap.state;
    pool_scatter_ids(&state->tombstones, rng_next(&node->rng));
    state->links = rng_next(&node->rng);
    state->request = rng_next(&node->rng);
    if (node->config.reap_after_ms > 0) {
        state->slot = RING_SLOTS; /* no pass yet */
        state->pass_began_ms = node->env.now.mono_ms;
        wake_at(node, state->pass_began_ms + rng_below(&node->rng, pass_ms(node)));
    }
}

static void begin_pass(struct node *node)
{
    struct reap_state *state = node->reap.state;
    uint64_t slots = 0;
    for (uint32_t slot = next_slot(node, 0); slot < RING_SLOTS; slot = next_slot(node, slot + 1)) {
        slots++;
    }
    uint64_t pause_ms = pass_ms(node) / (slots + 1);
    state->pause_ms = (uint32_t)(pause_ms < REAP_PAUSE_MAX_MS ? pause_ms : REAP_PAUSE_MAX_MS);
    state->pass_began_ms = node->env.now.mono_ms;
    state->slot = 0;
}

static void begin_slot(struct node *node)
{
    struct reap_state *state = node->reap.state;
    uint64_t now = node->env.now.mono_ms;
    state->slot = next_slot(node, state->slot);
    if (state->slot == RING_SLOTS) {
        uint64_t next = state->pass_began_ms + pass_ms(node);
        wake_at(node, next > now ? next : now + 1);
        return;
    }
    state->resumes = false;
    state->touched = node->trees.touched[state->slot];
    state->found = reap_is_busy(node, (uint16_t)state->slot); /* a store under way may not be in the scan */
    scan(node);
}

static bool may_go_on(const struct node *node)
{
    return reap_hears_all(node) || (CANARY(node, CANARY_REAP_UNASKED) && node->membership.placement != NULL);
}

/* When the owners and this node have room for one more batch (P6). */
static uint64_t room_at(struct node *node)
{
    struct reap_state *state = node->reap.state;
    uint64_t now = node->env.now.mono_ms;
    if (now >= state->second_ms + 1000) {
        state->second_ms = now;
        state->ordered = 0;
    }
    if (state->ordered + REAP_BATCH > REAP_RATE) {
        return state->second_ms + 1000;
    }
    return reap_own_items(state) + REAP_BATCH > REAP_ITEMS ? now + REAP_PAUSE_MAX_MS : now;
}

/* The end of a rest: the next page, the next slot, or the next pass. */
static void rested(struct node *node)
{
    struct reap_state *state = node->reap.state;
    uint64_t now = node->env.now.mono_ms;
    if (!may_go_on(node)) {
        state->slot = RING_SLOTS;
        state->resumes = false;
        wake_at(node, now + pass_ms(node) / 4);
    } else if (room_at(node) > now) {
        wake_at(node, room_at(node));
    } else if (!pace_take(&node->pace, now, 1 + state->owed)) {
        wake_at(node, pace_next(&node->pace, now));
    } else if (state->resumes && may_sweep(node, ring_partition((uint16_t)state->slot, node->membership.partitions))) {
        scan(node);
    } else if (state->resumes) { /* no more this node's */
        state->resumes = false;
        state->slot++;
        begin_slot(node);
    } else {
        if (state->slot == RING_SLOTS) {
            begin_pass(node);
        }
        begin_slot(node);
    }
}

static void scan(struct node *node)
{
    struct reap_state *state = node->reap.state;
    state->phase = REAP_SCANNING;
    state->owed = 0;
    state->scan = pool_token(POOL_REAP, ++state->scans);
    struct effect *effect = env_add(&node->env, EFFECT_SCAN);
    effect->scan.token = state->scan;
    effect->scan.resumes = state->resumes;
    effect->scan.leaves = UINT16_MAX;
    effect->scan.slot = (uint16_t)state->slot;
    effect->scan.after = state->resumes ? buffer_bytes(&state->after) : BYTES_EMPTY;
    effect->scan.bytes_max = REAP_PAGE_BYTES;
}

static bool may_be_tombstone(const struct page_item *item)
{
    uint32_t len = item->value_len;
    return len > TOMBSTONE_BYTES && len <= TOMBSTONE_BYTES + CONTEXT_MAX * DOT_BYTES &&
           (len - TOMBSTONE_BYTES) % DOT_BYTES == 0;
}

/* Errors: GR_EBUSY, GR_ENOMEM. */
static int take_item(struct node *node, struct bytes key)
{
    struct reap_state *state = node->reap.state;
    struct tombstone *tombstone = reap_take(node, (uint16_t)state->slot, key);
    if (tombstone == NULL) {
        return GR_EBUSY;
    }
    state->batch[state->batch_count++] = tombstone;
    return 0;
}

static int remember_place(struct reap_state *state, struct bytes key)
{
    buffer_clear(&state->after, REAP_PAGE_BYTES);
    return buffer_append(&state->after, key);
}

/* The owners that are asked answer clients from the same places: a batch leaves them most. */
static unsigned batch_max(const struct node *node)
{
    uint32_t share = node->config.requests_max / 4;
    return share < REAP_BATCH ? share + (share == 0) : REAP_BATCH;
}

/* Fill the batch from the page. Errors: GR_EBUSY, GR_ENOMEM, GR_ETOOBIG, GR_ECORRUPT. */
static int take_batch(struct node *node, const struct page *page)
{
    struct reap_state *state = node->reap.state;
    struct reader r = reader_of(buffer_bytes(&page->items));
    struct page_item item;
    int error = page->more && page->items.len == 0 ? GR_ECORRUPT : 0;
    state->more = page->more;
    while (error == 0 && page_next(&r, &item)) {
        bool wanted = may_be_tombstone(&item);
        if (wanted && state->batch_count == batch_max(node)) {
            state->more = true;
            return 0;
        }
        error = ring_slot(item.key) != state->slot ? GR_ECORRUPT : 0;
        error = error == 0 && wanted ? take_item(node, item.key) : error;
        error = error == 0 ? remember_place(state, item.key) : error;
    }
    return error;
}

/* In its lane: is it a tombstone, and is it time to ask about it? */
static void look(struct node *node, struct lane_visitor *visitor, struct lane *lane, int status)
{
    struct tombstone *tombstone = CONTAINER_OF(visitor, struct tombstone, visitor);
    struct reap_state *state = node->reap.state;
    struct bytes object = status == 0 ? lane_object(lane) : BYTES_EMPTY;
    int found = reap_is_tombstone(node, blob_bytes(tombstone->key), object, &tombstone->hlc);
    bool is_moving = status == 0 && lane_stores(lane) > 0; /* a store that fails would leave what was there before */
    tombstone->digest = object_digest(object);
    tombstone->dropped = found <= 0 || is_moving || !reap_may_ask(node, tombstone->digest);
    state->found = state->found || found != 0 || is_moving || status != 0;
    if (--state->waiting == 0) {
        wake_at(node, node->env.now.mono_ms); /* a visitor may not enter another lane, and what follows may */
    }
}

static void look_at_batch(struct node *node)
{
    struct reap_state *state = node->reap.state;
    state->phase = REAP_LOOKING;
    state->waiting = state->batch_count;
    state->owed = state->batch_count;
    for (unsigned i = 0; i < state->batch_count; i++) {
        struct tombstone *tombstone = state->batch[i];
        tombstone->visitor = (struct lane_visitor){.visit = look};
        if (lane_enter(node, 0, tombstone->slot, blob_bytes(tombstone->key), &tombstone->visitor) != 0) {
            tombstone->dropped = true;
            state->found = true;
            state->waiting--;
        }
    }
    if (state->waiting == 0) {
        wake_at(node, node->env.now.mono_ms);
    }
}

void reap_scanned(struct node *node, uint64_t id, int status, const struct page *page)
{
    struct reap_state *state = node->reap.state;
    if (id != state->scan) {
        return;
    }
    state->scan = 0;
    status = status == 0 ? take_batch(node, page) : status;
    if (status != 0) {
        reap_go_on(node, false);
    } else if (state->batch_count == 0) {
        reap_go_on(node, true);
    } else {
        look_at_batch(node);
    }
}

void reap_sift_batch(struct node *node)
{
    struct reap_state *state = node->reap.state;
    unsigned left = 0;
    for (unsigned i = 0; i < state->batch_count; i++) {
        if (state->batch[i]->dropped) {
            reap_give(node, state->batch[i]);
        } else {
            state->batch[left++] = state->batch[i];
        }
    }
    state->batch_count = left;
}

static void looked(struct node *node)
{
    reap_sift_batch(node);
    if (node->reap.state->batch_count == 0) {
        reap_go_on(node, true);
        return;
    }
    wake_at(node, node->env.now.mono_ms + REAP_ANSWER_MS);
    reap_prove(node);
}

static void fire(struct node *node, struct timer *timer)
{
    struct reap_state *state = node->reap.state;
    (void)timer;
    switch (state->phase) {
    case REAP_RESTING:
        rested(node);
        break;
    case REAP_SCANNING:
        break; /* the store answers */
    case REAP_LOOKING:
        looked(node);
        break;
    case REAP_OWNERS:
    case REAP_MEMBERS:
        reap_prove_late(node);
        break;
    }
}

void reap_drop_batch(struct node *node)
{
    struct reap_state *state = node->reap.state;
    for (unsigned i = 0; i < state->batch_count; i++) {
        lane_withdraw(&state->batch[i]->visitor);
        reap_give(node, state->batch[i]);
    }
    state->batch_count = 0;
    state->waiting = 0;
    state->scan = 0;
}

void reap_go_on(struct node *node, bool well)
{
    struct reap_state *state = node->reap.state;
    uint64_t now = node->env.now.mono_ms;
    reap_drop_batch(node);
    state->phase = REAP_RESTING;
    if (well && state->more) {
        state->resumes = true;
        wake_at(node, now + 1);
        return;
    }
    if (well && !state->found) {
        state->clean[state->slot] = state->touched + 1;
    }
    state->resumes = false;
    state->slot += state->slot < RING_SLOTS;
    bool late = now >= state->pass_began_ms + pass_ms(node);
    wake_at(node, now + (late ? 1 : state->pause_ms + 1));
}
