/* Removing a tombstone that was proven (reap.h P2, P3). */
#include "base/container.h"
#include "base/error.h"
#include "node/internal.h"
#include "node/reap_state.h"

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
    env_hold(&node->env, tombstone->key);
    tombstone->key = NULL;
    pool_give(&node->reap.state->tombstones, tombstone);
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
static bool may_remove(struct node *node, const struct tombstone *tombstone, const struct lane *lane)
{
    struct bytes object = lane_object(lane);
    uint64_t hlc;
    return lane_stores(lane) == 0 && object_digest(object) == tombstone->digest &&
           reap_is_tombstone(node, blob_bytes(tombstone->key), object, &hlc) > 0 && tombstone->floor >= hlc &&
           mints_above(node, tombstone->floor);
}

static void visit(struct node *node, struct lane_visitor *visitor, struct lane *lane, int status)
{
    struct tombstone *tombstone = CONTAINER_OF(visitor, struct tombstone, visitor);
    uint16_t partition = ring_partition(tombstone->slot, node->membership.partitions);
    if (status != 0 || !may_remove(node, tombstone, lane)) {
        reap_give(node, tombstone);
        return;
    }
    if (!floor_is_kept(node, partition, tombstone->floor)) {
        tombstone->waits = !CANARY(node, CANARY_FLOOR_UNKEPT);
        floor_raise(node, partition, tombstone->floor);
    }
    if (tombstone->waits) {
        return;
    }
    tombstone->lane = lane;
    lane_store(node, lane, NULL, 0, tombstone->pooled.id);
}

void reap_remove(struct node *node, struct tombstone *tombstone)
{
    tombstone->visitor = (struct lane_visitor){.visit = visit};
    if (lane_enter(node, 0, tombstone->slot, blob_bytes(tombstone->key), &tombstone->visitor) != 0) {
        reap_give(node, tombstone); /* it stays: a later sweep takes it */
    }
}

/* Those that wait begin anew: their keys may have been written meanwhile. What cannot be kept removes nothing. */
void reap_floors_saved(struct node *node, int status)
{
    uint32_t cursor = 0;
    struct tombstone *tombstone;
    while ((tombstone = pool_next(&node->reap.state->tombstones, &cursor)) != NULL) {
        if (!tombstone->waits) {
            continue;
        }
        tombstone->waits = false;
        if (status == 0) {
            reap_remove(node, tombstone);
        } else {
            reap_give(node, tombstone);
        }
    }
}

void reap_stored(struct node *node, uint64_t id, int status)
{
    struct tombstone *tombstone = pool_find(&node->reap.state->tombstones, id);
    GR_ASSERT(tombstone != NULL); /* not given back while its store is open */
    lane_stored(node, tombstone->lane, status);
    node->stats.tombstones_reaped += status == 0;
    node->stats.store_errors += status != 0;
    reap_give(node, tombstone);
}

/* The proof is the first owner's: only who is that here, too, is believed. */
static bool is_believed(const struct node *node, uint64_t from, uint16_t slot)
{
    return node_owns(node, slot) &&
           placement_owners(node->membership.placement, ring_partition(slot, node->membership.partitions))[0] == from;
}

void reap_recv(struct node *node, uint64_t from, const struct wire_reap *message)
{
    uint16_t slot = ring_slot(message->key);
    if (message->digest == 0 || !is_believed(node, from, slot)) {
        node->stats.messages_refused++;
        return;
    }
    if (hints_touch(node, ring_partition(slot, node->membership.partitions))) {
        return;
    }
    struct tombstone *tombstone = reap_take(node, slot, message->key);
    if (tombstone != NULL) {
        tombstone->digest = message->digest;
        tombstone->floor = message->floor;
        reap_remove(node, tombstone);
    }
}
