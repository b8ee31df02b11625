/* A ring of one, driven over the memory engine: requests in, replies out, and nothing of it re-enters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "server/driver.h"
#include "server/live.h"

#define PARTITIONS 16u
#define KEYS_MANY 1000u
#define ALL_PARTITIONS bytes_of("\xff\xff", 2)

struct fixture {
    struct engine *engine;
    struct node *node;
    struct driver driver;
    struct instant now;
    unsigned replies, saves;
    uint64_t last_token, chain; /* `chain`: requests that replies submit in turn */
    int last_status;
    char value[64];
};

static void sink_send(void *context, uint64_t peer, const struct wire_message *message)
{
    (void)context;
    (void)peer;
    (void)message;
    fail_msg("a ring of one has nobody to talk to");
}

static struct request get_of(uint64_t token)
{
    return (struct request){.token = token, .op = OP_GET, .key = bytes_of_text("key")};
}

static void sink_reply(void *context, const struct reply *reply)
{
    struct fixture *fixture = context;
    assert_true(fixture->driver.is_performing);
    fixture->replies++;
    fixture->last_token = reply->token;
    fixture->last_status = reply->status;
    size_t len = reply->value.len < sizeof fixture->value ? reply->value.len : sizeof fixture->value - 1;
    memcpy(fixture->value, reply->value.data == NULL ? (const uint8_t *)"" : reply->value.data, len);
    fixture->value[len] = '\0';
    if (fixture->chain > 0) {
        struct request next = get_of(1000 + fixture->chain--);
        assert_int_equal(driver_submit(&fixture->driver, &next), 0);
    }
}

static void sink_copies(void *context, uint64_t token, uint8_t copies, bool final)
{
    (void)context;
    (void)token;
    (void)copies;
    (void) final;
}

static int sink_save(void *context, uint64_t token)
{
    (void)token;
    struct fixture *fixture = context;
    fixture->saves++;
    assert_true(node_state(fixture->node).len > 0);
    return 0;
}

static void sink_joined(void *context, const struct effect *effect)
{
    (void)context;
    (void)effect;
    fail_msg("a founder does not join");
}

static void sink_refused(void *context, struct bytes text)
{
    (void)context;
    (void)text;
    fail_msg("nobody is there to refuse");
}

static struct instant sink_now(void *context)
{
    return ((struct fixture *)context)->now;
}

static void wake(void *context)
{
    (void)context;
}

static void open_node(struct fixture *fixture)
{
    struct node_config config = {.node = 5,
                                 .actor = 6,
                                 .cluster = 7,
                                 .seed = 8,
                                 .partitions = PARTITIONS,
                                 .replicas = 3,
                                 .r = 2,
                                 .w = 2,
                                 .weight = 100,
                                 .zone = "",
                                 .requests_max = 2 * KEYS_MANY,
                                 .request_timeout_ms = 1000};
    snprintf(config.self.client, sizeof config.self.client, "127.0.0.1:6379");
    snprintf(config.self.peer, sizeof config.self.peer, "127.0.0.1:16379");
    assert_int_equal(node_new(&config, &fixture->node), 0);
}

static int open_fixture(void **state)
{
    char text[256];
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct engine_options options = {.kind = ENGINE_MEMORY, .pending_max = 2 * KEYS_MANY, .wake = wake};
    struct driver_sink sink = {fixture,   sink_send,   sink_reply,   sink_copies,
                               sink_save, sink_joined, sink_refused, sink_now};
    assert_non_null(fixture);
    fixture->now = (struct instant){1000, 1700000000000};
    assert_int_equal(engine_open(&options, text, sizeof text, &fixture->engine), 0);
    open_node(fixture);
    driver_init(&fixture->driver, fixture->node, fixture->engine, &sink);
    struct event tick = {.kind = EVENT_TICK};
    driver_post(&fixture->driver, &tick);
    driver_run(&fixture->driver);
    *state = fixture;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;
    engine_close(fixture->engine);
    driver_done(&fixture->driver);
    node_free(fixture->node);
    free(fixture);
    return 0;
}

