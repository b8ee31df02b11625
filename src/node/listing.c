/* Reading the list of a slot: for a co-owner that compares, or for nobody, so that its leaves are counted. Either way
 * the leaves are verified (Y4). */
#include "base/error.h"
#include "node/internal.h"
#include "node/key_list.h"
#include "node/sync_state.h"

#define DOUBTS_PERIOD_MS 100u         /* one doubtful slot is counted each time */
#define DOUBTS_RETRY_MS SYNC_RETRY_MS /* where that has failed */

static struct listing *take(struct node *node, uint16_t slot)
{
    struct pool *pool = &node->sync.state->listings;
    pool_settle(pool); /* effects never point into a listing */
    struct listing *listing = pool_take(pool);
    if (listing != NULL) {
        listing->from = 0;
        listing->slot = slot;
        listing->watch = mend_watch(node, slot);
    }
    return listing;
}

static struct effect *scan(struct node *node, const struct listing *listing, bool resumes)
{
    struct effect *effect = env_add(&node->env, EFFECT_SCAN);
    effect->scan.token = listing->pooled.id;
    effect->scan.slot = listing->slot;
    effect->scan.resumes = resumes;
    effect->scan.counts = !resumes; /* once for all of the list's pages */
    effect->scan.bytes_max = SYNC_PAGE_BYTES;
    return effect;
}

static void answer(struct node *node, uint64_t to, uint64_t request, int error, struct bytes items, bool more)
{
    struct wire_list_ack *ack = &env_send(&node->env, to, WIRE_list_ack)->list_ack;
    ack->request = request;
    ack->error = (uint16_t)-error;
    ack->more = more;
    ack->items = items;
}

void list_recv(struct node *node, uint64_t from, const struct wire_list *message)
{
    uint32_t partitions = node->membership.partitions;
    if (due_pair(node, ring_partition(message->slot, partitions), from) == NULL) {
        answer(node, from, message->request, GR_ENOTOWNER, BYTES_EMPTY, false);
        return;
    }
    struct listing *listing = take(node, message->slot);
    if (listing == NULL) {
        answer(node, from, message->request, GR_EBUSY, BYTES_EMPTY, false);
        return;
    }
    listing->from = from;
    listing->request = message->request;
    struct effect *effect = scan(node, listing, message->resumes);
    effect->scan.leaves = message->leaves;
    effect->scan.after = arena_copy(&node->env.scratch, message->after);
}

/* The items of the page as they go into a message; from scratch memory. */
static int make_items(struct node *node, const struct page *page, struct bytes *ret)
{
    struct buffer list;
    buffer_init(&list, WIRE_LIST_MAX);
    int error = key_list_of_page(&list, page);
    struct bytes copy = error == 0 ? arena_copy(&node->env.scratch, buffer_bytes(&list)) : BYTES_EMPTY;
    error = error == 0 && copy.data == NULL && list.len > 0 ? GR_ENOMEM : error;
    buffer_done(&list);
    *ret = copy;
    return error;
}

static void count_again_later(struct node *node, uint16_t slot, int status)
{
    struct sync_state *state = node->sync.state;
    node->stats.store_errors += status != GR_EBUSY;
    if (status == GR_ECORRUPT && !trees_is_doubtful(&node->trees, slot)) {
        trees_doubt(&node->trees, slot); /* its keys are repaired one by one: sync_slot.c */
        sync_dirty(node, ring_partition(slot, node->membership.partitions));
    }
    state->doubt_next_ms = node->env.now.mono_ms + DOUBTS_RETRY_MS;
}

void listing_scanned(struct node *node, uint64_t id, int status, const struct page *page)
{
    struct sync_state *state = node->sync.state;
    struct listing *listing = pool_find(&state->listings, id);
    if (listing == NULL) {
        return;
    }
    struct bytes items = BYTES_EMPTY;
    if (status == 0) {
        mend_check(node, listing->slot, &listing->watch, page);
        status = make_items(node, page, &items);
    } else {
        count_again_later(node, listing->slot, status);
    }
    if (listing->from != 0) {
        answer(node, listing->from, listing->request, status, items, status == 0 && page->more);
    }
    pool_give(&state->listings, listing);
}

void listing_check_doubts(struct node *node)
{
    struct sync_state *state = node->sync.state;
    uint64_t now_ms = node->env.now.mono_ms;
    uint32_t slot = trees_next_doubt(&node->trees, state->doubt_cursor);
    if (slot == LEAF_SLOTS) {
        return;
    }
    if (state->doubt_next_ms <= now_ms && pace_take(&node->pace, now_ms, 1)) {
        struct listing *listing = take(node, (uint16_t)slot);
        if (listing != NULL) {
            state->doubt_cursor = slot;
            scan(node, listing, false); /* of no leaf: for the counts */
        }
        state->doubt_next_ms = now_ms + DOUBTS_PERIOD_MS;
    }
    sync_wake_at(node, state->doubt_next_ms > now_ms ? state->doubt_next_ms : now_ms + SYNC_BUSY_MS);
}
