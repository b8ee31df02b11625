#include "node/parts.h"

#include "base/error.h"
#include "node/internal.h"

size_t parts_bytes_max(const struct node *node)
{
    return node->config.object_bytes_max == 0 ? WIRE_OBJECT_MAX : node->config.object_bytes_max;
}

bool parts_go_whole(struct node *node, struct bytes key, const struct blob *object)
{
    struct object decoded;
    if (object->len <= parts_bytes_max(node) || object->len > WIRE_OBJECT_MAX) {
        return object->len <= parts_bytes_max(node);
    }
    return object_decode(blob_bytes(object), key, &node->env.scratch, &decoded) == 0 && decoded.count <= 1;
}

/* What `object` says of the actors in `context`. Errors: GR_ENOMEM. */
static int restrict_to(struct node *node, const struct object *object, const struct context *context,
                       struct object *ret)
{
    *ret = (struct object){.type = object->type, .policy = object->policy, .context = *context};
    ret->entries = arena_alloc(&node->env.scratch, (object->count + 1) * sizeof *ret->entries);
    if (ret->entries == NULL) {
        return GR_ENOMEM;
    }
    for (uint32_t i = 0; i < object->count; i++) {
        if (context_covers(context, object->entries[i].dot)) {
            ret->entries[ret->count++] = object->entries[i];
        }
    }
    return 0;
}

/* Actors of the object in a circle: so many from one on. */
struct arc {
    uint32_t from;
    uint32_t count;
};

static int take_actors(struct node *node, const struct object *object, struct arc arc, struct object *ret)
{
    struct context context;
    context_clear(&context);
    for (uint32_t i = 0; i < arc.count; i++) {
        context_add(&context, object->context.dots[(arc.from + i) % object->context.count]);
    }
    return restrict_to(node, object, &context, ret);
}

static int encode(const struct object *object, struct bytes key, struct blob **ret)
{
    struct blob *blob = blob_new(object_encoded_size(object));
    if (blob == NULL) {
        return GR_ENOMEM;
    }
    object_encode(object, key, blob->data);
    *ret = blob;
    return 0;
}

/* As many actors as fit, from one on: one at least. At most CONTEXT_MAX are tried. */
static int choose(struct node *node, const struct object *object, struct arc *arc, struct object *ret)
{
    int error = GR_ETOOBIG;
    for (struct arc more = {arc->from, 1}; more.count <= object->context.count; more.count++) {
        struct object part;
        int status = take_actors(node, object, more, &part);
        if (status != 0) {
            return status;
        }
        size_t size = object_encoded_size(&part);
        if (size > WIRE_OBJECT_MAX || (more.count > 1 && size > parts_bytes_max(node))) {
            break;
        }
        *arc = more;
        *ret = part;
        error = 0;
    }
    return error;
}

/* `anywhere`: from any actor on; else from the first. */
static int split(struct node *node, struct bytes key, struct blob *object, bool anywhere, struct blob **ret_first,
                 struct blob **ret_rest)
{
    struct object whole;
    struct object first;
    struct object others;
    int error = object_decode(blob_bytes(object), key, &node->env.scratch, &whole);
    if (error != 0) {
        return error;
    }
    struct arc arc = {.from = anywhere ? (uint32_t)rng_below(&node->rng, whole.context.count) : 0};
    error = choose(node, &whole, &arc, &first);
    struct arc left = {arc.from + arc.count, whole.context.count - arc.count};
    error = error == 0 ? take_actors(node, &whole, left, &others) : error;
    struct blob *part = NULL;
    error = error == 0 ? encode(&first, key, &part) : error;
    error = error == 0 ? encode(&others, key, ret_rest) : error;
    if (error != 0) {
        blob_unref(part);
        return error;
    }
    *ret_first = part;
    if (CANARY(node, CANARY_PART_LOST)) {
        blob_unref(*ret_rest);
        *ret_rest = NULL;
    }
    return 0;
}

static int split_unless_whole(struct node *node, struct bytes key, struct blob *object, bool anywhere,
                              struct blob **ret_first, struct blob **ret_rest)
{
    if (!parts_go_whole(node, key, object)) {
        return split(node, key, object, anywhere, ret_first, ret_rest);
    }
    *ret_first = blob_ref(object);
    *ret_rest = NULL;
    return 0;
}

int parts_split(struct node *node, struct bytes key, struct blob *object, struct blob **ret_first,
                struct blob **ret_rest)
{
    return split_unless_whole(node, key, object, false, ret_first, ret_rest);
}

void parts_put(struct node *node, uint64_t peer, uint64_t request, struct bytes key, const struct blob *part,
               bool doubtful)
{
    struct wire_put *put = &env_send(&node->env, peer, WIRE_put)->put;
    put->request = request;
    put->doubtful = doubtful;
    put->key = key;
    put->object = blob_bytes(part);
}

int parts_send(struct node *node, uint64_t peer, struct bytes key, struct blob *object)
{
    struct blob *rest = blob_ref(object);
    int error = 0;
    bool anywhere = !CANARY(node, CANARY_PART_LOST);
    for (unsigned sent = 0; error == 0 && rest != NULL; sent++) {
        struct blob *first = NULL;
        struct blob *next = NULL;
        error = sent == PARTS_AT_ONCE ? GR_EAGAIN : split_unless_whole(node, key, rest, anywhere, &first, &next);
        if (error == 0) {
            parts_put(node, peer, 0, key, first, false);
        }
        env_hold(&node->env, first);
        env_hold(&node->env, rest);
        rest = next;
    }
    return error;
}
