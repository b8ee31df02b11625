#include "unit/node/hinter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/internal.h"

#define TICK_MS 20u
#define SETTLED_MS 200u /* links have been noticed, and pace has work to give */
#define COORDINATOR (ONE_SELF + 1)
#define WRITER 8u

struct node_config hinter_config(void)
{
    struct node_config config = one_config();
    config.hints_bytes_max = 1u << 20;
    config.hints_age_ms = HINTER_AGE_MS;
    config.sync_period_ms = 1u << 30;
    return config;
}

void hinter_start(struct one_node *one, unsigned peers)
{
    struct node_config config = hinter_config();
    one_start(one, &config, peers);
    hinter_wait(one, SETTLED_MS);
}

static void pong(struct one_node *one)
{
    const struct wire_message message = {.type = WIRE_pong};
    const struct members *members = node_members(one->node);
    for (uint32_t i = 0; i < members->count; i++) {
        uint64_t peer = members->list[i].node;
        if (peer != ONE_SELF && node_peer_is_healthy(one->node, peer)) {
            one_hear(one, peer, &message);
        }
    }
}

void hinter_wait(struct one_node *one, uint64_t for_ms)
{
    for (uint64_t waited = 0; waited < for_ms; waited += TICK_MS) {
        pong(one);
        one_tick(one, TICK_MS);
    }
}

struct health *hinter_health(struct one_node *one, uint64_t peer)
{
    struct detector *detector = &one->node->detector;
    for (uint32_t i = 0; i < detector->count; i++) {
        if (detector->list[i].peer == peer) {
            return &detector->list[i];
        }
    }
    fail_msg("it has no link");
    return NULL;
}

void hinter_suspect(struct one_node *one, uint64_t peer)
{
    struct health *health = hinter_health(one, peer);
    health->state = HEALTH_SUSPECT;
    health->told = true;
    health->probe_ms = UINT64_MAX;
}

void hinter_hear(struct one_node *one, uint64_t owner, struct bytes key, struct blob *object)
{
    struct wire_message put = {.type = WIRE_put};
    put.put.request = 9;
    put.put.owner = owner;
    put.put.key = key;
    put.put.object = blob_bytes(object);
    one_hear(one, COORDINATOR, &put);
}

void hinter_keep(struct one_node *one, uint64_t owner, struct bytes key, struct blob *object)
{
    hinter_hear(one, owner, key, object);
    one_serve(one);
    blob_unref(object);
}

struct blob *hinter_object(struct one_node *one, struct bytes key, const char *value, uint64_t age_ms)
{
    return one_object(one, key, value, (struct dot){.actor = WRITER, .hlc = hlc_from_ms(one->now.wall_ms - age_ms)});
}

const struct effect *hinter_scan(struct one_node *one)
{
    for (unsigned i = 0; i < HINTER_SCANS_MS / TICK_MS; i++) {
        pong(one);
        one_tick(one, TICK_MS);
        const struct effect *scan = one_effect(one, EFFECT_SCAN, 0);
        if (scan != NULL) {
            assert_true(scan->scan.hints);
            return scan;
        }
    }
    return NULL;
}

void hinter_find(struct one_node *one, uint64_t owner, struct bytes key, struct bytes object)
{
    struct page *page = page_new(1u << 20);
    assert_non_null(page);
    assert_int_equal(page_add(page, owner, key, object, true), 0);
    one_scanned(one, 0, page);
}

void hinter_put_ack(struct one_node *one, uint64_t from, uint64_t request, int status, struct dot newest)
{
    struct wire_message ack = {.type = WIRE_put_ack};
    ack.put_ack.request = request;
    ack.put_ack.error = (uint16_t)-status;
    ack.put_ack.newest_actor = newest.actor;
    ack.put_ack.newest_hlc = newest.hlc;
    one_hear(one, from, &ack);
}
