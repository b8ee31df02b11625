#include "node/scrub.h"

#include "base/error.h"
#include "node/internal.h"
#include "node/key_list.h"
#include "node/repair.h"

#define SCRUB_PAGE_BYTES (256u << 10)
#define SCRUB_BUSY_MS 50u /* before a full pool or queue is asked again */

static void fire(struct node *node, struct timer *timer);

void scrub_init(struct scrub *scrub)
{
    *scrub = (struct scrub){.phase = SCRUB_RESTS};
    buffer_init(&scrub->after, WIRE_KEY_MAX);
    buffer_init(&scrub->bad, SCRUB_PAGE_BYTES + WIRE_KEY_MAX); /* a page's items take more than their keys' list */
}

void scrub_done(struct scrub *scrub)
{
    buffer_done(&scrub->after);
    buffer_done(&scrub->bad);
}

static void wake(struct node *node, uint64_t after_ms)
{
    timer_set(&node->timers, &node->scrub.timer, node->env.now.mono_ms + after_ms, fire);
}

static void enter(struct node *node, enum scrub_phase phase)
{
    struct scrub *scrub = &node->scrub;
    scrub->phase = phase;
    scrub->slot = 0;
    scrub->owner = 0;
    scrub->resumes = false;
    scrub->more = true;
    buffer_clear(&scrub->after, WIRE_KEY_MAX);
    node->stats.scrub_running = phase != SCRUB_RESTS;
}

/* INFO and `gramme node scrub --wait` tell of one scrub, not of all there were. */
static void count_anew(struct node_stats *stats)
{
    stats->objects_scrubbed = 0;
    stats->scrub_damaged = 0;
    stats->scrub_repairs = 0;
    stats->scrub_slots_unread = 0;
}

void scrub_request(struct node *node, const struct origin *origin)
{
    struct reply reply = {.final = true, .applied = node->scrub.phase == SCRUB_RESTS};
    if (reply.applied) {
        count_anew(&node->stats);
        enter(node, SCRUB_OBJECTS);
        wake(node, 0);
    }
    origin_reply(node, origin, &reply);
}

static void next_slot(struct scrub *scrub)
{
    scrub->slot++;
    scrub->resumes = false;
    scrub->more = true;
    buffer_clear(&scrub->after, WIRE_KEY_MAX);
}

static void ask(struct node *node)
{
    struct scrub *scrub = &node->scrub;
    scrub->scan = pool_token(POOL_SCRUB, ++scrub->sequence);
    scrub->watch = mend_watch(node, (uint16_t)scrub->slot);
    struct effect *effect = env_add(&node->env, EFFECT_SCAN);
    effect->scan.token = scrub->scan;
    effect->scan.hints = scrub->phase == SCRUB_HINTS;
    effect->scan.resumes = scrub->resumes;
    effect->scan.values = true;
    effect->scan.counts = scrub->phase == SCRUB_OBJECTS && !scrub->resumes;
    effect->scan.leaves = UINT16_MAX;
    effect->scan.owner = scrub->owner;
    effect->scan.slot = (uint16_t)scrub->slot;
    effect->scan.after = arena_copy(&node->env.scratch, buffer_bytes(&scrub->after));
    effect->scan.bytes_max = SCRUB_PAGE_BYTES;
}

static bool is_sound(struct node *node, const struct page_item *item)
{
    struct object decoded;
    return object_decode(item->value, item->key, &node->env.scratch, &decoded) == 0;
}

static void check_item(struct node *node, const struct page_item *item)
{
    struct scrub *scrub = &node->scrub;
    scrub->unpaid++;
    node->stats.objects_scrubbed++;
    if (is_sound(node, item)) {
        return;
    }
    node->stats.objects_corrupt++;
    node->stats.scrub_damaged++;
    if (scrub->phase == SCRUB_OBJECTS) {
        struct key_item bad = {.key = item->key};
        (void)key_list_add(&scrub->bad, &bad); /* without memory for it, the next scrub repairs it */
    }
}

