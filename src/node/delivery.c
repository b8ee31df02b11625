#include "node/delivery.h"

#include "base/container.h"
#include "base/error.h"
#include "node/internal.h"
#include "node/parts.h"

#define DELIVERY_ARENA_BYTES 256u

static void retire(struct node *node, struct delivery *delivery)
{
    timer_stop(&node->timers, &delivery->timer);
    lane_withdraw(&delivery->visitor);
    node->handoff.bytes_open -= delivery->object->len;
    env_hold(&node->env, delivery->object);
    env_hold(&node->env, delivery->rest);
    delivery->object = delivery->rest = NULL;
    pool_give(&node->handoff.deliveries, delivery);
    handoff_go_on(node);
}

/* It was not taken, and stays: a later pass tries again (handoff.h O6). */
static void refuse(struct node *node, struct delivery *delivery)
{
    node->stats.hints_refused++;
    retire(node, delivery);
}

/* Does it go without having been with its owner? */
static bool is_dropped(const struct delivery *delivery)
{
    return delivery->to != DELIVERY_TO_OWNER;
}

/* Is it the hint that was read? One that could not be read then may not be readable now either. */
static bool is_unchanged(const struct delivery *delivery, const struct lane *lane, int status)
{
    if (status == GR_ECORRUPT) {
        return delivery->to == DELIVERY_NOWHERE;
    }
    return status == 0 && object_digest(lane_object(lane)) == delivery->digest;
}

/* It has been confirmed, or is dropped: it goes, unless a later write has been merged into it since (O1). */
static void visit(struct node *node, struct lane_visitor *visitor, struct lane *lane, int status)
{
    struct delivery *delivery = CONTAINER_OF(visitor, struct delivery, visitor);
    if (!is_unchanged(delivery, lane, status)) {
        retire(node, delivery);
        return;
    }
    delivery->lane = lane;
    node_renew_stand_in_actor(node); /* what was minted on it is not under what comes next */
    lane_store(node, lane, blob_ref(delivery->rest), 0, delivery->pooled.id);
}

static void begin_removal(struct node *node, struct delivery *delivery)
{
    timer_stop(&node->timers, &delivery->timer);
    if (lane_enter(node, delivery->owner, delivery->slot, delivery->key, &delivery->visitor) != 0) {
        retire(node, delivery); /* the next pass confirms it again */
    }
}

void delivery_stored(struct node *node, uint64_t id, int status)
{
    struct delivery *delivery = pool_find(&node->handoff.deliveries, id);
    GR_ASSERT(delivery != NULL); /* not given back while its store is open */
    node->stats.store_errors += status != 0;
    lane_stored(node, delivery->lane, status);
    if (status == 0 && delivery->rest == NULL) {
        hints_removed(node, delivery->owner, delivery->object->len);
        node->stats.hints_delivered += !is_dropped(delivery);
        if (is_dropped(delivery)) {
            hint_dropped(node, delivery->slot);
        }
    }
    retire(node, delivery);
}

static void timed_out(struct node *node, struct timer *timer)
{
    struct delivery *delivery = CONTAINER_OF(timer, struct delivery, timer);
    handoff_leave_off(node, delivery->owner);
    refuse(node, delivery);
}

/* The owner it is kept for; to the others (O4), or when that is an owner no more (O3), all there are besides, but for
 * this node: what it keeps for a co-owner is in its own copy already. Returns how many. */
static unsigned choose_targets(const struct node *node, const struct page_item *item, enum delivery_to to,
                               uint64_t ret[RING_REPLICAS_MAX])
{
    const struct placement *placement = node->membership.placement;
    uint16_t partition = ring_partition(ring_slot(item->key), node->membership.partitions);
    const uint64_t *owners = placement_owners(placement, partition);
    unsigned owners_count = placement_replicas(placement);
    unsigned count = 0;
    if (to == DELIVERY_TO_OWNER && placement_owner_place(placement, partition, item->owner) >= 0) {
        ret[0] = item->owner;
        return 1;
    }
    for (unsigned i = 0; i < owners_count; i++) {
        if (owners[i] != item->owner && owners[i] != node->config.node) {
            ret[count++] = owners[i];
        }
    }
    return count;
}

/* Do all answer who have to confirm it? Before an old one may go, as many owners as a write needs must have it (O4). */
static bool may_go(const struct node *node, const struct page_item *item, enum delivery_to to,
                   const uint64_t targets[RING_REPLICAS_MAX], unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!detector_is_healthy(node, targets[i])) {
            return false;
        }
    }
    unsigned copies = node_owns(node, ring_slot(item->key)) + count;
    return count > 0 && (to == DELIVERY_TO_OWNER || copies >= node->config.w);
}

