#include "base/error.h"
#include "node/internal.h"
#include "node/parts.h"
#include "node/read.h"
#include "node/replica.h"

#define REPLICA_ARENA_BYTES 256u

static struct wire_get_ack *ack(struct node *node, uint64_t to, uint64_t request, int status)
{
    struct wire_get_ack *message = &env_send(&node->env, to, WIRE_get_ack)->get_ack;
    message->request = request;
    message->error = (uint16_t)-status;
    return message;
}

static struct replica_get *take(struct node *node, uint64_t from, uint64_t request, struct bytes key)
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
    get->from = from;
    get->request = request;
    get->digest = 0;
    get->loads_open = 0;
    get->status = 0;
    get->merged = NULL;
    return get;
}

static void load(struct node *node, struct replica_get *get, uint64_t owner, uint16_t slot)
{
    struct effect *effect = env_add(&node->env, EFFECT_LOAD);
    effect->load.token = get->pooled.id;
    effect->load.owner = owner;
    effect->load.slot = slot;
    effect->load.key = get->key;
    get->loads_open++;
}

/* What this node keeps for the owners of the key. Errors: GR_ENOCOPY, GR_EBUSY. */
static int load_hints(struct node *node, uint64_t from, const struct wire_get *message, uint16_t slot)
{
    uint16_t partition = ring_partition(slot, node->membership.partitions);
    if (!hints_touch(node, partition)) {
        return GR_ENOCOPY;
    }
    struct replica_get *get = take(node, from, message->request, message->key);
    if (get == NULL) {
        return GR_EBUSY;
    }
    const uint64_t *owners = placement_owners(node->membership.placement, partition);
    for (unsigned i = 0; i < placement_replicas(node->membership.placement); i++) {
        load(node, get, owners[i], slot);
    }
    return 0;
}

int replica_get_own_hints(struct node *node, uint64_t request, struct bytes key)
{
    struct wire_get message = {.request = request, .key = key};
    return load_hints(node, node->config.node, &message, ring_slot(key));
}

void get_recv(struct node *node, uint64_t from, const struct wire_get *message)
{
    uint16_t slot = ring_slot(message->key);
    if (!node_owns(node, slot)) {
        int error = load_hints(node, from, message, slot);
        if (error != 0) {
            ack(node, from, message->request, error);
        }
        return;
    }
    struct replica_get *get = take(node, from, message->request, message->key);
    if (get == NULL) {
        ack(node, from, message->request, GR_EBUSY);
        return;
    }
    node->stats.replica_gets++;
    get->digest = message->digest;
    load(node, get, 0, slot);
}

/* One more hint: what this node keeps for several owners counts together. A copy goes out only after its check: a bad
 * one is the coordinator's failed replica, not its value (S3). Errors: GR_ECORRUPT, GR_EVERSION, GR_ENOMEM. */
static int merge_loaded(struct node *node, struct replica_get *get, struct blob *value)
{
    struct arena *scratch = &node->env.scratch;
    struct object loaded;
    struct object before;
    struct object merged;
    int error = object_decode(blob_bytes(value), get->key, scratch, &loaded);
    node->stats.objects_corrupt += error == GR_ECORRUPT;
    if (error != 0 || get->merged == NULL) {
        get->merged = error == 0 ? blob_ref(value) : get->merged;
        return error;
    }
    error = object_decode(blob_bytes(get->merged), get->key, scratch, &before);
    error = error == 0 ? object_merge(&before, &loaded, scratch, &merged) : error;
    struct blob *blob = error == 0 ? blob_new(object_encoded_size(&merged)) : NULL;
    if (blob == NULL) {
        return error == 0 ? GR_ENOMEM : error;
    }
    object_encode(&merged, get->key, blob->data);
    env_hold(&node->env, get->merged);
    get->merged = blob;
    return 0;
}

/* Nothing here: is that an answer (S2)? */
static int status_of_absent(const struct node *node, struct bytes key)
{
    uint16_t slot = ring_slot(key);
    bool tells = node_owns(node, slot) && !fill_is_filling(node, ring_partition(slot, node->membership.partitions));
    return tells ? 0 : GR_ENOCOPY;
}

static bool is_same(const struct replica_get *get)
{
    return get->digest != 0 && get->digest == object_digest(blob_bytes(get->merged));
}

/* What is kept for others is in doubt like the rest, but says nothing about what is not there. */
static enum fill_standing standing_of(const struct node *node, uint16_t slot)
{
    if (!node_owns(node, slot)) {
        return fill_doubts_hints(node) ? FILL_DOUBTFUL : FILL_MISSING;
    }
    return fill_standing(node, ring_partition(slot, node->membership.partitions));
}

/* No message can carry it. An owner is sent parts beside the answer, and has it all after some more; unless it is in
 * doubt (doubt.h Z3). */
static void refuse_too_big(struct node *node, struct replica_get *get, uint16_t slot)
{
    uint16_t partition = ring_partition(slot, node->membership.partitions);
    bool is_owner = placement_owner_place(node->membership.placement, partition, get->from) >= 0;
    if (is_owner && standing_of(node, slot) != FILL_DOUBTFUL) {
        (void)parts_send(node, get->from, get->key, get->merged);
    }
    get->status = GR_ETOOBIG;
}

static void answer(struct node *node, const struct replica_get *get, struct wire_get_ack *message)
{
    uint16_t slot = ring_slot(get->key);
    message->request = get->request;
    message->same = false;
    message->standing = (uint8_t)standing_of(node, slot);
    message->floor = floor_of(node, ring_partition(slot, node->membership.partitions));
    message->object = BYTES_EMPTY;
    message->error = (uint16_t)-get->status;
    if (get->status == 0) {
        message->same = is_same(get);
        message->object = message->same ? BYTES_EMPTY : blob_bytes(get->merged);
    }
}

static void finish(struct node *node, struct replica_get *get)
{
    struct wire_get_ack own;
    struct blob *merged = get->merged;
    bool is_own = get->from == node->config.node;
    if (get->status == 0 && merged == NULL) {
        get->status = status_of_absent(node, get->key);
    } else if (get->status == 0 && !is_own && !is_same(get) && !parts_go_whole(node, get->key, merged)) {
        refuse_too_big(node, get, ring_slot(get->key));
    }
    answer(node, get, is_own ? &own : &env_send(&node->env, get->from, WIRE_get_ack)->get_ack);
    env_hold(&node->env, merged); /* the message points to it */
    get->merged = NULL;
    pool_give(&node->pools.replica_gets, get);
    if (is_own) {
        get_ack_recv(node, node->config.node, &own);
    }
}

void replica_get_loaded(struct node *node, uint64_t id, int status, struct blob *value)
{
    struct replica_get *get = pool_find(&node->pools.replica_gets, id);
    GR_ASSERT(get != NULL); /* only given back here */
    status = status == 0 && value != NULL ? merge_loaded(node, get, value) : status;
    node->stats.store_errors += status != 0;
    get->status = status != 0 ? status : get->status;
    if (--get->loads_open == 0) {
        finish(node, get);
    }
}