/* Steps until `replies` have come; the engine may need a moment. */
static void run_until(struct fixture *fixture, unsigned replies)
{
    for (unsigned i = 0; i < 1000 && fixture->replies < replies; i++) {
        driver_run(&fixture->driver);
        driver_flush_engine(&fixture->driver);
        driver_poll_engine(&fixture->driver);
    }
    assert_int_equal(fixture->replies, replies);
}

static void set_key(struct fixture *fixture, const char *value)
{
    struct request request = {.token = 1, .op = OP_SET, .key = bytes_of_text("key"), .value = bytes_of_text(value)};
    unsigned wanted = fixture->replies + 1;
    assert_int_equal(driver_submit(&fixture->driver, &request), 0);
    run_until(fixture, wanted);
    assert_int_equal(fixture->last_status, 0);
}

static void test_write_is_read_back(void **state)
{
    struct fixture *fixture = *state;
    struct request get = get_of(2);
    assert_true(fixture->saves > 0);
    set_key(fixture, "one");
    assert_int_equal(driver_submit(&fixture->driver, &get), 0);
    run_until(fixture, 2);
    assert_int_equal(fixture->last_token, 2);
    assert_string_equal(fixture->value, "one");
}

/* D1: a reply that makes room for another request submits it while the effects of a step are performed. */
static void test_reply_may_submit(void **state)
{
    struct fixture *fixture = *state;
    struct request get = get_of(2);
    set_key(fixture, "one");
    fixture->chain = 500;
    assert_int_equal(driver_submit(&fixture->driver, &get), 0);
    run_until(fixture, 502);
    assert_int_equal(fixture->last_token, 1001);
}

static void test_live_keys_are_counted_and_listed(void **state)
{
    struct fixture *fixture = *state;
    struct request count = {.token = 3, .op = OP_COUNT};
    set_key(fixture, "one");
    set_key(fixture, "two");
    assert_int_equal(live_in_all(fixture->engine), 1);
    assert_int_equal(live_in_partitions(fixture->engine, ALL_PARTITIONS, PARTITIONS), 1);
    assert_int_equal(live_in_partitions(fixture->engine, BYTES_EMPTY, PARTITIONS), 0);
    assert_int_equal(driver_submit(&fixture->driver, &count), 0);
    run_until(fixture, 3);
    assert_int_equal(fixture->last_status, 0);
}

static void fill_engine(struct engine *engine)
{
    struct blob *value = blob_copy(bytes_of_text("object"));
    struct engine_write write = {.token = 99, .at = {0, 9, bytes_of_text("other")}, .value = value, .clock = 1};
    while (engine_submit(engine, &write) == 0) {
        /* until it is busy */
    }
    blob_unref(value);
}

/* The node has minted a dot for it, and the disk has not seen it: no mark of a clean stop after that. */
static void test_busy_store_is_a_failure(void **state)
{
    struct fixture *fixture = *state;
    struct request set = {.token = 1, .op = OP_SET, .key = bytes_of_text("key"), .value = bytes_of_text("one")};
    fill_engine(fixture->engine);
    assert_int_equal(driver_submit(&fixture->driver, &set), 0);
    driver_run(&fixture->driver);
    assert_int_equal(fixture->driver.failures, 1);
    assert_int_equal(fixture->replies, 1);
    assert_int_not_equal(fixture->last_status, 0);
}

