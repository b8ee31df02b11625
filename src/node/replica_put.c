#include "base/container.h"
#include "base/error.h"
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

static void finish(struct node *node, struct replica_put *put, int status)
{
    node->stats.store_errors += status != 0;
    ack(node, put->from, put->request, status, put->newest);
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

/* The own copy merged with the incoming object; `ret_old` is the own copy. One that fails its check counts as missing:
 * the others have it.
 * Errors: GR_EVERSION, GR_ENOMEM. */
static int merge(struct node *node, const struct replica_put *put, struct bytes current, struct object *ret_old,
                 struct object *ret)
{
    struct arena *scratch = &node->env.scratch;
    struct object incoming;
    int error = object_decode(blob_bytes(put->incoming), put->key, scratch, &incoming);
    object_init(ret_old, incoming.policy);
    if (error == 0 && current.len > 0) {
        error = object_decode(current, put->key, scratch, ret_old);
        node->stats.objects_corrupt += error == GR_ECORRUPT;
        error = error == GR_ECORRUPT ? 0 : error;
    }
    if (error != 0 || object_is_absent(ret_old)) {
        *ret = incoming;
        return error;
    }
    error = object_merge(ret_old, &incoming, scratch, ret);
    if (error == 0 && CANARY(node, CANARY_SIBLING_LOST)) {
        keep_newest(ret);
    }
    return error;
}

/* Of a damaged copy nobody knows whether it was live; most are. */
static bool was_live(const struct lane *lane, const struct object *old, bool damaged)
{
    bool undecodable = object_is_absent(old) && lane_object(lane).len > 0;
    return damaged || undecodable || old->count > 0;
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

static void visit(struct node *node, struct lane_visitor *visitor, struct lane *lane, int status)
{
    struct replica_put *put = CONTAINER_OF(visitor, struct replica_put, visitor);
    struct object old;
    struct object merged;
    bool damaged = status == GR_ECORRUPT; /* and may be replaced (lane.h A4) */
    status = status == 0 || damaged ? merge(node, put, lane_object(lane), &old, &merged) : status;
    if (status != 0) {
        finish(node, put, status);
        return;
    }
    put->newest = context_newest(&merged.context);
    if (object_equal(&old, &merged) && lane_stores(lane) == 0) {
        finish(node, put, 0); /* known, and on disk */
        return;
    }
    /* Known but perhaps not on disk yet: storing it again, behind the store that is open, tells when it is (S1). */
    struct blob *object = encode(put, &merged);
    if (object == NULL) {
        finish(node, put, GR_ENOMEM);
        return;
    }
    put->lane = lane;
    int8_t live_delta = (int8_t)((merged.count > 0) - was_live(lane, &old, damaged));
    lane_store(node, lane, object, live_delta, put->pooled.id);
    if (CANARY(node, CANARY_EARLY_ACK)) {
        ack(node, put->from, put->request, 0, put->newest);
        put->request = 0;
    }
}

static struct replica_put *take(struct node *node, struct bytes key, struct bytes object)
{
    struct replica_put *put = pool_take(&node->pools.replica_puts);
    if (put == NULL) {
        return NULL;
    }
    if (put->arena.block_bytes == 0) {
        arena_init(&put->arena, REPLICA_ARENA_BYTES);
    }
    arena_clear(&put->arena);
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
    if (lane_enter(node, 0, slot, put->key, &put->visitor) != 0) {
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

void put_recv(struct node *node, uint64_t from, const struct wire_put *message)
{
    uint16_t slot = ring_slot(message->key);
    int error = node_owns(node, slot) ? check_incoming(node, message) : GR_ENOTOWNER;
    struct replica_put *put = error == 0 ? take(node, message->key, message->object) : NULL;
    if (put == NULL) {
        ack(node, from, message->request, error == 0 ? GR_EBUSY : error, DOT_NONE);
        return;
    }
    node->stats.replica_puts++;
    put->from = from;
    put->request = message->request;
    enter_lane(node, put, slot);
}

void replica_repair_self(struct node *node, uint16_t slot, struct bytes key, struct bytes object)
{
    struct replica_put *put = take(node, key, object);
    if (put == NULL) {
        return; /* the next read repairs */
    }
    put->from = put->request = 0;
    enter_lane(node, put, slot);
}

void replica_put_stored(struct node *node, uint64_t id, int status)
{
    struct replica_put *put = pool_find(&node->pools.replica_puts, id);
    GR_ASSERT(put != NULL); /* not given back while its store is open */
    lane_stored(node, put->lane, status);
    finish(node, put, status);
}
