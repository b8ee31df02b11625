#include "node/lane.h"

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "node/internal.h"

/* Keys come from clients: a hash that they can foresee would let them make all lanes collide, but the table holds only
 * keys with a write under way, so its chains are bounded by the pool. */
#define HASH_FUNCTION(data, len, hashv) (hashv) = (unsigned)hash_bytes(bytes_of((data), (len)))
#include <uthash.h>
#include <utlist.h>

#define LANE_ARENA_BYTES 128u

enum lane_state {
    LANE_LOADING, /* a load is under way; visitors wait for lane_loaded */
    LANE_READY,   /* `object` is the newest; stores are open */
    LANE_STALE,   /* a store failed; visitors wait for the last open one (A3) */
};

struct lane {
    struct pooled pooled;
    enum lane_state state;
    bool damaged; /* READY, but what is stored failed its check (A4) */
    unsigned stores_open;
    uint16_t slot;
    struct bytes id;  /* owner and key, in the arena: what the lane is found by */
    uint64_t owner;   /* of a hint; 0: the object itself */
    struct bytes key; /* part of id */
    size_t figure;    /* of a hint, while stores are open: what is counted for it */
    struct arena arena;
    struct blob *object;
    struct lane_visitor *visitors;
    UT_hash_handle hh;
};

int lanes_init(struct lanes *lanes, uint32_t capacity)
{
    lanes->by_key = NULL;
    return pool_init(&lanes->pool, POOL_LANE, sizeof(struct lane), capacity);
}

void lanes_done(struct lanes *lanes)
{
    uint32_t cursor = 0;
    struct lane *lane;
    HASH_CLEAR(hh, lanes->by_key);
    while ((lane = pool_next_used(&lanes->pool, &cursor)) != NULL) {
        blob_unref(lane->object);
        arena_done(&lane->arena);
    }
    pool_done(&lanes->pool);
}

/* Owner and key in one piece; empty when out of memory. */
static struct bytes make_id(struct arena *arena, uint64_t owner, struct bytes key)
{
    size_t len = sizeof owner + key.len;
    uint8_t *id = arena_alloc(arena, len);
    if (id == NULL) {
        return BYTES_EMPTY;
    }
    struct writer w = writer_of(id, len);
    writer_u64(&w, owner);
    writer_bytes(&w, key);
    return bytes_of(id, len);
}

static struct lane *find(const struct lanes *lanes, struct bytes id)
{
    struct lane *lane;
    HASH_FIND(hh, lanes->by_key, id.data, id.len, lane);
    return lane;
}

static void load(struct node *node, struct lane *lane)
{
    lane->state = LANE_LOADING;
    lane->damaged = false;
    struct effect *effect = env_add(&node->env, EFFECT_LOAD);
    effect->load.token = lane->pooled.id;
    effect->load.owner = lane->owner;
    effect->load.slot = lane->slot;
    effect->load.key = lane->key;
}

static struct lane *open_lane(struct node *node, uint64_t owner, uint16_t slot, struct bytes id)
{
    struct lane *lane = pool_take(&node->lanes.pool);
    if (lane == NULL) {
        return NULL;
    }
    if (lane->arena.block_bytes == 0) {
        arena_init(&lane->arena, LANE_ARENA_BYTES);
    }
    arena_clear(&lane->arena);
    lane->id = arena_copy(&lane->arena, id);
    if (lane->id.data == NULL) {
        pool_give(&node->lanes.pool, lane);
        return NULL;
    }
    lane->owner = owner;
    lane->key = bytes_of(lane->id.data + sizeof owner, lane->id.len - sizeof owner);
    lane->slot = slot;
    lane->damaged = false;
    lane->stores_open = 0;
    lane->object = NULL;
    lane->visitors = NULL;
    HASH_ADD_KEYPTR(hh, node->lanes.by_key, lane->id.data, lane->id.len, lane);
    load(node, lane);
    return lane;
}

static void close_lane(struct node *node, struct lane *lane)
{
    GR_ASSERT_EQ(lane->stores_open, 0);
    GR_ASSERT(lane->visitors == NULL);
    HASH_DELETE(hh, node->lanes.by_key, lane);
    env_hold(&node->env, lane->object);
    lane->object = NULL;
    pool_give(&node->lanes.pool, lane);
}

static void visit(struct node *node, struct lane *lane, struct lane_visitor *visitor, int status)
{
    visitor->waits_in = NULL;
    visitor->visit(node, visitor, lane, status == 0 && lane->damaged ? GR_ECORRUPT : status);
}

int lane_enter(struct node *node, uint64_t owner, uint16_t slot, struct bytes key, struct lane_visitor *visitor)
{
    struct bytes id = make_id(&node->env.scratch, owner, key);
    struct lane *lane = id.data == NULL ? NULL : find(&node->lanes, id);
    if (lane != NULL && lane->state == LANE_READY) {
        visit(node, lane, visitor, 0);
        return 0;
    }
    if (lane == NULL && id.data != NULL) {
        lane = open_lane(node, owner, slot, id);
    }
    if (lane == NULL) {
        return GR_EBUSY;
    }
    visitor->waits_in = lane;
    DL_APPEND(lane->visitors, visitor);
    return 0;
}

