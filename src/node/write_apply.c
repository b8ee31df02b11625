#include "node/write_apply.h"

#include "base/error.h"
#include "node/internal.h"
#include "node/parts.h"

/* The object under this write, decoded into scratch: the lane's, with what the quorum knew besides. */
static int read_base(struct node *node, const struct write *write, struct bytes current, struct object *ret,
                     bool *ret_was_live)
{
    struct arena *scratch = &node->env.scratch;
    object_init(ret, write->policy);
    int error = current.len == 0 ? 0 : object_decode(current, write->key, scratch, ret);
    *ret_was_live = error == 0 && ret->count > 0;
    if (error != 0 || write->before == NULL) {
        return error;
    }
    struct object before;
    struct object own = *ret;
    error = object_decode(blob_bytes(write->before), write->key, scratch, &before);
    if (error != 0 || object_is_absent(&own)) {
        *ret = error == 0 ? before : own;
        return error;
    }
    return object_merge(&before, &own, scratch, ret); /* what the quorum calls void counts as that (doubt.h) */
}

static bool needs_one_value(const struct mutation *mutation)
{
    return mutation->op == OP_APPEND || mutation->op == OP_SETRANGE || (mutation->flags & REQUEST_RETURN_OLD) != 0;
}

static int mutate(struct node *node, struct write *write, const struct object *base)
{
    const struct bytes *old = base->count == 0 ? NULL : &base->entries[0].payload;
    write->siblings = needs_one_value(&write->mutation) ? object_values(base) : 0;
    if (write->siblings > 1) {
        return GR_ECONFLICT;
    }
    int error = mutation_apply(&write->mutation, old, &node->env.scratch, &write->result);
    if (error == 0 && old != NULL && (write->mutation.flags & REQUEST_RETURN_OLD) != 0) {
        write->old = arena_copy(&write->arena, *old);
        error = write->old.data == NULL ? GR_ENOMEM : 0;
    }
    return error;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* A dot above all that the new object will cover, and above what a replica has shown us. */
static struct dot mint(struct node *node, const struct write *write, const struct object *base)
{
    uint64_t forgotten = floor_of(node, write->quorum.partition); /* the clock may be too far behind to follow it */
    uint64_t floor = max_u64(max_u64(write->floor, forgotten), context_newest(&base->context).hlc);
    if (write->seen != NULL) {
        floor = max_u64(floor, context_newest(write->seen).hlc);
    }
    bool stands_in = write->home != 0 && write->policy == CONFLICT_SIBLINGS;
    struct dot dot = {.actor = stands_in ? node->stand_in_actor : node->config.actor};
    node->stand_in_minted |= stands_in;
    if (CANARY(node, CANARY_DOT_REUSED) && node->clock.last > floor && rng_chance(&node->rng, 100000)) {
        dot.hlc = node->clock.last;
        return dot;
    }
    dot.hlc = hlc_mint_above(&node->clock, floor, node->env.now.wall_ms);
    return dot;
}

/* A client's write leaves neither more values than WRITE_SIBLINGS_MAX nor an object that no message can carry: what
 * grows beyond that grows by merging alone, and travels in parts (parts.h M2). */
static int check_size(const struct node *node, struct write *write, const struct object *object)
{
    size_t size = object_encoded_size(object);
    if (object->count <= 1) {
        return size > WIRE_OBJECT_MAX ? GR_ETOOBIG : 0;
    }
    write->siblings = object->count;
    return size > parts_bytes_max(node) || object->count > WRITE_SIBLINGS_MAX ? GR_ECONFLICT : 0;
}

static int encode(struct write *write, const struct object *object)
{
    size_t size = object_encoded_size(object);
    struct blob *blob = blob_new(size);
    if (blob == NULL) {
        return GR_ENOMEM;
    }
    object_encode(object, write->key, blob->data);
    write->object = blob;
    return 0;
}

/* The origin's dot, if it is the newest. One that is there already was carried out before, and is stored again. */
static int take_origin_dot(struct node *node, struct write *write, const struct object *base, struct dot *ret)
{
    struct dot newest = context_newest(&base->context);
    uint64_t forgotten = floor_of(node, write->quorum.partition);
    if (dot_compare(write->origin.name, newest) < 0 || write->origin.name.hlc <= forgotten) {
        write->floor = max_u64(newest.hlc, forgotten);
        return GR_EOVERTAKEN;
    }
    hlc_follow(&node->clock, write->origin.name.hlc, node->env.now.wall_ms);
    *ret = write->origin.name;
    return 0;
}

/* The object with the write in it. Errors: GR_EOVERTAKEN, GR_ETOOBIG, GR_ECONFLICT, GR_ENOMEM. */
static int make(struct node *node, struct write *write, const struct object *base, struct object *ret)
{
    unsigned dropped = 0;
    int error = 0;
    if (write->origin.has_dot) {
        error = take_origin_dot(node, write, base, &write->dot);
    } else {
        write->dot = mint(node, write, base);
    }
    if (error == 0 && object_includes(base, write->dot)) {
        *ret = *base;
        return 0;
    }
    const struct bytes *value = write->result.deletes ? NULL : &write->result.value;
    error = error != 0
                ? error
                : object_write(base, write->policy, write->dot, value, write->seen, &node->env.scratch, ret, &dropped);
    node->stats.contexts_cut += dropped;
    return error == 0 ? check_size(node, write, ret) : error;
}

int write_apply(struct node *node, struct write *write, struct bytes current, int8_t *ret_live_delta)
{
    struct object base;
    struct object made;
    bool was_live;
    int error = read_base(node, write, current, &base, &was_live);
    error = error == 0 ? mutate(node, write, &base) : error;
    if (error != 0 || !write->result.changes) {
        return error;
    }
    error = make(node, write, &base, &made);
    if (error != 0) {
        return error;
    }
    env_hold(&node->env, write->object);
    write->object = NULL;
    *ret_live_delta = (int8_t)((made.count > 0) - was_live);
    return encode(write, &made);
}
