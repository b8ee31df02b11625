/* Whom the dialler dials when. Members are told to a real node as gossip; their addresses lead nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "server/dialler.h"
#include "server/log.h"

#define OWN 100u
#define SMALLER 50u
#define GREATER 150u
#define START_MS 10000u

struct fixture {
    uv_loop_t loop;
    struct links links;
    struct node *node;
    struct dialler dialler;
    unsigned refusals;
    unsigned alone; /* times it was told so */
};

static void on_peer(void *context, uint64_t peer)
{
    (void)context;
    (void)peer;
}

static void on_message(void *context, uint64_t peer, const struct wire_message *message)
{
    (void)context;
    (void)peer;
    (void)message;
}

static bool on_is_member(void *context, uint64_t peer)
{
    (void)context;
    (void)peer;
    return true;
}

static void on_dialled(void *context, uint64_t dial, enum links_outcome outcome, int code, const char *text)
{
    struct fixture *fixture = context;
    dialler_told(&fixture->dialler, dial, outcome, code, text);
}

static void on_failed(void *context, const char *address, const char *text)
{
    (void)context;
    (void)address;
    (void)text;
}

static void on_alone(void *context, const char *address)
{
    struct fixture *fixture = context;
    assert_string_equal(address, "127.0.0.1:3");
    fixture->alone++;
}

static void on_refused(void *context, const char *address, bool is_seed, int code, const char *text)
{
    struct fixture *fixture = context;
    (void)address;
    (void)is_seed;
    (void)code;
    (void)text;
    fixture->refusals++;
}

static void open_node(struct fixture *fixture, uint64_t cluster)
{
    struct node_config config = {.node = OWN,
                                 .actor = 6,
                                 .cluster = cluster,
                                 .seed = 8,
                                 .partitions = 16,
                                 .replicas = 3,
                                 .r = 2,
                                 .w = 2,
                                 .weight = 100,
                                 .zone = "",
                                 .requests_max = 64,
                                 .request_timeout_ms = 1000};
    snprintf(config.self.client, sizeof config.self.client, "127.0.0.1:6379");
    snprintf(config.self.peer, sizeof config.self.peer, "127.0.0.1:2");
    assert_int_equal(node_new(&config, &fixture->node), 0);
}

static int open_fixture(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct handshake_self self = {7, OWN};
    struct links_sink sink = {fixture, on_peer, on_peer, on_message, on_is_member, on_dialled};
    assert_non_null(fixture);
    log_set_level(SETTINGS_ERROR);
    uv_loop_init(&fixture->loop);
    links_init(&fixture->links, &fixture->loop, &self, &sink);
    *state = fixture;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;
    dialler_stop(&fixture->dialler);
    links_close(&fixture->links);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    links_done(&fixture->links);
    dialler_done(&fixture->dialler);
    node_free(fixture->node);
    free(fixture);
    return 0;
}

static void start_dialler(struct fixture *fixture, const char *seeds)
{
    struct dialler_sink sink = {fixture, on_refused, on_failed, on_alone};
    assert_int_equal(dialler_init(&fixture->dialler, &fixture->links, fixture->node, seeds, 1, &sink), 0);
}

/* Gossip that brings a member's record, at an address where nobody listens. */
static void tell_member(struct fixture *fixture, uint64_t node)
{
    uint8_t raw[2 + MEMBER_RECORD_MAX];
    struct member member = {.node = node, .version = 1, .client = "127.0.0.1:1", .peer = "127.0.0.1:1"};
    size_t len = member_encode(&member, raw + 2);
    struct writer head = writer_of(raw, 2);
    writer_u16(&head, (uint16_t)len);
    struct wire_message message = {.type = WIRE_membership};
    message.membership.cluster = node_cluster(fixture->node);
    message.membership.records = bytes_of(raw, 2 + len);
    struct event event = {.kind = EVENT_MESSAGE, .now = {START_MS, 1700000000000}, .message = {node, &message}};
    node_step(fixture->node, &event);
    assert_non_null(members_find(node_members(fixture->node), node));
}