void lane_withdraw(struct lane_visitor *visitor)
{
    struct lane *lane = visitor->waits_in;
    if (lane != NULL) {
        DL_DELETE(lane->visitors, visitor);
        visitor->waits_in = NULL;
    }
}

struct bytes lane_object(const struct lane *lane)
{
    return blob_bytes(lane->object);
}

void lane_note_damage(struct lane *lane)
{
    lane->damaged = true;
}

unsigned lane_stores(const struct lane *lane)
{
    return lane->stores_open;
}

bool lanes_store_open(const struct node *node, uint16_t slot)
{
    uint32_t cursor = 0;
    const struct lane *lane;
    while ((lane = pool_next(&node->lanes.pool, &cursor)) != NULL) {
        if (lane->slot == slot && lane->owner == 0 && lane->stores_open > 0) {
            return true;
        }
    }
    return false;
}

/* While stores are open any of them may be what stays: the longest counts. A removal counts when it has succeeded. */
static void note_hint(struct node *node, struct lane *lane, size_t old_bytes, size_t new_bytes)
{
    size_t before = lane->stores_open == 0 ? old_bytes : lane->figure;
    lane->figure = new_bytes == 0 || new_bytes > before ? new_bytes : before;
    hints_store(node, lane->owner, before, lane->figure);
}

/* All stores have succeeded: the last one is what stays. */
static void note_last_hint(struct node *node, struct lane *lane)
{
    size_t bytes = blob_bytes(lane->object).len;
    if (bytes > 0) {
        hints_are_shorter(node, lane->owner, lane->figure - bytes);
    }
}

/* The trees, or the figures of the hints, follow what is stored. Returns what to add to the key's leaf. */
static uint64_t note_change(struct node *node, struct lane *lane, struct bytes old, struct bytes new)
{
    if (lane->owner != 0) {
        note_hint(node, lane, old.len, new.len);
        return 0;
    }
    if (lane->damaged) {
        trees_doubt(&node->trees, lane->slot); /* its digest, too, may be another than the one that was counted */
    }
    trees_change(&node->trees, lane->slot, lane->key, object_digest(old), object_digest(new));
    return object_digest(new) - object_digest(old);
}

void lane_store(struct node *node, struct lane *lane, struct blob *object, int8_t live_delta, uint64_t token)
{
    GR_ASSERT_EQ(lane->state, LANE_READY);
    uint64_t leaf_delta = note_change(node, lane, blob_bytes(lane->object), blob_bytes(object));
    env_hold(&node->env, lane->object);
    lane->object = object;
    lane->damaged = false;
    lane->stores_open++;
    struct effect *effect = env_add(&node->env, EFFECT_STORE);
    effect->store.token = token;
    effect->store.owner = lane->owner;
    effect->store.slot = lane->slot;
    effect->store.key = lane->key;
    effect->store.value = object;
    effect->store.live_delta = live_delta;
    effect->store.leaf_delta = CANARY(node, CANARY_LEAF_DRIFT) && rng_chance(&node->rng, 20000) ? 0 : leaf_delta;
    effect->store.clock = node->clock.last;
    join_note_data(node);
}

/* Let everybody who waits visit in turn. A visitor may lead others to enter, never this lane's list while READY. */
static void run_visitors(struct node *node, struct lane *lane, int status)
{
    while (lane->visitors != NULL) {
        struct lane_visitor *visitor = lane->visitors;
        DL_DELETE(lane->visitors, visitor);
        visit(node, lane, visitor, status);
    }
}

static void close_if_quiet(struct node *node, struct lane *lane)
{
    if (lane->stores_open > 0 || lane->state == LANE_LOADING) {
        return;
    }
    if (lane->visitors == NULL) {
        close_lane(node, lane);
        return;
    }
    GR_ASSERT_EQ(lane->state, LANE_STALE);
    env_hold(&node->env, lane->object);
    lane->object = NULL;
    load(node, lane);
}

void lane_stored(struct node *node, struct lane *lane, int status)
{
    node->disk_is_full = status == GR_ENOSPC || (node->disk_is_full && status != 0);
    GR_ASSERT_LT(0, lane->stores_open);
    lane->stores_open--;
    if (lane->owner != 0) {
        hints_store_ended(node, lane->owner);
    }
    if (status != 0) {
        lane->state = LANE_STALE;
        if (lane->owner == 0) {
            trees_doubt(&node->trees, lane->slot);
        }
        sync_failed_here(node, ring_partition(lane->slot, node->membership.partitions)); /* others may have it */
    }
    if (lane->owner != 0 && lane->stores_open == 0 && lane->state == LANE_READY) {
        note_last_hint(node, lane);
    }
    close_if_quiet(node, lane);
}

void lane_loaded(struct node *node, uint64_t token, int status, struct blob *value)
{
    struct lane *lane = pool_find(&node->lanes.pool, token);
    if (lane == NULL) {
        return;
    }
    GR_ASSERT_EQ(lane->state, LANE_LOADING);
    lane->state = LANE_READY;
    lane->object = blob_ref(value);
    lane->damaged = status == GR_ECORRUPT;
    if (status != 0 && !lane->damaged) {
        lane->state = LANE_STALE; /* nobody may enter a lane whose object is unknown */
    }
    run_visitors(node, lane, status);
    close_if_quiet(node, lane);
}
