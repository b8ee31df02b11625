/* A node fed with anything: peers' messages with any fields, clients' requests, links up and down, and a store that
 * answers with whatever it likes. Nothing may crash, leak, or grow; every client gets one reply by its deadline. */
#include <stdint.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/blob.h"
#include "base/cursor.h"
#include "base/error.h"
#include "node/node.h"

#define SELF 1u
#define PEERS 4u
#define TIMEOUT_MS 100u
#define TOKENS_MAX 4096u

struct fuzz {
    struct node *node;
    struct reader input;
    struct instant now;
    uint64_t loads[256];
    uint64_t stores[256];
    unsigned loads_open;
    unsigned stores_open;
    struct bytes load_keys[256]; /* of the open loads; each points to one of the keys below */
    struct blob *last_stored;
    uint64_t asked_put, asked_get, asked_forward, asked_count; /* request numbers that peers were last sent */
    uint64_t forward_hlc;                                      /* of the last hand-over */
    struct dot put_dot;                                        /* of the last object sent */
    unsigned requests;
    unsigned replies;
};

/* With N = 3 and three nodes this node owns every key; these are few, so that requests meet. */
static const char *const keys[] = {"a", "bb", "ccc"};
#define KEYS (sizeof keys / sizeof *keys)

/* The same key in memory that stays; empty if it is none of ours. */
static struct bytes known_key(struct bytes key)
{
    for (size_t i = 0; i < KEYS; i++) {
        if (bytes_equal(key, bytes_of_text(keys[i]))) {
            return bytes_of_text(keys[i]);
        }
    }
    return BYTES_EMPTY;
}

static struct dot dot_of(struct bytes key, struct bytes raw)
{
    struct arena arena;
    struct object object;
    arena_init(&arena, 512);
    GR_ASSERT_EQ(object_decode(raw, key, &arena, &object), 0);
    struct dot newest = context_newest(&object.context);
    arena_done(&arena);
    return newest;
}

/* What answers can be aimed at. */
static void note_sent(struct fuzz *fuzz, const struct wire_message *message)
{
    GR_ASSERT(wire_invalid(message) == NULL);
    if (message->type == WIRE_put) {
        fuzz->asked_put = message->put.request;
        fuzz->put_dot = dot_of(message->put.key, message->put.object);
    } else if (message->type == WIRE_get) {
        fuzz->asked_get = message->get.request;
    } else if (message->type == WIRE_forward) {
        fuzz->asked_forward = message->forward.request;
        fuzz->forward_hlc = message->forward.hlc;
    } else if (message->type == WIRE_count) {
        fuzz->asked_count = message->count.request;
    }
}

static void step(struct fuzz *fuzz, struct event event)
{
    event.now = fuzz->now;
    node_step(fuzz->node, &event);
    unsigned count;
    const struct effect *effects = node_effects(fuzz->node, &count);
    for (unsigned i = 0; i < count; i++) {
        const struct effect *effect = &effects[i];
        if (effect->kind == EFFECT_LOAD && fuzz->loads_open < 256) {
            fuzz->load_keys[fuzz->loads_open] = known_key(effect->load.key);
            fuzz->loads[fuzz->loads_open++] = effect->load.token;
        } else if (effect->kind == EFFECT_STORE) {
            GR_ASSERT_LT(fuzz->stores_open, 256);
            fuzz->stores[fuzz->stores_open++] = effect->store.token;
            blob_unref(fuzz->last_stored);
            fuzz->last_stored = blob_ref(effect->store.value);
        } else if (effect->kind == EFFECT_REPLY) {
            fuzz->replies++;
        } else if (effect->kind == EFFECT_SEND) {
            note_sent(fuzz, &effect->send.message);
        }
    }
}

static struct bytes take_bytes(struct fuzz *fuzz, size_t bound)
{
    size_t len = reader_u8(&fuzz->input);
    len = len > bound ? bound : len;
    len = len > reader_left(&fuzz->input) ? reader_left(&fuzz->input) : len;
    return reader_take(&fuzz->input, len);
}

#define TAKE_U8(field, bound) (field) = reader_u8(&fuzz->input)
#define TAKE_U16(field, bound) (field) = reader_u16(&fuzz->input)
#define TAKE_U32(field, bound) (field) = reader_u32(&fuzz->input)
#define TAKE_U64(field, bound) (field) = reader_u64(&fuzz->input)
#define TAKE_BYTES(field, bound) (field) = take_bytes(fuzz, (bound))

static bool take_message(struct fuzz *fuzz, struct wire_message *message)
{
    message->type = (enum wire_type)reader_u8(&fuzz->input);
    switch (message->type) {
#define TAKE_FIELD(type, field, bound, text) TAKE_##type(body->field, bound);
#define TAKE_MESSAGE(name, number, text)           \
    case WIRE_##name: {                            \
        struct wire_##name *body = &message->name; \
        WIRE_FIELDS_##name(TAKE_FIELD) break;      \
    }
        WIRE_MESSAGES(TAKE_MESSAGE)
    default:
        return false;
    }
    return wire_invalid(message) == NULL;
}

