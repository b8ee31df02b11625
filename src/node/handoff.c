#include "node/handoff.h"

#include "base/container.h"
#include "base/error.h"
#include "node/internal.h"

static void pump(struct node *node);

int handoff_init(struct handoff *handoff)
{
    *handoff = (struct handoff){.state = HANDOFF_COUNTING};
    buffer_init(&handoff->after, WIRE_KEY_MAX);
    if (buffer_reserve(&handoff->after, WIRE_KEY_MAX) == NULL) {
        return GR_ENOMEM;
    }
    handoff->window = HANDOFF_WINDOW;
    int error = pool_init(&handoff->deliveries, POOL_DELIVERY, sizeof(struct delivery), HANDOFF_WINDOW);
    return error == 0 ? pool_init(&handoff->scans, POOL_HINT_SCAN, sizeof(struct pooled), 2) : error;
}

void handoff_done(struct handoff *handoff)
{
    buffer_done(&handoff->after);
    pool_done(&handoff->scans);
}

static void fire(struct node *node, struct timer *timer)
{
    (void)timer;
    pump(node);
}

/* Look again then, unless that happens sooner anyway. */
static void look_at(struct node *node, uint64_t at_ms)
{
    struct timer *timer = &node->handoff.timer;
    if (timer->place == 0 || timer->at_ms > at_ms) {
        timer_set(&node->timers, timer, at_ms, fire);
    }
}

static void scan(struct node *node)
{
    struct handoff *handoff = &node->handoff;
    struct pooled *item = pool_take(&handoff->scans);
    if (item == NULL) {
        look_at(node, node->env.now.mono_ms + 1); /* given back in this step, free in the next */
        return;
    }
    handoff->scan_open = true;
    struct effect *effect = env_add(&node->env, EFFECT_SCAN);
    effect->scan.token = item->id;
    effect->scan.hints = true;
    effect->scan.one_owner = handoff->state == HANDOFF_PASSING;
    effect->scan.values = handoff->state == HANDOFF_PASSING;
    effect->scan.owner = handoff->owner;
    effect->scan.slot = handoff->slot;
    effect->scan.resumes = handoff->resumes;
    effect->scan.after = buffer_bytes(&handoff->after);
    effect->scan.bytes_max = HANDOFF_PAGE_BYTES;
}

static void set_place(struct handoff *handoff, uint64_t owner, struct bytes key)
{
    handoff->owner = owner;
    handoff->slot = ring_slot(key);
    handoff->resumes = true;
    buffer_clear(&handoff->after, WIRE_KEY_MAX);
    int error = buffer_append(&handoff->after, key);
    GR_ASSERT_EQ(error, 0); /* keys that were stored are no longer than that */
}

/* --- counting --- */

static void count_page(struct node *node, const struct page *page)
{
    struct reader r = reader_of(buffer_bytes(&page->items));
    struct page_item item;
    while (page_next(&r, &item)) {
        hints_counted(node, item.owner, item.value_len);
        set_place(&node->handoff, item.owner, item.key);
    }
}

static void end_counting(struct node *node)
{
    node->hints.counted = true;
    node->handoff.state = HANDOFF_RESTING;
    handoff_wake(node);
}

/* --- passing --- */

static void begin_pass(struct node *node, const struct hint_queue *queue)
{
    struct handoff *handoff = &node->handoff;
    handoff->state = HANDOFF_PASSING;
    handoff->owner = queue->owner;
    handoff->changes = queue->stores_open > 0 ? UINT64_MAX : queue->changes;
    handoff->seen = handoff->begun = 0;
    handoff->slot = 0;
    handoff->resumes = false;
    buffer_clear(&handoff->after, WIRE_KEY_MAX);
}

/* May hints for this owner go to somebody? */
static bool is_deliverable(const struct node *node, uint64_t owner)
{
    return detector_is_healthy(node, owner) || !membership_has(&node->membership, owner);
}

static uint64_t longer(uint64_t pause_ms)
{
    return 2 * pause_ms < HANDOFF_PAUSE_MAX_MS ? 2 * pause_ms : HANDOFF_PAUSE_MAX_MS;
}

static void rest(struct node *node)
{
    struct handoff *handoff = &node->handoff;
    struct hint_queue *queue = hints_queue(&node->hints, handoff->owner);
    bool moves = handoff->begun > 0 || handoff->seen == 0;
    bool again = (is_deliverable(node, handoff->owner) || hints_are_over(node)) && moves;
    handoff->state = HANDOFF_RESTING;
    if (queue != NULL) {
        queue->due_ms = node->env.now.mono_ms + (again ? queue->pause_ms : HANDOFF_AWAY_MS);
        queue->pause_ms = longer(queue->pause_ms);
    }
}

void handoff_confirmed(struct node *node, uint64_t owner)
{
    struct hint_queue *queue = hints_queue(&node->hints, owner);
    if (queue != NULL) {
        queue->pause_ms = HANDOFF_AGAIN_MS;
    }
}

/* It has gone through all there is. */
static void end_pass(struct node *node)
{
    const struct handoff *handoff = &node->handoff;
    const struct hint_queue *queue = hints_queue(&node->hints, handoff->owner);
    if (queue != NULL && handoff->seen == 0 && handoff->changes == queue->changes) {
        hints_forget(node, handoff->owner);
    }
    rest(node);
}

static bool is_old(const struct node *node, const struct object *object)
{
    uint64_t made_ms = hlc_to_ms(context_newest(&object->context).hlc);
    return node->env.now.wall_ms > made_ms && node->env.now.wall_ms - made_ms > node->config.hints_age_ms;
}

