#include "unit/node/one_node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ring/slot.h"

#define KEYS_TRIED 10000u
#define KEY_BYTES 16u

struct node_config one_config(void)
{
    return (struct node_config){
        .node = ONE_SELF,
        .actor = 77,
        .cluster = 5,
        .seed = 1,
        .partitions = 16,
        .replicas = 3,
        .r = 2,
        .w = 2,
        .weight = 100,
        .zone = "",
        .requests_max = 16,
        .request_timeout_ms = ONE_TIMEOUT_MS,
        .self = {.client = "127.0.0.1:1", .peer = "127.0.0.1:2", .http = "127.0.0.1:3"},
    };
}

static void admit(struct one_node *one, uint64_t peer)
{
    struct member record = {.node = peer, .version = 1, .client = "h:4", .peer = "h:5", .http = "h:6"};
    uint8_t raw[MEMBER_RECORD_MAX];
    struct wire_message join = {.type = WIRE_join};
    join.join.weight = 100;
    join.join.record = bytes_of(raw, member_encode(&record, raw));
    one_peer_up(one, peer);
    one_hear(one, peer, &join);
    assert_non_null(one_sent(one, peer, WIRE_joined));
}

void one_start(struct one_node *one, const struct node_config *config, unsigned peers)
{
    *one = (struct one_node){.now = {.mono_ms = 1, .wall_ms = 1700000000000u}};
    arena_init(&one->arena, 1024);
    assert_int_equal(node_new(config, &one->node), 0);
    one_step(one, (struct event){.kind = EVENT_TICK});
    one_serve(one); /* it counts the hints of an earlier life: there are none */
    for (unsigned i = 1; i <= peers; i++) {
        admit(one, ONE_SELF + i);
    }
}

void one_done(struct one_node *one)
{
    node_free(one->node);
    arena_done(&one->arena);
}

static void note(struct one_node *one, const struct effect *effect)
{
    if (effect->kind == EFFECT_LOAD) {
        assert_true(one->loads_open < ONE_OPEN_MAX);
        one->loads[one->loads_open++] = effect->load.token;
    } else if (effect->kind == EFFECT_STORE) {
        assert_true(one->stores_open < ONE_OPEN_MAX);
        one->stores[one->stores_open++] = effect->store.token;
    } else if (effect->kind == EFFECT_SAVE && effect->save.token != 0) {
        assert_true(one->stores_open < ONE_OPEN_MAX);
        one->stores[one->stores_open++] = effect->save.token;
    } else if (effect->kind == EFFECT_SCAN) {
        assert_true(one->scans_open < ONE_OPEN_MAX);
        one->scans[one->scans_open++] = effect->scan.token;
    } else if (effect->kind == EFFECT_REFUSED) {
        one->refusals++;
    } else if (effect->kind == EFFECT_REPLY) {
        one->replies++;
        one->status = effect->reply.status;
    } else if (effect->kind == EFFECT_SEND) {
        assert_null(wire_invalid(&effect->send.message));
    }
}

void one_step(struct one_node *one, struct event event)
{
    unsigned count;
    event.now = one->now;
    node_step(one->node, &event);
    const struct effect *effects = node_effects(one->node, &count);
    for (unsigned i = 0; i < count; i++) {
        note(one, &effects[i]);
    }
}

void one_tick(struct one_node *one, uint64_t after_ms)
{
    one->now.mono_ms += after_ms;
    one->now.wall_ms += after_ms;
    one_step(one, (struct event){.kind = EVENT_TICK});
}

void one_peer_up(struct one_node *one, uint64_t peer)
{
    one_step(one, (struct event){.kind = EVENT_PEER_UP, .peer = peer});
}

void one_peer_down(struct one_node *one, uint64_t peer)
{
    one_step(one, (struct event){.kind = EVENT_PEER_DOWN, .peer = peer});
}

void one_hear(struct one_node *one, uint64_t from, const struct wire_message *message)
{
    one_step(one, (struct event){.kind = EVENT_MESSAGE, .message = {.from = from, .body = message}});
}

static uint64_t take_oldest(uint64_t *tokens, unsigned *count)
{
    assert_true(*count > 0);
    uint64_t oldest = tokens[0];
    memmove(tokens, tokens + 1, --*count * sizeof *tokens);
    return oldest;
}

void one_loaded(struct one_node *one, int status, struct blob *value)
{
    uint64_t token = take_oldest(one->loads, &one->loads_open);
    one_step(one, (struct event){.kind = EVENT_LOADED, .loaded = {.token = token, .status = status, .value = value}});
    blob_unref(value);
}

void one_stored(struct one_node *one, int status)
{
    uint64_t token = take_oldest(one->stores, &one->stores_open);
    one_step(one, (struct event){.kind = EVENT_STORED, .stored = {.token = token, .status = status}});
}

void one_scanned(struct one_node *one, int status, struct page *page)
{
    uint64_t token = take_oldest(one->scans, &one->scans_open);
    one_step(one, (struct event){.kind = EVENT_SCANNED, .scanned = {.token = token, .status = status, .page = page}});
    page_free(page);
}

