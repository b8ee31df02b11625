/* Removing a tombstone that was proven (reap.h P2, P3). */
#include "base/container.h"
#include "base/error.h"
#include "node/internal.h"
#include "node/reap_state.h"

#include <utlist.h>

#define LATE_MS (SYNC_LATER_MS / 2)

struct tombstone *reap_take(struct node *node, uint16_t slot, struct bytes key)
{
    struct pool *pool = &node->reap.state->tombstones;
    pool_settle(pool); /* no effect points into an item: keys are held on their own */
    struct tombstone *tombstone = pool_take(pool);
    if (tombstone == NULL) {
        return NULL;
    }
    struct pooled pooled = tombstone->pooled;
    *tombstone = (struct tombstone){.pooled = pooled, .slot = slot, .key = blob_copy(key)};
    if (tombstone->key == NULL) {
        pool_give(pool, tombstone);
        return NULL;
    }
    return tombstone;
}

void reap_give(struct node *node, struct tombstone *tombstone)
{
    struct reap_state *state = node->reap.state;
    state->orders -= tombstone->ordered;
    state->orders_bytes -= tombstone->ordered ? blob_bytes(tombstone->key).len : 0;
    env_hold(&node->env, tombstone->key);
    tombstone->key = NULL;
    pool_give(&state->tombstones, tombstone);
}

unsigned reap_own_items(const struct reap_state *state)
{
    return pool_taken(&state->tombstones) - state->orders;
}

static uint16_t partition_of(const struct node *node, const struct tombstone *tombstone)
{
    return ring_partition(tombstone->slot, node->membership.partitions);
}

static void note_left(struct node *node, uint16_t partition)
{
    node->stats.tombstones_left++;
    sync_later(node, partition);
}

int reap_is_tombstone(struct node *node, struct bytes key, struct bytes object, uint64_t *ret_hlc)
{
    struct object decoded;
    int error = object.len == 0 ? 0 : object_decode(object, key, &node->env.scratch, &decoded);
    if (object.len == 0 || error != 0) {
        return error;
    }
    *ret_hlc = context_newest(&decoded.context).hlc;
    return object_is_tombstone(&decoded);
}

/* The clock is above it since this node said "clear", unless who asks for the removal asks for more than was proven. */
static bool mints_above(struct node *node, uint64_t floor)
{
    hlc_follow(&node->clock, floor, node->env.now.wall_ms);
    return node->clock.last >= floor;
}

/* With a store open another visitor's change is on its way: not the time to go by what was proven. */
static bool may_remove(struct node *node, const struct tombstone *tombstone, const struct lane *lane, uint64_t hlc)
{
    return lane_stores(lane) == 0 && tombstone->floor >= hlc && mints_above(node, tombstone->floor);
}

static void begin_next(struct node *node, struct timer *timer);

/* Its lane is for another; not at once, as a visitor may not enter. */
static void leave_lane(struct node *node)
{
    struct reap_state *state = node->reap.state;
    state->in_lanes--;
    if (state->queue != NULL) {
        timer_set(&node->timers, &node->reap.lanes_timer, node->env.now.mono_ms, begin_next);
    }
}

static void end(struct node *node, struct tombstone *tombstone, bool is_left)
{
    if (is_left) {
        note_left(node, partition_of(node, tombstone));
    }
    leave_lane(node);
    reap_give(node, tombstone);
}

static void visit(struct node *node, struct lane_visitor *visitor, struct lane *lane, int status)
{
    struct tombstone *tombstone = CONTAINER_OF(visitor, struct tombstone, visitor);
    struct bytes object = status == 0 ? lane_object(lane) : BYTES_EMPTY;
    uint64_t hlc = 0;
    bool is_proven = object_digest(object) == tombstone->digest &&
                     reap_is_tombstone(node, blob_bytes(tombstone->key), object, &hlc) > 0;
    if (!is_proven || !may_remove(node, tombstone, lane, hlc)) {
        if (!is_proven && object.len > 0) { /* written on top of it, where others may have had nothing any more */
            sync_later(node, partition_of(node, tombstone));
        }
        end(node, tombstone, is_proven || status != 0);
        return;
    }
    if (!floor_is_kept(node, partition_of(node, tombstone), tombstone->floor)) {
        tombstone->waits = !CANARY(node, CANARY_FLOOR_UNKEPT);
        floor_raise(node, partition_of(node, tombstone), tombstone->floor);
    }
    if (tombstone->waits && floor_of(node, partition_of(node, tombstone)) < tombstone->floor) {
        end(node, tombstone, true); /* too far ahead to be taken: no save will end the wait */
        return;
    }
    if (tombstone->waits) {
        leave_lane(node);
        return;
    }
    tombstone->lane = lane;
    lane_store(node, lane, NULL, 0, tombstone->pooled.id);
}