/* Completions are taken in shares, so that peers are heard between them; none is lost. */
static void test_completions_come_in_shares(void **state)
{
    struct fixture *fixture = *state;
    char keys[KEYS_MANY][8];
    for (unsigned i = 0; i < KEYS_MANY; i++) {
        snprintf(keys[i], sizeof keys[i], "k%u", i);
        struct request set = {.token = i + 1, .op = OP_SET, .key = bytes_of_text(keys[i]), .value = bytes_of_text("v")};
        assert_int_equal(driver_submit(&fixture->driver, &set), 0);
    }
    driver_run(&fixture->driver);
    driver_flush_engine(&fixture->driver);
    assert_int_equal(fixture->replies, 0);
    assert_true(driver_poll_engine(&fixture->driver));
    assert_true(fixture->replies >= 100 && fixture->replies < KEYS_MANY);
    run_until(fixture, KEYS_MANY);
    assert_false(driver_poll_engine(&fixture->driver));
    assert_int_equal(live_in_all(fixture->engine), KEYS_MANY);
}

/* The node's first step counts hints by a scan, whose page the driver gives back; one that is still under way when the
 * engine closes goes with it (every fixture here ends so, under a sanitizer). */
static void test_scans_are_answered(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 1000 && !node_is_idle(fixture->node); i++) {
        run_until(fixture, 0);
    }
    set_key(fixture, "one");
    for (unsigned i = 0; i < 100; i++) {
        usleep(100);
        driver_poll_engine(&fixture->driver);
    }
    assert_int_equal(fixture->driver.failures, 0);
    assert_int_equal(fixture->driver.events.count, 0);
    assert_int_equal(node_stats(fixture->node)->store_errors, 0);
}

#define LARGE_BYTES ((size_t)1 << 20)
#define LARGE_GETS 30u

/* A large value, asked for more often than a turn may load it. Returns how many were answered. */
static unsigned ask_for_large(struct fixture *fixture)
{
    uint8_t *value = calloc(1, LARGE_BYTES);
    assert_non_null(value);
    struct request set = {.op = OP_SET, .key = bytes_of_text("key"), .value = bytes_of(value, LARGE_BYTES)};
    assert_int_equal(driver_submit(&fixture->driver, &set), 0);
    run_until(fixture, 1);
    free(value);
    driver_turn(&fixture->driver);
    for (unsigned i = 0; i < LARGE_GETS; i++) {
        struct request get = get_of(i);
        assert_int_equal(driver_submit(&fixture->driver, &get), 0);
    }
    driver_run(&fixture->driver);
    return fixture->replies - 1;
}

/* Peers are heard between two turns, so a turn loads no more than its share; nothing is lost. */
static void test_a_turn_loads_so_many_bytes(void **state)
{
    struct fixture *fixture = *state;
    unsigned first = ask_for_large(fixture);
    assert_in_range(first, 1, LARGE_GETS / 4);
    for (unsigned answered = first; driver_has_line(&fixture->driver); answered = fixture->replies - 1) {
        driver_turn(&fixture->driver);
        assert_in_range(fixture->replies - 1, answered + 1, answered + first);
        assert_int_equal(fixture->last_status, 0);
    }
    assert_int_equal(fixture->replies - 1, LARGE_GETS);
}

static void test_who_has_waited_for_long_is_told_so(void **state)
{
    struct fixture *fixture = *state;
    unsigned first = ask_for_large(fixture);
    fixture->now.mono_ms += 500; /* half of the deadline */
    driver_turn(&fixture->driver);
    assert_false(driver_has_line(&fixture->driver));
    assert_int_equal(fixture->replies - 1, LARGE_GETS);
    assert_int_equal(fixture->last_status, GR_EBUSY);
    assert_int_equal(node_stats(fixture->node)->requests_busy, LARGE_GETS - first);
    assert_int_equal(node_stats(fixture->node)->reads_bytes, 0);
}

static void test_the_end_drops_who_waits(void **state)
{
    ask_for_large(*state);
    assert_true(driver_has_line(&((struct fixture *)*state)->driver));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write_is_read_back, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_reply_may_submit, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_live_keys_are_counted_and_listed, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_scans_are_answered, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_completions_come_in_shares, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_busy_store_is_a_failure, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_a_turn_loads_so_many_bytes, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_who_has_waited_for_long_is_told_so, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_the_end_drops_who_waits, open_fixture, close_fixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