void one_serve(struct one_node *one)
{
    while (one->loads_open + one->stores_open + one->scans_open > 0) {
        if (one->scans_open > 0) {
            one_scanned(one, 0, page_new(1024));
        } else if (one->loads_open > 0) {
            one_loaded(one, 0, NULL);
        } else {
            one_stored(one, 0);
        }
    }
}

void one_ask(struct one_node *one, struct request request)
{
    request.token = one->next_token++;
    one_step(one, (struct event){.kind = EVENT_REQUEST, .request = &request});
}

void one_put(struct one_node *one, struct bytes key, const char *value)
{
    one_ask(one, (struct request){.op = OP_SET, .key = key, .value = bytes_of_text(value)});
}

const struct effect *one_effect(const struct one_node *one, enum effect_kind kind, unsigned place)
{
    unsigned count;
    const struct effect *effects = node_effects(one->node, &count);
    for (unsigned i = 0; i < count; i++) {
        if (effects[i].kind == kind && place-- == 0) {
            return &effects[i];
        }
    }
    return NULL;
}

unsigned one_count(const struct one_node *one, enum effect_kind kind)
{
    unsigned count = 0;
    while (one_effect(one, kind, count) != NULL) {
        count++;
    }
    return count;
}

const struct wire_message *one_sent(const struct one_node *one, uint64_t peer, enum wire_type type)
{
    const struct effect *effect;
    for (unsigned i = 0; (effect = one_effect(one, EFFECT_SEND, i)) != NULL; i++) {
        if (effect->send.peer == peer && effect->send.message.type == type) {
            return &effect->send.message;
        }
    }
    return NULL;
}

unsigned one_deliver(const struct one_node *from, struct one_node *to)
{
    const struct effect *effect;
    unsigned delivered = 0;
    for (unsigned i = 0; (effect = one_effect(from, EFFECT_SEND, i)) != NULL; i++) {
        if (effect->send.peer == node_id(to->node)) {
            one_hear(to, node_id(from->node), &effect->send.message);
            delivered++;
        }
    }
    return delivered;
}

static const uint64_t *owners_of(const struct one_node *one, struct bytes key, unsigned *ret_count)
{
    const struct placement *placement = node_placement(one->node);
    *ret_count = placement_replicas(placement);
    return placement_owners(placement, ring_partition(ring_slot(key), placement_partitions(placement)));
}

uint64_t one_owner(const struct one_node *one, struct bytes key, unsigned place)
{
    unsigned count;
    const uint64_t *owners = owners_of(one, key, &count);
    assert_true(place < count);
    return owners[place];
}

static bool is_owned(const struct one_node *one, struct bytes key, uint64_t owner)
{
    unsigned count;
    const uint64_t *owners = owners_of(one, key, &count);
    for (unsigned i = 0; i < count; i++) {
        if (owners[i] == owner) {
            return true;
        }
    }
    return false;
}

static struct bytes make_key(struct one_node *one, unsigned i)
{
    char *text = arena_alloc(&one->arena, KEY_BYTES);
    assert_non_null(text);
    return bytes_of(text, (size_t)snprintf(text, KEY_BYTES, "k%u", i));
}

struct bytes one_key_of(struct one_node *one, unsigned place, uint64_t owner, unsigned number)
{
    for (unsigned i = 0; i < KEYS_TRIED; i++) {
        struct bytes key = make_key(one, i);
        if (one_owner(one, key, place) == owner && number-- == 0) {
            return key;
        }
    }
    fail_msg("no key is owned so");
    return BYTES_EMPTY;
}

struct bytes one_key_of_others(struct one_node *one, unsigned number)
{
    for (unsigned i = 0; i < KEYS_TRIED; i++) {
        struct bytes key = make_key(one, i);
        if (!is_owned(one, key, ONE_SELF) && number-- == 0) {
            return key;
        }
    }
    fail_msg("this node owns every key");
    return BYTES_EMPTY;
}

struct blob *one_object(struct one_node *one, struct bytes key, const char *value, struct dot dot)
{
    struct object absent;
    struct object object;
    struct bytes payload = bytes_of_text(value);
    object_init(&absent, CONFLICT_LWW);
    assert_int_equal(object_write(&absent, CONFLICT_LWW, dot, &payload, NULL, &one->arena, &object, NULL), 0);
    struct blob *blob = blob_new(object_encoded_size(&object));
    assert_non_null(blob);
    object_encode(&object, key, blob->data);
    return blob;
}

static struct object decode(struct one_node *one, struct bytes key, struct bytes object)
{
    struct object decoded;
    assert_int_equal(object_decode(object, key, &one->arena, &decoded), 0);
    return decoded;
}

struct dot one_dot_of(struct one_node *one, struct bytes key, struct bytes object)
{
    struct object decoded = decode(one, key, object);
    return context_newest(&decoded.context);
}

struct bytes one_value_of(struct one_node *one, struct bytes key, struct bytes object)
{
    struct object decoded = decode(one, key, object);
    assert_int_equal(decoded.count, 1);
    return decoded.entries[0].payload;
}
