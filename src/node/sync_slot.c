/* One slot that differs: the lists of both sides are merged page by page, and what differs is repaired. */
#include "base/error.h"
#include "node/internal.h"
#include "node/key_list.h"
#include "node/repair.h"
#include "node/sync_state.h"

static void side_begin(struct sync_side *side)
{
    if (side->list.max_bytes == 0) {
        buffer_init(&side->list, WIRE_LIST_MAX);
        buffer_init(&side->after, WIRE_KEY_MAX);
    }
    buffer_clear(&side->list, SYNC_PAGE_BYTES);
    buffer_clear(&side->after, SYNC_PAGE_BYTES);
    side->at = 0;
    side->ask_ms = 0;
    side->resumes = false;
    side->asked = false;
    side->more = true;
}

struct sync_slot *slot_begin(struct node *node, uint16_t number, uint16_t leaves)
{
    struct pool *pool = &node->sync.state->slots;
    pool_settle(pool); /* effects point to scratch memory, never into a slot */
    struct sync_slot *slot = pool_take(pool);
    if (slot != NULL) {
        slot->slot = number;
        slot->leaves = leaves;
        slot->failed = false;
        side_begin(&slot->own);
        side_begin(&slot->theirs);
    }
    return slot;
}

void slot_end(struct node *node, struct sync_slot *slot)
{
    pool_give(&node->sync.state->slots, slot);
}

void slot_free_all(struct sync_state *state)
{
    uint32_t cursor = 0;
    struct sync_slot *slot;
    while ((slot = pool_next_used(&state->slots, &cursor)) != NULL) {
        buffer_done(&slot->own.list);
        buffer_done(&slot->own.after);
        buffer_done(&slot->theirs.list);
        buffer_done(&slot->theirs.after);
    }
}

static void ask_own(struct node *node, struct sync_slot *slot)
{
    slot->watch = mend_watch(node, slot->slot);
    struct effect *effect = env_add(&node->env, EFFECT_SCAN);
    effect->scan.token = slot->pooled.id;
    effect->scan.resumes = slot->own.resumes;
    effect->scan.leaves = slot->leaves;
    effect->scan.counts = !slot->own.resumes;
    effect->scan.slot = slot->slot;
    effect->scan.after = arena_copy(&node->env.scratch, buffer_bytes(&slot->own.after));
    effect->scan.bytes_max = SYNC_PAGE_BYTES;
}

static void ask_theirs(struct node *node, struct sync_slot *slot)
{
    struct wire_list *list = &env_send(&node->env, node->sync.state->run.peer, WIRE_list)->list;
    list->request = slot->pooled.id;
    list->slot = slot->slot;
    list->leaves = slot->leaves;
    list->resumes = slot->theirs.resumes;
    list->after = arena_copy(&node->env.scratch, buffer_bytes(&slot->theirs.after));
    sync_asked(node);
}

/* Take the list in the side's buffer as its next page. */
static void take_page(struct node *node, struct sync_slot *slot, struct sync_side *side, bool more)
{
    struct bytes last = BYTES_EMPTY;
    struct bytes list = buffer_bytes(&side->list);
    const char *invalid =
        key_list_invalid(list, slot->slot, slot->leaves, side->resumes, buffer_bytes(&side->after), &last);
    if (invalid != NULL || (more && list.len == 0)) {
        node->stats.messages_refused += side == &slot->theirs;
        slot->failed = true;
        return;
    }
    side->more = more;
    if (list.len > 0) {
        side->resumes = true;
        buffer_clear(&side->after, SYNC_PAGE_BYTES);
        slot->failed |= buffer_append(&side->after, last) != 0;
    }
}

/* No page has come. */
static void take_error(struct node *node, struct sync_slot *slot, struct sync_side *side, int error)
{
    if (error == GR_EBUSY) {
        side->ask_ms = node->env.now.mono_ms + SYNC_BUSY_MS;
        sync_wake_at(node, side->ask_ms);
        return;
    }
    slot->failed = true;
}

/* Own objects that cannot be listed are read one by one as the peer names them, and repaired; but those that the peer
 * lacks stay unknown, so this is no comparison (Y3). */
static void own_unreadable(struct node *node, struct sync_slot *slot)
{
    struct sync_run *run = &node->sync.state->run;
    trees_doubt(&node->trees, slot->slot);
    slot->own.more = false;
    run->failed = true;
    run->unreadable = true;
}

static void new_page(struct sync_side *side)
{
    side->asked = false;
    side->at = 0;
    buffer_clear(&side->list, SYNC_PAGE_BYTES);
}

