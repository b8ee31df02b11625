#include "base/container.h"
#include "base/error.h"
#include "node/doubt.h"
#include "node/internal.h"
#include "node/replica.h"

#define REPLICA_ARENA_BYTES 256u

static void ack(struct node *node, uint64_t to, uint64_t request, int status, struct dot newest)
{
    if (request == 0) {
        return;
    }
    struct wire_put_ack *message = &env_send(&node->env, to, WIRE_put_ack)->put_ack;
    message->request = request;
    message->error = (uint16_t)-status;
    message->newest_actor = newest.actor;
    message->newest_hlc = newest.hlc;
}

/* A hint of this node's own, which nobody waits for (hint.h). */
static bool is_courtesy(const struct replica_put *put)
{
    return put->owner != 0 && put->from == 0;
}

static void finish(struct node *node, struct replica_put *put, int status)
{
    node->stats.store_errors += status != 0 && status != GR_EBUSY;
    if (put->end.tells) {
        sync_repaired(node, status != 0 ? status : put->end.error);
    }
    ack(node, put->from, put->request, status, put->newest);
    if (status != 0 && is_courtesy(put)) {
        hint_dropped(node, ring_slot(put->key));
    }
    env_hold(&node->env, put->incoming);
    put->incoming = NULL;
    pool_give(&node->pools.replica_puts, put);
}

static void keep_newest(struct object *object)
{
    for (uint32_t i = 1; i < object->count; i++) {
        if (dot_compare(object->entries[i].dot, object->entries[0].dot) > 0) {
            object->entries[0] = object->entries[i];
        }
    }
    object->count = object->count > 1 ? 1 : object->count;
}

/* The own copy and what came for it. An own copy that fails its check counts as missing: the others have it.
 * Errors: GR_EVERSION, GR_ENOMEM. */
static int decode(struct node *node, const struct replica_put *put, struct bytes current, struct object *ret_old,
                  struct object *ret_incoming)
{
    struct arena *scratch = &node->env.scratch;
    int error = object_decode(blob_bytes(put->incoming), put->key, scratch, ret_incoming);
    object_init(ret_old, ret_incoming->policy);
    if (error == 0 && current.len > 0) {
        error = object_decode(current, put->key, scratch, ret_old);
        node->stats.objects_corrupt += error == GR_ECORRUPT;
        error = error == GR_ECORRUPT ? 0 : error;
    }
    return error;
}

static int merge(struct node *node, const struct object *old, const struct object *incoming, struct object *ret)
{
    if (object_is_absent(old)) {
        *ret = *incoming;
        return 0;
    }
    int error = object_merge(old, incoming, &node->env.scratch, ret);
    if (error == 0 && CANARY(node, CANARY_SIBLING_LOST)) {
        keep_newest(ret);
    }
    return error;
}

/* Of a damaged copy nobody knows whether it was live; most are. */
static bool was_live(const struct object *old, bool damaged)
{
    return damaged || old->count > 0;
}

static struct blob *encode(const struct replica_put *put, const struct object *merged)
{
    size_t size = object_encoded_size(merged);
    struct blob *blob = blob_new(size);
    if (blob != NULL) {
        object_encode(merged, put->key, blob->data);
    }
    return blob;
}

/* The damaged copy may have held values minted here that nobody else has: what is minted next must not cover them as if
 * it had seen them (write.h W5, W7). */
static void forget_own_dots(struct node *node, const struct replica_put *put)
{
    if (put->owner == 0) {
        node_renew_actor(node);
    } else {
        node_renew_stand_in_actor(node);
    }
}

/* Take out of a doubtful hint what may have been deleted here (doubt.h). `ret_is_void`: that is all it had, and it
 * counts as taken. Errors: GR_ENOCOPY (something may be missing here, and nobody can tell: the hint stays where it is).
 */