/* All of it, or of one that is too big the first part: the rest goes when that has been confirmed. Errors: those of
 * parts_split. */
static int send(struct node *node, struct delivery *delivery)
{
    struct blob *first;
    int error = parts_split(node, delivery->key, delivery->object, &first, &delivery->rest);
    if (error != 0) {
        return error;
    }
    bool is_doubtful = fill_doubts_hints(node);
    for (unsigned i = 0; i < delivery->targets_count; i++) {
        parts_put(node, delivery->targets[i], delivery->pooled.id, delivery->key, first, is_doubtful);
        detector_asked(node, delivery->targets[i]);
    }
    env_hold(&node->env, first);
    uint64_t patience_ms = DELIVERY_TIMEOUT_MS + delivery->object->len / DELIVERY_BYTES_A_MS;
    timer_set(&node->timers, &delivery->timer, node->env.now.mono_ms + patience_ms, timed_out);
    return 0;
}

bool delivery_has_room(const struct node *node)
{
    const struct handoff *handoff = &node->handoff;
    return pool_taken(&handoff->deliveries) < handoff->window && handoff->bytes_open < HANDOFF_BYTES;
}

static struct delivery *take(struct node *node, const struct page_item *item)
{
    struct delivery *delivery = pool_take(&node->handoff.deliveries);
    if (delivery == NULL) {
        return NULL;
    }
    struct pooled pooled = delivery->pooled;
    struct arena arena = delivery->arena;
    *delivery = (struct delivery){.pooled = pooled, .arena = arena, .visitor = {.visit = visit}};
    if (arena.block_bytes == 0) {
        arena_init(&delivery->arena, DELIVERY_ARENA_BYTES);
    }
    arena_clear(&delivery->arena);
    delivery->key = arena_copy(&delivery->arena, item->key);
    delivery->object = blob_copy(item->value);
    if (delivery->key.data == NULL || delivery->object == NULL) {
        blob_unref(delivery->object);
        delivery->object = NULL;
        pool_give(&node->handoff.deliveries, delivery);
        return NULL;
    }
    node->handoff.bytes_open += delivery->object->len;
    return delivery;
}

int delivery_start(struct node *node, const struct page_item *item, enum delivery_to to)
{
    uint64_t targets[RING_REPLICAS_MAX];
    unsigned count = to == DELIVERY_NOWHERE ? 0 : choose_targets(node, item, to, targets);
    if (to != DELIVERY_NOWHERE && !may_go(node, item, to, targets, count)) {
        return GR_EAGAIN;
    }
    struct delivery *delivery = take(node, item);
    if (delivery == NULL) {
        return GR_EBUSY;
    }
    delivery->owner = item->owner;
    delivery->slot = ring_slot(delivery->key);
    delivery->digest = item->digest;
    delivery->to = to;
    if (to == DELIVERY_NOWHERE) {
        begin_removal(node, delivery);
        return 0;
    }
    memcpy(delivery->targets, targets, count * sizeof *targets);
    delivery->targets_count = count;
    if (send(node, delivery) != 0) {
        refuse(node, delivery);
        return GR_EAGAIN;
    }
    return 0;
}

/* Strike the target off. False if it was not one. */
static bool confirm(struct delivery *delivery, uint64_t target)
{
    for (unsigned i = 0; i < delivery->targets_count; i++) {
        if (delivery->targets[i] == target) {
            delivery->targets[i] = delivery->targets[--delivery->targets_count];
            return true;
        }
    }
    return false;
}

void delivery_put_ack(struct node *node, uint64_t from, const struct wire_put_ack *message)
{
    struct delivery *delivery = pool_find(&node->handoff.deliveries, message->request);
    if (delivery == NULL || !confirm(delivery, from)) {
        return;
    }
    uint32_t *window = &node->handoff.window; /* O7 */
    if (message->error != 0) {
        *window = message->error == -GR_EBUSY && *window > 1 ? *window / 2 : *window;
        refuse(node, delivery);
    } else if (delivery->targets_count == 0) {
        *window += *window < HANDOFF_WINDOW;
        handoff_confirmed(node, delivery->owner);
        begin_removal(node, delivery);
    }
}

static bool awaits(const struct delivery *delivery, uint64_t peer)
{
    for (unsigned i = 0; i < delivery->targets_count; i++) {
        if (delivery->targets[i] == peer) {
            return true;
        }
    }
    return false;
}

void delivery_peer_down(struct node *node, uint64_t peer)
{
    uint32_t cursor = 0;
    struct delivery *delivery;
    while ((delivery = pool_next(&node->handoff.deliveries, &cursor)) != NULL) {
        if (awaits(delivery, peer)) {
            retire(node, delivery);
        }
    }
}