static void check_page(struct node *node, const struct page *page)
{
    struct scrub *scrub = &node->scrub;
    struct reader r = reader_of(buffer_bytes(&page->items));
    struct page_item item;
    bool any = false;
    while (page_next(&r, &item)) {
        check_item(node, &item);
        buffer_clear(&scrub->after, WIRE_KEY_MAX);
        scrub->resumes = buffer_append(&scrub->after, item.key) == 0;
        scrub->owner = item.owner;
        any = true;
        if (scrub->phase == SCRUB_HINTS) {
            scrub->slot = ring_slot(item.key);
        }
    }
    scrub->more = page->more && any && scrub->resumes;
}

/* C2 */
static void leave_slot(struct node *node, int status)
{
    struct scrub *scrub = &node->scrub;
    node->stats.store_errors++;
    node->stats.scrub_slots_unread++;
    if (status == GR_ECORRUPT || status == GR_EIO) {
        node->stats.objects_corrupt += !scrub->left;
        scrub->left = true;
    }
    scrub->more = false;
    if (scrub->phase == SCRUB_OBJECTS) {
        trees_doubt(&node->trees, (uint16_t)scrub->slot);
        sync_dirty(node, ring_partition((uint16_t)scrub->slot, node->membership.partitions));
    }
}

void scrub_scanned(struct node *node, uint64_t id, int status, const struct page *page)
{
    struct scrub *scrub = &node->scrub;
    if (scrub->scan != id) {
        return;
    }
    scrub->scan = 0;
    if (status == GR_EBUSY) {
        wake(node, SCRUB_BUSY_MS);
        return;
    }
    if (status != 0) {
        leave_slot(node, status);
    } else {
        scrub->left = false;
        mend_check(node, (uint16_t)scrub->slot, &scrub->watch, page);
        check_page(node, page);
    }
    wake(node, 0);
}

/* False: not now. */
static bool repair_one(struct node *node, struct bytes key)
{
    uint16_t slot = ring_slot(key);
    int status = node_owns(node, slot) ? repair_key(node, slot, key, 0) : GR_ENOENT;
    node->stats.scrub_repairs += status == 0 && placement_replicas(node->membership.placement) > 1;
    return status != GR_EBUSY;
}

/* C1. False: not now. */
static bool repair_bad(struct node *node)
{
    struct scrub *scrub = &node->scrub;
    struct key_item item;
    size_t at = scrub->bad_at;
    while (key_list_next(buffer_bytes(&scrub->bad), &at, &item)) {
        if (!repair_one(node, item.key)) {
            wake(node, SCRUB_BUSY_MS);
            return false;
        }
        scrub->bad_at = at;
    }
    buffer_clear(&scrub->bad, 0);
    scrub->bad_at = 0;
    return true;
}

/* For what has been read. False: not now. */
static bool pay(struct node *node)
{
    struct scrub *scrub = &node->scrub;
    uint64_t now_ms = node->env.now.mono_ms;
    while (scrub->unpaid > 0) {
        if (!pace_take(&node->pace, now_ms, 1)) {
            timer_set(&node->timers, &scrub->timer, pace_next(&node->pace, now_ms), fire);
            return false;
        }
        scrub->unpaid--;
    }
    return true;
}

/* Go to where there is something to read. */
static void find_work(struct node *node)
{
    struct scrub *scrub = &node->scrub;
    if (scrub->phase == SCRUB_OBJECTS && !scrub->more) {
        next_slot(scrub);
    }
    while (scrub->phase == SCRUB_OBJECTS && scrub->slot < RING_SLOTS && !node_owns(node, (uint16_t)scrub->slot)) {
        next_slot(scrub);
    }
    if (scrub->phase == SCRUB_OBJECTS && scrub->slot >= RING_SLOTS) {
        enter(node, SCRUB_HINTS);
    } else if (scrub->phase == SCRUB_HINTS && !scrub->more) {
        node->stats.scrubs_ended++;
        enter(node, SCRUB_RESTS);
    }
}

static void fire(struct node *node, struct timer *timer)
{
    (void)timer;
    if (node->scrub.scan != 0 || !repair_bad(node) || !pay(node)) {
        return;
    }
    find_work(node);
    if (node->scrub.phase != SCRUB_RESTS) {
        ask(node);
    }
}