static const struct dial *dial_of(const struct fixture *fixture, uint64_t node)
{
    for (unsigned i = 0; i < fixture->dialler.count; i++) {
        if (fixture->dialler.dials[i].node == node) {
            return &fixture->dialler.dials[i];
        }
    }
    return NULL;
}

static void test_greater_id_is_dialled_at_once_smaller_waits(void **state)
{
    struct fixture *fixture = *state;
    open_node(fixture, 7);
    start_dialler(fixture, NULL);
    tell_member(fixture, SMALLER);
    tell_member(fixture, GREATER);
    assert_int_equal(dialler_tick(&fixture->dialler, START_MS), START_MS + DIALLER_PATIENCE_MS);
    assert_true(dial_of(fixture, GREATER)->is_busy);
    assert_false(dial_of(fixture, SMALLER)->is_busy);
    dialler_tick(&fixture->dialler, START_MS + DIALLER_PATIENCE_MS);
    assert_true(dial_of(fixture, SMALLER)->is_busy);
    assert_null(dial_of(fixture, OWN));
}

static void test_members_known_at_the_start_are_dialled_at_once(void **state)
{
    struct fixture *fixture = *state;
    open_node(fixture, 7);
    tell_member(fixture, SMALLER);
    start_dialler(fixture, NULL);
    dialler_tick(&fixture->dialler, START_MS);
    assert_true(dial_of(fixture, SMALLER)->is_busy);
}

static void test_failure_backs_off(void **state)
{
    struct fixture *fixture = *state;
    open_node(fixture, 7);
    tell_member(fixture, GREATER);
    start_dialler(fixture, NULL);
    uint64_t now_ms = START_MS;
    uint64_t waited_ms = 0;
    for (unsigned i = 0; i < 10; i++) {
        dialler_tick(&fixture->dialler, now_ms);
        assert_true(dial_of(fixture, GREATER)->is_busy);
        uv_run(&fixture->loop, UV_RUN_DEFAULT); /* refused: nobody listens there */
        uint64_t wake_at = dialler_tick(&fixture->dialler, now_ms);
        assert_in_range(wake_at - now_ms, BACKOFF_FIRST_MS / 2, BACKOFF_LAST_MS);
        waited_ms = wake_at - now_ms;
        now_ms = wake_at;
    }
    assert_in_range(waited_ms, BACKOFF_LAST_MS / 2, BACKOFF_LAST_MS);
}

/* A link that comes up and breaks each time must not be dialled without pause. */
static void test_flapping_link_backs_off(void **state)
{
    struct fixture *fixture = *state;
    open_node(fixture, 7);
    tell_member(fixture, GREATER);
    start_dialler(fixture, NULL);
    uint64_t now_ms = START_MS;
    for (unsigned i = 0; i < 20; i++) {
        dialler_tick(&fixture->dialler, now_ms);
        const struct dial *dial = dial_of(fixture, GREATER);
        dialler_told(&fixture->dialler, dial->number, LINKS_UP, 0, "");
        dialler_told(&fixture->dialler, dial->number, LINKS_LOST, 0, "");
        dialler_peer_lost(&fixture->dialler, GREATER, now_ms);
        links_close(&fixture->links);
        now_ms = dial->due_ms;
    }
    assert_true(now_ms - START_MS > 10 * (BACKOFF_LAST_MS / 2));
}

