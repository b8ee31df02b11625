#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "fake_host.h"

static int set_up(void **state)
{
    *state = fake_new(16);
    return 0;
}

static int tear_down(void **state)
{
    fake_free(*state);
    return 0;
}

static void feed(struct session *session, const char *text);

/* A session that has seen that replies are small, and takes as many commands as the pipeline holds. */
static struct session *connect_warm(struct fake *fake)
{
    struct session *session = fake_connect(fake);
    feed(session, "PING\r\nPING\r\nPING\r\nPING\r\nPING\r\nPING\r\nPING\r\nPING\r\n");
    fake_output(session, NULL);
    return session;
}

static void feed(struct session *session, const char *text)
{
    assert_int_equal(fake_feed(session, bytes_of_text(text)), strlen(text));
}

static void expect_output(struct session *session, const char *wanted)
{
    assert_string_equal(fake_output(session, NULL), wanted);
}

static void replies_keep_the_order_of_commands(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    feed(session, "SET a 1\r\nSET b 2\r\nPING\r\nSET c 3\r\n");
    assert_int_equal(fake->pending_count, 3);
    expect_output(session, "");
    fake_complete(fake, 2);
    fake_complete(fake, 1);
    expect_output(session, "");
    fake_complete(fake, 0);
    expect_output(session, "+OK\r\n+OK\r\n+PONG\r\n+OK\r\n");
    session_free(session);
}

static void a_write_waits_for_what_touches_its_key(void **state)
{
    struct fake *fake = *state;
    struct session *session = connect_warm(fake);
    feed(session, "SET a 1\r\nGET a\r\nGET a\r\nAPPEND a 2\r\nGET a\r\nSET b x\r\n");
    assert_int_equal(fake->pending_count, 2); /* SET a, SET b */
    fake_complete(fake, 0);
    assert_int_equal(fake->pending_count, 3); /* SET b, both GET a */
    fake_complete(fake, 2);
    fake_complete(fake, 1);
    assert_int_equal(fake->pending_count, 2); /* SET b, APPEND a */
    fake_drain(fake);
    expect_output(session, "+OK\r\n$1\r\n1\r\n$1\r\n1\r\n:2\r\n$2\r\n12\r\n+OK\r\n");
    session_free(session);
}

static void several_keys_wait_as_one(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    feed(session, "SET a 1\r\nMSET a 2 b 2\r\nMGET a b\r\nSET b 3\r\nGET b\r\n");
    assert_int_equal(fake->pending_count, 1);
    fake_drain(fake);
    expect_output(session, "+OK\r\n+OK\r\n*2\r\n$1\r\n2\r\n$1\r\n2\r\n+OK\r\n$1\r\n3\r\n");
    session_free(session);
}

static void dbsize_counts_what_went_before(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    feed(session, "SET a 1\r\nDBSIZE\r\nSET b 1\r\n");
    assert_int_equal(fake->pending_count, 2);
    fake_drain(fake);
    expect_output(session, "+OK\r\n:2\r\n+OK\r\n");
    session_free(session);
}

/* The model: one command after the other. */
static void run_model(char model[8][64], unsigned key, unsigned kind, unsigned serial, char *wanted, size_t size)
{
    char *value = model[key];
    if (kind == 0) {
        snprintf(value, 64, "%u", serial);
        snprintf(wanted + strlen(wanted), size - strlen(wanted), "+OK\r\n");
    } else if (kind == 1 && value[0] == '\0') {
        snprintf(wanted + strlen(wanted), size - strlen(wanted), "$-1\r\n");
    } else if (kind == 1) {
        snprintf(wanted + strlen(wanted), size - strlen(wanted), "$%zu\r\n%s\r\n", strlen(value), value);
    } else {
        snprintf(wanted + strlen(wanted), size - strlen(wanted), ":%d\r\n", value[0] != '\0');
        value[0] = '\0';
    }
}

/* Random pipelines, random order of answers: the output is that of running one command after the other. */
static void any_order_of_answers_gives_the_same_replies(void **state)
{
    struct fake *fake = *state;
    struct rng rng;
    rng_init(&rng, 11);
    for (int round = 0; round < 200; round++) {
        struct session *session = fake_connect(fake);
        char model[8][64] = {""};
        static char wanted[65536], got[65536];
        wanted[0] = got[0] = '\0';
        for (unsigned i = 0; i < 300; i++) {
            unsigned key = (unsigned)rng_below(&rng, 8), kind = (unsigned)rng_below(&rng, 3);
            char line[64];
            size_t len = kind == 0   ? (size_t)snprintf(line, sizeof line, "SET r%d:%u %u\r\n", round, key, i)
                         : kind == 1 ? (size_t)snprintf(line, sizeof line, "GET r%d:%u\r\n", round, key)
                                     : (size_t)snprintf(line, sizeof line, "DEL r%d:%u\r\n", round, key);
            run_model(model, key, kind, i, wanted, sizeof wanted);
            size_t fed = fake_feed(session, bytes_of(line, len));
            while (fed < len || rng_chance(&rng, 400000)) {
                if (fake->pending_count > 0) {
                    fake_complete(fake, (unsigned)rng_below(&rng, fake->pending_count));
                } else if (fed == len) {
                    break;
                }
                fed += fake_feed(session, bytes_of(line + fed, len - fed));
            }
        }
        while (fake->pending_count > 0) {
            fake_complete(fake, (unsigned)rng_below(&rng, fake->pending_count));
        }
        snprintf(got, sizeof got, "%s", fake_output(session, NULL));
        assert_string_equal(got, wanted);
        session_free(session);
    }
}

static void no_more_than_the_pipeline_holds_is_taken(void **state)
{
    struct fake *fake = *state;
    struct session *session = connect_warm(fake);
    char line[64];
    size_t room = 0;
    for (unsigned i = 0; i < 100; i++) {
        size_t len = (size_t)snprintf(line, sizeof line, "SET k%u 1\r\n", i);
        if (fake_feed(session, bytes_of(line, len)) < len) {
            break;
        }
    }
    assert_int_equal(fake->pending_count, 64);
    assert_null(session_input(session, &room));
    unsigned wakes = fake->wakes;
    fake_complete(fake, 0);
    assert_true(fake->wakes > wakes);
    assert_non_null(session_input(session, &room));
    fake_drain(fake);
    session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replies_keep_the_order_of_commands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_waits_for_what_touches_its_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(several_keys_wait_as_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dbsize_counts_what_went_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_order_of_answers_gives_the_same_replies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_more_than_the_pipeline_holds_is_taken, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