static int sift(struct node *node, const struct replica_put *put, const struct object *old, struct object *incoming,
                bool *ret_is_void)
{
    uint16_t partition = ring_partition(ring_slot(put->key), node->membership.partitions);
    bool is_whole = fill_standing(node, partition) == FILL_WHOLE;
    struct doubt_verdict verdict;
    doubt_judge_by(old, floor_of(node, partition), is_whole, incoming, &verdict);
    *ret_is_void = verdict.all_void;
    return verdict.unsettled ? GR_ENOCOPY : 0;
}

/* A deletion that went from here comes back from an owner that has not removed its own yet (reap.h P6). */
static void note_return(struct node *node, const struct replica_put *put, const struct lane *lane,
                        const struct object *merged)
{
    uint16_t partition = ring_partition(ring_slot(put->key), node->membership.partitions);
    if (put->owner == 0 && lane_object(lane).len == 0 && object_is_tombstone(merged) &&
        put->newest.hlc <= floor_of(node, partition)) {
        sync_later(node, partition);
    }
}

static void store(struct node *node, struct replica_put *put, struct lane *lane, const struct object *merged,
                  bool was_live)
{
    struct blob *object = encode(put, merged);
    if (object == NULL) {
        finish(node, put, GR_ENOMEM);
        return;
    }
    put->lane = lane;
    int8_t live_delta = put->owner != 0 ? 0 : (int8_t)((merged->count > 0) - was_live);
    lane_store(node, lane, object, live_delta, put->pooled.id);
    if (CANARY(node, CANARY_EARLY_ACK)) {
        ack(node, put->from, put->request, 0, put->newest);
        put->request = 0;
    }
}

static void visit(struct node *node, struct lane_visitor *visitor, struct lane *lane, int status)
{
    struct replica_put *put = CONTAINER_OF(visitor, struct replica_put, visitor);
    struct object old;
    struct object incoming;
    struct object merged;
    bool is_void = false;
    bool damaged = status == GR_ECORRUPT; /* and may be replaced (lane.h A4) */
    status = status == 0 || damaged ? decode(node, put, lane_object(lane), &old, &incoming) : status;
    if (status == 0 && put->doubtful && !damaged && put->owner == 0) {
        status = sift(node, put, &old, &incoming, &is_void);
    }
    status = status == 0 && !is_void ? merge(node, &old, &incoming, &merged) : status;
    if (status != 0 || is_void) {
        finish(node, put, status);
        return;
    }
    if (damaged || (object_is_absent(&old) && lane_object(lane).len > 0)) {
        damaged = true;
        lane_note_damage(lane);
        forget_own_dots(node, put);
    }
    put->newest = context_newest(&merged.context);
    if (object_equal(&old, &merged) && lane_stores(lane) == 0) {
        finish(node, put, 0); /* known, and on disk */
        return;
    }
    if (is_courtesy(put) && !hints_have_room(node, lane_object(lane).len, object_encoded_size(&merged))) {
        finish(node, put, GR_EBUSY);
        return;
    }
    note_return(node, put, lane, &merged);
    /* Known but perhaps not on disk yet: storing it again, behind the store that is open, tells when it is (S1). */
    store(node, put, lane, &merged, was_live(&old, damaged));
}

static struct replica_put *take(struct node *node, uint64_t owner, struct bytes key, struct bytes object)
{
    struct replica_put *put = pool_take(&node->pools.replica_puts);
    if (put == NULL) {
        return NULL;
    }
    if (put->arena.block_bytes == 0) {
        arena_init(&put->arena, REPLICA_ARENA_BYTES);
    }
    arena_clear(&put->arena);
    put->owner = owner;
    put->from = put->request = 0;
    put->end = (struct repair_end){.tells = false};
    put->doubtful = false;
    put->newest = DOT_NONE;
    put->visitor = (struct lane_visitor){.visit = visit};
    put->key = arena_copy(&put->arena, key);
    put->incoming = blob_copy(object);
    if (put->key.data == NULL || put->incoming == NULL) {
        blob_unref(put->incoming);
        put->incoming = NULL;
        pool_give(&node->pools.replica_puts, put);
        return NULL;
    }
    return put;
}