static void test_seeds_are_dialled_while_alone(void **state)
{
    struct fixture *fixture = *state;
    open_node(fixture, 0);
    start_dialler(fixture, "127.0.0.1:1,127.0.0.1:3");
    assert_int_equal(fixture->dialler.count, 2);
    dialler_tick(&fixture->dialler, START_MS);
    assert_true(fixture->dialler.dials[0].is_busy);
    dialler_told(&fixture->dialler, fixture->dialler.dials[0].number, LINKS_SELF, 0, "");
    dialler_told(&fixture->dialler, fixture->dialler.dials[1].number, LINKS_REFUSED, -1, "no");
    assert_int_equal(fixture->refusals, 1);
    links_close(&fixture->links);
    dialler_tick(&fixture->dialler, START_MS + DIALLER_CALM_MS);
    assert_false(fixture->dialler.dials[0].is_busy); /* it is this very node */
    assert_true(fixture->dialler.dials[1].is_busy);
}

static void test_seeds_that_are_all_this_node_are_told(void **state)
{
    struct fixture *fixture = *state;
    open_node(fixture, 0);
    start_dialler(fixture, "127.0.0.1:1,127.0.0.1:3");
    dialler_tick(&fixture->dialler, START_MS);
    dialler_told(&fixture->dialler, fixture->dialler.dials[0].number, LINKS_SELF, 0, "");
    assert_int_equal(fixture->alone, 0);
    dialler_told(&fixture->dialler, fixture->dialler.dials[1].number, LINKS_SELF, 0, "");
    assert_int_equal(fixture->alone, 1);
}

/* With a cluster a node may well have itself in a list that all nodes share. */
static void test_a_member_may_be_its_own_seed(void **state)
{
    struct fixture *fixture = *state;
    open_node(fixture, 7);
    start_dialler(fixture, "127.0.0.1:3");
    dialler_tick(&fixture->dialler, START_MS);
    dialler_told(&fixture->dialler, fixture->dialler.dials[0].number, LINKS_SELF, 0, "");
    assert_int_equal(fixture->alone, 0);
}

/* The seed is one of them, most likely: two connections at once, of which one is closed with what was sent on it. */
static void test_members_come_before_seeds_at_the_start(void **state)
{
    struct fixture *fixture = *state;
    open_node(fixture, 7);
    tell_member(fixture, SMALLER);
    start_dialler(fixture, "127.0.0.1:3");
    dialler_tick(&fixture->dialler, START_MS);
    assert_true(dial_of(fixture, SMALLER)->is_busy);
    assert_false(dial_of(fixture, 0)->is_busy);
    dialler_tick(&fixture->dialler, START_MS + DIALLER_PATIENCE_MS);
    assert_true(dial_of(fixture, 0)->is_busy);
}

/* Members that were there before: each dial would end at the one who is there now, and take the last one's place. */
static void test_an_address_where_another_member_answers_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct link link = {.peer = SMALLER};
    struct link *up = &link;
    struct links before = fixture->links;
    open_node(fixture, 7);
    tell_member(fixture, SMALLER);
    tell_member(fixture, GREATER);
    start_dialler(fixture, NULL);
    fixture->links.up = &up;
    fixture->links.up_count = 1;
    dialler_tick(&fixture->dialler, START_MS);
    fixture->links.up = before.up;
    fixture->links.up_count = before.up_count;
    assert_false(dial_of(fixture, GREATER)->is_busy);
    dialler_peer_lost(&fixture->dialler, SMALLER, START_MS);
    dialler_tick(&fixture->dialler, START_MS);
    assert_true(dial_of(fixture, GREATER)->is_busy);
}

int main(void)
{
#define DIALLER_TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        DIALLER_TEST(test_greater_id_is_dialled_at_once_smaller_waits),
        DIALLER_TEST(test_members_known_at_the_start_are_dialled_at_once),
        DIALLER_TEST(test_members_come_before_seeds_at_the_start),
        DIALLER_TEST(test_failure_backs_off),
        DIALLER_TEST(test_flapping_link_backs_off),
        DIALLER_TEST(test_an_address_where_another_member_answers_is_left_alone),
        DIALLER_TEST(test_seeds_are_dialled_while_alone),
        DIALLER_TEST(test_seeds_that_are_all_this_node_are_told),
        DIALLER_TEST(test_a_member_may_be_its_own_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