void sync_scanned(struct node *node, uint64_t id, int status, const struct page *page)
{
    struct sync_slot *slot = pool_find(&node->sync.state->slots, id);
    if (slot == NULL || !slot->own.asked) {
        return;
    }
    new_page(&slot->own);
    sync_heard(node);
    if (status == 0) {
        mend_check(node, slot->slot, &slot->watch, page);
        status = key_list_of_page(&slot->own.list, page);
    } else {
        node->stats.store_errors += status != GR_EBUSY;
    }
    if (status == 0) {
        take_page(node, slot, &slot->own, page->more);
    } else if (status == GR_ECORRUPT) {
        own_unreadable(node, slot);
    } else {
        take_error(node, slot, &slot->own, status);
    }
    sync_wake(node);
}

void list_ack_recv(struct node *node, uint64_t from, const struct wire_list_ack *message)
{
    struct sync_state *state = node->sync.state;
    struct sync_slot *slot = pool_find(&state->slots, message->request);
    if (slot == NULL || from != state->run.peer || !slot->theirs.asked) {
        return;
    }
    new_page(&slot->theirs);
    sync_heard(node);
    int error = message->error == 0 ? buffer_append(&slot->theirs.list, message->items) : -(int)message->error;
    if (error == 0) {
        take_page(node, slot, &slot->theirs, message->more);
    } else {
        take_error(node, slot, &slot->theirs, error);
    }
    sync_wake(node);
}

/* Is it known what comes next on a side? If not, it is asked for. `*ret_has`: something does. */
static bool look(struct node *node, struct sync_slot *slot, struct sync_side *side, struct key_item *ret, bool *ret_has)
{
    size_t at = side->at;
    *ret_has = key_list_next(buffer_bytes(&side->list), &at, ret);
    if (*ret_has) {
        return true;
    }
    if (!side->more) {
        return true;
    }
    if (!side->asked && side->ask_ms <= node->env.now.mono_ms) {
        side->asked = true;
        (side == &slot->own ? ask_own : ask_theirs)(node, slot);
    }
    return false;
}

/* What a peer claims costs no more than what fills the room. */
static uint32_t cost_of(uint32_t object_len)
{
    return object_len < SYNC_REPAIR_BYTES ? object_len : SYNC_REPAIR_BYTES;
}

/* One more, of so many bytes? Which repair ends is not told, so all count like the greatest. */
static bool has_room(struct sync_run *run, uint32_t bytes)
{
    uint32_t most = run->repairs_open > 0 && run->repair_bytes > bytes ? run->repair_bytes : bytes;
    bool fits = run->repairs_open == 0 || (uint64_t)most * (run->repairs_open + 1) <= SYNC_REPAIR_BYTES;
    if (!fits || run->repairs_open >= SYNC_REPAIRS_MAX) {
        return false;
    }
    run->repair_bytes = most;
    return true;
}

/* False: not now. */
static bool begin_repair(struct node *node, struct sync_slot *slot, struct bytes key, uint32_t bytes)
{
    struct sync_run *run = &node->sync.state->run;
    uint64_t now_ms = node->env.now.mono_ms;
    if (!has_room(run, bytes)) {
        return false; /* sync_repaired wakes */
    }
    if (!pace_take(&node->pace, now_ms, 1 + bytes / SYNC_PACE_BYTES)) {
        sync_wake_at(node, pace_next(&node->pace, now_ms));
        return false;
    }
    run->repairs_open++;
    int error = repair_key(node, slot->slot, key, run->peer);
    if (error != 0) {
        run->repairs_open--;
        slot->failed |= error != GR_EBUSY;
        sync_wake_at(node, now_ms + SYNC_BUSY_MS);
    }
    return error == 0;
}

static void pass(struct sync_side *side)
{
    struct key_item item;
    (void)key_list_next(buffer_bytes(&side->list), &side->at, &item);
}

enum sync_progress slot_go_on(struct node *node, struct sync_slot *slot)
{
    while (!slot->failed) {
        struct key_item own;
        struct key_item theirs;
        bool has_own;
        bool has_theirs;
        bool knows_own = look(node, slot, &slot->own, &own, &has_own);
        bool knows_theirs = look(node, slot, &slot->theirs, &theirs, &has_theirs);
        if (!knows_own || !knows_theirs) {
            return SLOT_WAITS;
        }
        if (!has_own && !has_theirs) {
            return SLOT_DONE;
        }
        int order = !has_own ? 1 : !has_theirs ? -1 : bytes_compare(own.key, theirs.key);
        bool equal = order == 0 && own.digest == theirs.digest;
        uint32_t bytes = (order <= 0 ? cost_of(own.object_len) : 0) + (order >= 0 ? cost_of(theirs.object_len) : 0);
        if (!equal && !begin_repair(node, slot, order <= 0 ? own.key : theirs.key, bytes)) {
            return slot->failed ? SLOT_FAILED : SLOT_WAITS;
        }
        if (order <= 0) {
            pass(&slot->own);
        }
        if (order >= 0) {
            pass(&slot->theirs);
        }
    }
    return SLOT_FAILED;
}