/* A hand-over of a key that this node owns, and of something that may be done to it. */
static void aim_forward(struct wire_forward *forward)
{
    forward->key = bytes_of_text(keys[forward->timeout_ms % KEYS]);
    forward->op = (uint8_t)(OP_GET + forward->op % (OP_COUNT - OP_GET));
    forward->actor |= 1;
    if (forward->has_dot) {
        forward->op = OP_SET;
        forward->flags = 0;
        forward->policy = CONFLICT_LWW;
        forward->context = BYTES_EMPTY;
    }
}

/* A message whose object or request number is one the node knows gets further than a random one. */
static void aim(struct fuzz *fuzz, struct wire_message *message)
{
    if (message->type == WIRE_put && fuzz->last_stored != NULL && message->put.object.len % 2 == 0) {
        message->put.object = blob_bytes(fuzz->last_stored);
    } else if (message->type == WIRE_put_ack) {
        message->put_ack.request = fuzz->asked_put;
        if (message->put_ack.newest_hlc % 4 != 0) {
            message->put_ack.newest_actor = fuzz->put_dot.actor;
            message->put_ack.newest_hlc = fuzz->put_dot.hlc;
        }
    } else if (message->type == WIRE_get_ack) {
        message->get_ack.request = fuzz->asked_get;
    } else if (message->type == WIRE_forward_ack) {
        message->forward_ack.request = fuzz->asked_forward;
        message->forward_ack.hlc = message->forward_ack.hlc % 4 != 0 ? fuzz->forward_hlc : message->forward_ack.hlc;
    } else if (message->type == WIRE_forward_copies) {
        message->forward_copies.request = fuzz->asked_forward;
    } else if (message->type == WIRE_count_ack) {
        message->count_ack.request = fuzz->asked_count;
    } else if (message->type == WIRE_forward && message->forward.r % 4 != 0) {
        aim_forward(&message->forward);
    }
}

static void peer_message(struct fuzz *fuzz)
{
    uint64_t from = SELF + 1 + reader_u8(&fuzz->input) % PEERS;
    struct wire_message message = {0};
    if (take_message(fuzz, &message)) {
        aim(fuzz, &message);
        step(fuzz, (struct event){.kind = EVENT_MESSAGE, .message = {.from = from, .body = &message}});
    }
}

static void request(struct fuzz *fuzz)
{
    if (fuzz->requests == TOKENS_MAX) {
        return;
    }
    struct request request = {.token = fuzz->requests++};
    request.op = (enum op)(reader_u8(&fuzz->input) % 8);
    request.flags = reader_u8(&fuzz->input);
    request.policy = (enum conflict_policy)(reader_u8(&fuzz->input) % 2);
    request.offset = reader_u16(&fuzz->input);
    request.key = take_bytes(fuzz, 3);
    if (request.key.len < KEYS) {
        request.key = bytes_of_text(keys[request.key.len]);
    }
    request.value = take_bytes(fuzz, 64);
    request.context = take_bytes(fuzz, 64);
    step(fuzz, (struct event){.kind = EVENT_REQUEST, .request = &request});
}

/* A sound object of the key with up to four siblings, values and dots from the input; NULL when none comes out. */
static struct blob *make_object(struct fuzz *fuzz, struct bytes key)
{
    struct arena arena;
    struct object object;
    enum conflict_policy policy = (enum conflict_policy)(reader_u8(&fuzz->input) % 2);
    arena_init(&arena, 512);
    object_init(&object, policy);
    for (unsigned left = 1 + reader_u8(&fuzz->input) % 4; left > 0; left--) {
        struct object absent;
        struct object one;
        struct object merged;
        struct bytes value = take_bytes(fuzz, 16);
        uint64_t hlc = 1 + reader_u64(&fuzz->input) / 4;
        struct dot dot = {.actor = 70 + reader_u8(&fuzz->input) % 10, .hlc = hlc};
        object_init(&absent, policy);
        int status = object_write(&absent, policy, dot, value.len == 0 ? NULL : &value, NULL, &arena, &one, NULL);
        GR_ASSERT_EQ(status, 0);
        status = object_merge(&object, &one, &arena, &merged);
        GR_ASSERT_EQ(status, 0);
        object = merged;
    }
    struct blob *blob = blob_new(object_encoded_size(&object));
    GR_ASSERT(blob != NULL);
    object_encode(&object, key, blob->data);
    arena_done(&arena);
    return blob;
}

