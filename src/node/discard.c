#include "node/discard.h"

#include "base/container.h"
#include "base/error.h"
#include "node/internal.h"

int discards_init(struct discards *discards)
{
    return pool_init(&discards->pool, POOL_DISCARD, sizeof(struct discard), DISCARD_ITEMS);
}

void discards_done(struct discards *discards)
{
    uint32_t cursor = 0;
    struct discard *discard;
    while ((discard = pool_next_used(&discards->pool, &cursor)) != NULL) {
        blob_unref(discard->key);
    }
    pool_done(&discards->pool);
}

static void finish(struct node *node, struct discard *discard, int status)
{
    env_hold(&node->env, discard->key);
    discard->key = NULL;
    pool_give(&node->discards.pool, discard);
    sync_repaired(node, status);
}

static bool is_damaged(struct node *node, const struct discard *discard, struct bytes object)
{
    struct object decoded;
    return object.len > 0 &&
           object_decode(object, blob_bytes(discard->key), &node->env.scratch, &decoded) == GR_ECORRUPT;
}

/* With a store open it is another copy already. */
static bool may_go(struct node *node, const struct discard *discard, const struct lane *lane, int status)
{
    struct bytes object = lane_object(lane);
    if (lane_stores(lane) > 0) {
        return false;
    }
    if (discard->digest == 0) {
        return status == GR_ECORRUPT || (status == 0 && is_damaged(node, discard, object));
    }
    return status == 0 && object_digest(object) == discard->digest && !is_damaged(node, discard, object);
}

/* What was minted here may have been in a damaged copy only: it is not under what is minted next (write.h W5). */
static void note_damage(struct node *node, struct lane *lane)
{
    lane_note_damage(lane);
    node_renew_actor(node);
    node_renew_stand_in_actor(node);
}

static void visit(struct node *node, struct lane_visitor *visitor, struct lane *lane, int status)
{
    struct discard *discard = CONTAINER_OF(visitor, struct discard, visitor);
    if (!may_go(node, discard, lane, status)) {
        finish(node, discard, GR_EAGAIN); /* to be compared again */
        return;
    }
    if (discard->digest == 0) {
        note_damage(node, lane);
    }
    discard->lane = lane;
    lane_store(node, lane, NULL, -1, discard->pooled.id); /* most copies are live, so a damaged one was, too */
}

int discard_copy(struct node *node, uint16_t slot, struct bytes key, uint64_t digest)
{
    struct pool *pool = &node->discards.pool;
    pool_settle(pool); /* no effect points into an item: keys are held on their own */
    struct discard *discard = pool_take(pool);
    if (discard == NULL) {
        return GR_EBUSY;
    }
    struct pooled pooled = discard->pooled;
    *discard = (struct discard){.pooled = pooled, .digest = digest, .key = blob_copy(key), .visitor = {.visit = visit}};
    if (discard->key == NULL || lane_enter(node, 0, slot, key, &discard->visitor) != 0) {
        env_hold(&node->env, discard->key);
        discard->key = NULL;
        pool_give(pool, discard);
        return GR_EBUSY;
    }
    return 0;
}

void discard_stored(struct node *node, uint64_t id, int status)
{
    struct discard *discard = pool_find(&node->discards.pool, id);
    GR_ASSERT(discard != NULL); /* not given back while its store is open */
    lane_stored(node, discard->lane, status);
    node->stats.copies_discarded += status == 0;
    node->stats.store_errors += status != 0;
    finish(node, discard, status);
}