static void enter_lane(struct node *node, struct replica_put *put, uint16_t slot)
{
    if (lane_enter(node, put->owner, slot, put->key, &put->visitor) != 0) {
        finish(node, put, GR_EBUSY);
    }
}

/* Is the object sound? Its clock is followed, so that what is minted here next is later than what is stored here. */
static int check_incoming(struct node *node, const struct wire_put *message)
{
    struct object incoming;
    int error = object_decode(message->object, message->key, &node->env.scratch, &incoming);
    if (error != 0) {
        node->stats.objects_corrupt++;
        return error;
    }
    if (context_newest(&incoming.context).hlc > HLC_OUTSIDE_MAX) {
        return GR_EINVAL; /* no sound clock has made it, and nobody could overwrite it */
    }
    hlc_follow(&node->clock, context_newest(&incoming.context).hlc, node->env.now.wall_ms);
    return object_is_absent(&incoming) ? GR_EINVAL : 0;
}

/* May this node keep the object under that name (S2)? */
static int check_place(const struct node *node, const struct wire_put *message, uint16_t slot)
{
    if (message->owner == 0) {
        return node_owns(node, slot) ? 0 : GR_ENOTOWNER;
    }
    uint16_t partition = ring_partition(slot, node->membership.partitions);
    bool has_owner = placement_owner_place(node->membership.placement, partition, message->owner) >= 0;
    return message->owner == node->config.node || !has_owner ? GR_ENOTOWNER : 0;
}

/* The name under which it is kept: an owner is asked to stand in for another by one who does not know yet that it is an
 * owner. A hint would be given up for its own copy, so this is what it adds to (S4). */
static uint64_t name_for(struct node *node, const struct wire_put *message, uint16_t slot)
{
    if (message->owner == 0 || !node_owns(node, slot)) {
        return message->owner;
    }
    sync_dirty(node, ring_partition(slot, node->membership.partitions));
    return 0;
}

void put_recv(struct node *node, uint64_t from, const struct wire_put *message)
{
    uint16_t slot = ring_slot(message->key);
    int error = check_place(node, message, slot);
    error = error == 0 ? check_incoming(node, message) : error;
    uint64_t owner = error == 0 ? name_for(node, message, slot) : 0;
    struct replica_put *put = error == 0 ? take(node, owner, message->key, message->object) : NULL;
    if (put == NULL) {
        ack(node, from, message->request, error == 0 ? GR_EBUSY : error, DOT_NONE);
        return;
    }
    node->stats.replica_puts++;
    node->stats.stand_in_puts += owner != 0;
    put->from = from;
    put->request = message->request;
    put->doubtful = message->doubtful;
    enter_lane(node, put, slot);
}

int replica_repair_self(struct node *node, uint16_t slot, struct bytes key, struct bytes object, struct repair_end end)
{
    struct replica_put *put = take(node, 0, key, object);
    if (put == NULL) {
        return GR_EBUSY; /* the next read repairs */
    }
    put->end = end;
    enter_lane(node, put, slot);
    return 0;
}

int replica_keep_hint(struct node *node, uint64_t owner, uint16_t slot, struct bytes key, struct bytes object)
{
    struct replica_put *put = take(node, owner, key, object);
    if (put == NULL) {
        return GR_EBUSY;
    }
    enter_lane(node, put, slot);
    return 0;
}

void replica_put_stored(struct node *node, uint64_t id, int status)
{
    struct replica_put *put = pool_find(&node->pools.replica_puts, id);
    GR_ASSERT(put != NULL); /* not given back while its store is open */
    lane_stored(node, put->lane, status);
    finish(node, put, status);
}
