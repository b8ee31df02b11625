#include "base/error.h"
#include "node/internal.h"
#include "node/replica.h"

#define REPLICA_ARENA_BYTES 256u

static struct wire_get_ack *ack(struct node *node, uint64_t to, uint64_t request, int status)
{
    struct wire_get_ack *message = &env_send(&node->env, to, WIRE_get_ack)->get_ack;
    message->request = request;
    message->error = (uint16_t)-status;
    return message;
}

static struct replica_get *take(struct node *node, struct bytes key)
{
    struct replica_get *get = pool_take(&node->pools.replica_gets);
    if (get == NULL) {
        return NULL;
    }
    if (get->arena.block_bytes == 0) {
        arena_init(&get->arena, REPLICA_ARENA_BYTES);
    }
    arena_clear(&get->arena);
    get->key = arena_copy(&get->arena, key);
    if (get->key.data == NULL) {
        pool_give(&node->pools.replica_gets, get);
        return NULL;
    }
    return get;
}

void get_recv(struct node *node, uint64_t from, const struct wire_get *message)
{
    uint16_t slot = ring_slot(message->key);
    if (!node_owns(node, slot)) {
        ack(node, from, message->request, GR_ENOTOWNER);
        return;
    }
    struct replica_get *get = take(node, message->key);
    if (get == NULL) {
        ack(node, from, message->request, GR_EBUSY);
        return;
    }
    node->stats.replica_gets++;
    get->from = from;
    get->request = message->request;
    get->digest = message->digest;
    struct effect *effect = env_add(&node->env, EFFECT_LOAD);
    effect->load.token = get->pooled.id;
    effect->load.slot = slot;
    effect->load.key = get->key;
}

/* A copy goes out only after its check: a bad one is the coordinator's failed replica, not its value (S3). */
static int check_copy(struct node *node, const struct replica_get *get, struct blob *value)
{
    struct object decoded;
    if (value == NULL) {
        return 0;
    }
    int error = object_decode(blob_bytes(value), get->key, &node->env.scratch, &decoded);
    node->stats.objects_corrupt += error == GR_ECORRUPT;
    return error;
}

void replica_get_loaded(struct node *node, uint64_t id, int status, struct blob *value)
{
    struct replica_get *get = pool_find(&node->pools.replica_gets, id);
    GR_ASSERT(get != NULL); /* only given back here */
    status = status == 0 ? check_copy(node, get, value) : status;
    if (status == 0 && value != NULL && value->len > WIRE_OBJECT_MAX) {
        status = GR_ETOOBIG; /* no message could carry it */
    }
    node->stats.store_errors += status != 0;
    struct wire_get_ack *message = ack(node, get->from, get->request, status);
    if (status == 0) {
        message->same = get->digest != 0 && get->digest == object_digest(blob_bytes(value));
        message->object = message->same ? BYTES_EMPTY : blob_bytes(value);
        env_hold(&node->env, blob_ref(value));
    }
    pool_give(&node->pools.replica_gets, get);
}