static void begin(struct node *node, struct tombstone *tombstone)
{
    node->reap.state->in_lanes++;
    tombstone->visitor = (struct lane_visitor){.visit = visit};
    if (lane_enter(node, 0, tombstone->slot, blob_bytes(tombstone->key), &tombstone->visitor) != 0) {
        end(node, tombstone, true);
    }
}

static void begin_next(struct node *node, struct timer *timer)
{
    struct reap_state *state = node->reap.state;
    (void)timer;
    while (state->queue != NULL && state->in_lanes < state->lanes_max) {
        struct tombstone *tombstone = state->queue;
        DL_DELETE(state->queue, tombstone);
        begin(node, tombstone);
    }
}

void reap_remove(struct node *node, struct tombstone *tombstone)
{
    struct reap_state *state = node->reap.state;
    tombstone->began_ms = node->env.now.mono_ms;
    DL_APPEND(state->queue, tombstone);
    begin_next(node, NULL);
}

/* Those that wait begin anew: their keys may have been written meanwhile. What cannot be kept removes nothing. */
void reap_floors_saved(struct node *node, int status)
{
    struct reap_state *state = node->reap.state;
    uint32_t cursor = 0;
    struct tombstone *tombstone;
    while ((tombstone = pool_next(&state->tombstones, &cursor)) != NULL) {
        if (!tombstone->waits) {
            continue;
        }
        tombstone->waits = false;
        if (status == 0) {
            DL_APPEND(state->queue, tombstone);
        } else {
            note_left(node, partition_of(node, tombstone));
            reap_give(node, tombstone);
        }
    }
    begin_next(node, NULL);
}

/* So late that it may have been brought back to those that were earlier, and what followed has been compared, too. */
static bool is_late(const struct node *node, const struct tombstone *tombstone)
{
    return node->env.now.mono_ms - tombstone->began_ms >= LATE_MS;
}

void reap_stored(struct node *node, uint64_t id, int status)
{
    struct tombstone *tombstone = pool_find(&node->reap.state->tombstones, id);
    GR_ASSERT(tombstone != NULL); /* not given back while its store is open */
    lane_stored(node, tombstone->lane, status);
    node->stats.tombstones_reaped += status == 0;
    node->stats.store_errors += status != 0;
    if (status == 0 && is_late(node, tombstone)) {
        sync_later(node, partition_of(node, tombstone));
    }
    end(node, tombstone, status != 0);
}

/* The proof is the first owner's: only who is that here, too, is believed. */
static bool is_believed(const struct node *node, uint64_t from, uint16_t slot)
{
    return node_owns(node, slot) &&
           placement_owners(node->membership.placement, ring_partition(slot, node->membership.partitions))[0] == from;
}

/* NULL: there is no room. */
static struct tombstone *take_order(struct node *node, uint16_t slot, const struct wire_reap *message)
{
    struct reap_state *state = node->reap.state;
    bool has_room =
        state->orders < state->orders_max && state->orders_bytes + message->key.len <= REAP_ORDER_KEYS_BYTES;
    struct tombstone *tombstone = has_room ? reap_take(node, slot, message->key) : NULL;
    if (tombstone != NULL) {
        tombstone->ordered = true;
        tombstone->digest = message->digest;
        tombstone->floor = message->floor;
        state->orders++;
        state->orders_bytes += message->key.len;
    }
    return tombstone;
}

void reap_recv(struct node *node, uint64_t from, const struct wire_reap *message)
{
    uint16_t slot = ring_slot(message->key);
    uint16_t partition = ring_partition(slot, node->membership.partitions);
    if (message->digest == 0 || !is_believed(node, from, slot)) {
        node->stats.messages_refused++;
        return;
    }
    struct tombstone *tombstone = hints_touch(node, partition) ? NULL : take_order(node, slot, message);
    if (tombstone == NULL) {
        note_left(node, partition);
    } else {
        reap_remove(node, tombstone);
    }
}