static void answer_load(struct fuzz *fuzz, uint8_t how)
{
    if (fuzz->loads_open == 0) {
        return;
    }
    uint64_t token = fuzz->loads[--fuzz->loads_open];
    struct bytes key = fuzz->load_keys[fuzz->loads_open];
    struct blob *value = how % 4 == 0   ? blob_copy(take_bytes(fuzz, 200))
                         : how % 4 == 1 ? blob_ref(fuzz->last_stored)
                         : how % 8 == 7 ? make_object(fuzz, key)
                                        : NULL;
    int status = how % 8 == 3 ? GR_EIO : 0;
    step(fuzz, (struct event){.kind = EVENT_LOADED, .loaded = {.token = token, .status = status, .value = value}});
    blob_unref(value);
}

static void answer_store(struct fuzz *fuzz, int status)
{
    if (fuzz->stores_open == 0) {
        return;
    }
    uint64_t token = fuzz->stores[0]; /* stores are answered in their order */
    fuzz->stores_open--;
    for (unsigned i = 0; i < fuzz->stores_open; i++) {
        fuzz->stores[i] = fuzz->stores[i + 1];
    }
    step(fuzz, (struct event){.kind = EVENT_STORED, .stored = {.token = token, .status = status}});
}

static void one_event(struct fuzz *fuzz)
{
    uint8_t what = reader_u8(&fuzz->input);
    uint64_t peer = SELF + 1 + what % PEERS;
    switch (what >> 5) {
    case 0:
        step(fuzz, (struct event){.kind = EVENT_PEER_UP, .peer = peer});
        break;
    case 1:
        step(fuzz, (struct event){.kind = EVENT_PEER_DOWN, .peer = peer});
        break;
    case 2:
        answer_load(fuzz, what);
        break;
    case 3:
        answer_store(fuzz, what % 8 == 0 ? GR_ENOSPC : 0);
        break;
    case 4:
        fuzz->now.mono_ms += what % 32;
        fuzz->now.wall_ms += reader_u16(&fuzz->input);
        step(fuzz, (struct event){.kind = EVENT_TICK});
        break;
    case 5:
        request(fuzz);
        break;
    default:
        peer_message(fuzz);
        break;
    }
}

/* The store answers what is open, and time passes: every client must have its reply then. */
static void finish(struct fuzz *fuzz)
{
    for (unsigned round = 0; round < 3; round++) {
        fuzz->now.mono_ms += TIMEOUT_MS;
        step(fuzz, (struct event){.kind = EVENT_TICK});
        while (fuzz->stores_open > 0 || fuzz->loads_open > 0) {
            answer_load(fuzz, 2);
            answer_store(fuzz, 0);
        }
    }
    GR_ASSERT_EQ(fuzz->replies, fuzz->requests);
}

static struct node *make_node(bool joins)
{
    struct node_config config = {
        .node = SELF,
        .actor = 77,
        .cluster = joins ? 0 : 5,
        .seed = 1,
        .partitions = 16,
        .replicas = 3,
        .r = 2,
        .w = 2,
        .weight = 100,
        .zone = "",
        .requests_max = 8,
        .reads_bytes_max = 200, /* a few small objects */
        .request_timeout_ms = TIMEOUT_MS,
        .self = {.client = "127.0.0.1:1", .peer = "127.0.0.1:2", .http = "127.0.0.1:3"},
    };
    struct node *node;
    return node_new(&config, &node) == 0 ? node : NULL;
}

/* Two peers come in through the front door, so that quorums are more than this node alone. */
static void admit_peers(struct fuzz *fuzz)
{
    for (uint64_t peer = SELF + 1; peer <= SELF + 2; peer++) {
        struct member record = {.node = peer, .version = 1, .client = "h:4", .peer = "h:5", .http = "h:6"};
        uint8_t raw[MEMBER_RECORD_MAX];
        struct wire_message join = {.type = WIRE_join};
        join.join.weight = 100;
        join.join.record = bytes_of(raw, member_encode(&record, raw));
        step(fuzz, (struct event){.kind = EVENT_PEER_UP, .peer = peer});
        step(fuzz, (struct event){.kind = EVENT_MESSAGE, .message = {.from = peer, .body = &join}});
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {.input = reader_of(bytes_of(data, size)), .now = {.mono_ms = 1, .wall_ms = 1700000000000u}};
    bool joins = reader_u8(&fuzz.input) % 8 == 0;
    fuzz.node = make_node(joins);
    GR_ASSERT(fuzz.node != NULL);
    step(&fuzz, (struct event){.kind = EVENT_TICK});
    if (!joins) {
        admit_peers(&fuzz);
    }
    while (!fuzz.input.failed && reader_left(&fuzz.input) > 0) {
        one_event(&fuzz);
    }
    finish(&fuzz);
    node_free(fuzz.node);
    blob_unref(fuzz.last_stored);
    return 0;
}