static enum delivery_to whereto(struct node *node, const struct page_item *item)
{
    struct object object;
    int error = object_decode(item->value, item->key, &node->env.scratch, &object);
    if (error != 0) {
        node->stats.objects_corrupt += error == GR_ECORRUPT;
        return error == GR_ECORRUPT ? DELIVERY_NOWHERE : DELIVERY_WAITS; /* it may be the only copy */
    }
    if (is_deliverable(node, item->owner)) {
        return DELIVERY_TO_OWNER;
    }
    return is_old(node, &object) || hints_are_over(node) ? DELIVERY_TO_OTHERS : DELIVERY_WAITS;
}

/* False: it has to wait, and the pass with it. */
static bool take_item(struct node *node, const struct page_item *item)
{
    if (!delivery_has_room(node) || !pace_take(&node->pace, node->env.now.mono_ms, 1)) {
        return false;
    }
    enum delivery_to to = whereto(node, item);
    int error = to == DELIVERY_WAITS ? GR_EAGAIN : delivery_start(node, item, to);
    node->handoff.begun += error == 0;
    return error != GR_EBUSY;
}

/* False: the pass goes on when the timer fires. */
static bool pass_page(struct node *node, const struct page *page)
{
    struct handoff *handoff = &node->handoff;
    struct reader r = reader_of(buffer_bytes(&page->items));
    struct page_item item;
    while (page_next(&r, &item)) {
        handoff->seen++;
        if (!take_item(node, &item)) {
            look_at(node, pace_next(&node->pace, node->env.now.mono_ms));
            return false;
        }
        set_place(handoff, item.owner, item.key);
    }
    if (!page->more) {
        end_pass(node);
    }
    return true;
}

/* The page may never become readable: after a while the pass begins anew, others in between (O5). */
static void scan_failed(struct node *node)
{
    bool counts = node->handoff.state == HANDOFF_COUNTING;
    node->stats.store_errors++;
    if (node->handoff.state == HANDOFF_PASSING) {
        rest(node);
    }
    look_at(node, node->env.now.mono_ms + (counts ? HANDOFF_AGAIN_MS : 0));
}

void handoff_scanned(struct node *node, uint64_t id, int status, const struct page *page)
{
    struct handoff *handoff = &node->handoff;
    void *item = pool_find(&handoff->scans, id);
    GR_ASSERT(item != NULL); /* only given back here */
    pool_give(&handoff->scans, item);
    handoff->scan_open = false;
    if (status != 0) {
        scan_failed(node);
        return;
    }
    if (handoff->state == HANDOFF_COUNTING) {
        count_page(node, page);
        if (!page->more) {
            end_counting(node);
        }
    } else if (handoff->state == HANDOFF_PASSING && !pass_page(node, page)) {
        return;
    }
    pump(node);
}

/* --- when --- */

/* The queue to pass through now; else when the next is due. */
static const struct hint_queue *next_queue(const struct node *node, uint64_t *ret_due_ms)
{
    *ret_due_ms = UINT64_MAX;
    for (uint32_t i = 0; i < node->hints.queues_count; i++) {
        const struct hint_queue *queue = &node->hints.queues[i];
        if (queue->count == 0) {
            continue;
        }
        if (queue->due_ms <= node->env.now.mono_ms) {
            return queue;
        }
        *ret_due_ms = queue->due_ms < *ret_due_ms ? queue->due_ms : *ret_due_ms;
    }
    return NULL;
}

static void pump(struct node *node)
{
    struct handoff *handoff = &node->handoff;
    if (handoff->scan_open || (handoff->state != HANDOFF_COUNTING && node->membership.placement == NULL)) {
        return;
    }
    if (handoff->state == HANDOFF_RESTING) {
        uint64_t due_ms;
        const struct hint_queue *queue = next_queue(node, &due_ms);
        if (queue == NULL) {
            if (due_ms != UINT64_MAX) {
                look_at(node, due_ms);
            }
            return;
        }
        begin_pass(node, queue);
    }
    bool has_room = 2 * pool_taken(&handoff->deliveries) <= handoff->window && delivery_has_room(node);
    if (handoff->state == HANDOFF_COUNTING || has_room) {
        scan(node);
    }
}

void handoff_start(struct node *node)
{
    pump(node);
}

void handoff_go_on(struct node *node)
{
    if (node->handoff.state == HANDOFF_PASSING && !node->handoff.scan_open && node->handoff.timer.place == 0) {
        look_at(node, node->env.now.mono_ms + 1); /* many may end in one step; they are free in the next */
    }
}

/* Where more is kept than the bound, all of them. */
static void make_due(struct node *node)
{
    for (uint32_t i = 0; i < node->hints.queues_count; i++) {
        if (hints_are_over(node) || is_deliverable(node, node->hints.queues[i].owner)) {
            node->hints.queues[i].due_ms = 0;
            node->hints.queues[i].pause_ms = HANDOFF_AGAIN_MS;
        }
    }
}

void handoff_wake(struct node *node)
{
    make_due(node);
    if (node->handoff.state == HANDOFF_PASSING && !is_deliverable(node, node->handoff.owner)) {
        rest(node); /* a page under way is for nobody */
    }
    look_at(node, node->env.now.mono_ms);
}

void handoff_expect(struct node *node, bool over)
{
    if (over) {
        make_due(node);
    }
    if (node->handoff.state == HANDOFF_RESTING) {
        look_at(node, node->env.now.mono_ms + HANDOFF_AGAIN_MS);
    }
}

void handoff_leave_off(struct node *node, uint64_t owner)
{
    if (node->handoff.state == HANDOFF_PASSING && node->handoff.owner == owner) {
        rest(node);
        look_at(node, node->env.now.mono_ms);
    }
}

void handoff_peer_down(struct node *node, uint64_t peer)
{
    delivery_peer_down(node, peer);
    handoff_leave_off(node, peer);
}
