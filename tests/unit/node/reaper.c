#include "unit/node/reaper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PEERS 2u
#define TICK_MS 20u

/* Whoever was pinged answers. */
static void pong(struct one_node *one)
{
    struct wire_message message = {.type = WIRE_pong};
    for (uint64_t peer = ONE_SELF + 1; peer <= ONE_SELF + PEERS; peer++) {
        one_hear(one, peer, &message);
    }
}

struct node_config reaper_config(void)
{
    struct node_config config = one_config();
    config.reap_after_ms = REAPER_AFTER_MS;
    config.hints_bytes_max = 1u << 20;
    config.sync_period_ms = 1u << 30;
    return config;
}

void reaper_start_among(struct one_node *one, unsigned peers)
{
    struct node_config config = reaper_config();
    one_start(one, &config, peers);
}

void reaper_start(struct one_node *one)
{
    reaper_start_among(one, PEERS);
}

struct blob *reaper_tombstone(struct one_node *one, struct bytes key, struct dot dot)
{
    struct object absent;
    struct object object;
    object_init(&absent, CONFLICT_LWW);
    assert_int_equal(object_write(&absent, CONFLICT_LWW, dot, NULL, NULL, &one->arena, &object, NULL), 0);
    struct blob *blob = blob_new(object_encoded_size(&object));
    assert_non_null(blob);
    object_encode(&object, key, blob->data);
    return blob;
}

void reaper_put(struct one_node *one, struct bytes key, struct blob *object)
{
    struct wire_message put = {.type = WIRE_put};
    put.put.request = 9;
    put.put.key = key;
    put.put.object = blob_bytes(object);
    one_hear(one, ONE_SELF + 1, &put);
    one_serve(one);
}

bool reaper_scans(struct one_node *one)
{
    for (unsigned i = 0; i < REAPER_PASSES_MS / TICK_MS; i++) {
        pong(one);
        one_tick(one, TICK_MS);
        if (one_effect(one, EFFECT_SCAN, 0) != NULL) {
            return true;
        }
    }
    return false;
}

/* Has it asked a peer for its roots? */
static bool answer_roots(struct one_node *one, uint64_t peer)
{
    const struct wire_message *roots = one_sent(one, peer, WIRE_roots);
    struct wire_message ack = {.type = WIRE_roots_ack};
    if (roots == NULL) {
        return false;
    }
    ack.roots_ack.request = roots->roots.request;
    one_hear(one, peer, &ack);
    return true;
}

bool reaper_compares(struct one_node *one, uint64_t within_ms)
{
    for (uint64_t i = 0; i < within_ms / TICK_MS; i++) {
        pong(one);
        one_tick(one, TICK_MS);
        if (answer_roots(one, ONE_SELF + 1) || answer_roots(one, ONE_SELF + 2)) {
            return true;
        }
    }
    return false;
}

bool reaper_find(struct one_node *one, struct bytes key, struct blob *object)
{
    struct page *page = page_new(1024);
    assert_non_null(page);
    assert_int_equal(page_add(page, 0, key, blob_bytes(object), false), 0);
    one_scanned(one, 0, page);
    if (one->loads_open == 0) {
        return false;
    }
    one_loaded(one, 0, blob_ref(object));
    one_tick(one, 0);
    return true;
}

void reaper_answer_gets(struct one_node *one, bool same)
{
    struct wire_message ack = {.type = WIRE_get_ack};
    ack.get_ack.same = 1;
    ack.get_ack.request = one_sent(one, ONE_SELF + 1, WIRE_get)->get.request;
    one_hear(one, ONE_SELF + 1, &ack);
    ack.get_ack.same = same;
    one_hear(one, ONE_SELF + 2, &ack);
}

void reaper_keep_clock(struct one_node *one, int status)
{
    const struct effect *effect = one_effect(one, EFFECT_MEND, 0);
    if (effect != NULL) {
        struct event event = {.kind = EVENT_STORED, .stored = {effect->mend.token, status}};
        one_step(one, event);
    }
}

void reaper_answer_clears(struct one_node *one, bool clear, uint64_t epoch)
{
    struct wire_message ack = {.type = WIRE_clear_ack};
    ack.clear_ack.request = one_sent(one, ONE_SELF + 1, WIRE_clear)->clear.request;
    reaper_keep_clock(one, 0);
    ack.clear_ack.clear = 1;
    one_hear(one, ONE_SELF + 2, &ack);
    ack.clear_ack.clear = clear;
    ack.clear_ack.epoch = epoch;
    one_hear(one, ONE_SELF + 1, &ack);
}

void reaper_prove(struct one_node *one, struct bytes key, struct blob *object)
{
    assert_true(reaper_scans(one));
    assert_true(reaper_find(one, key, object));
    reaper_answer_gets(one, true);
    reaper_answer_clears(one, true, 0);
}
