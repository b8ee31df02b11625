/* The share of commands that sessions take in one turn of the loop, and the line for the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_host.h"
#include "resp/session_state.h"

#define SESSIONS 40
#define PING "PING\r\n"

static int set_up(void **state)
{
    *state = fake_new(SESSIONS);
    return 0;
}

static int tear_down(void **state)
{
    fake_free(*state);
    return 0;
}

/* Feed up to `count` commands, as far as the session takes them; returns the bytes taken. */
static size_t feed_pings(struct session *session, unsigned count)
{
    size_t len = count * strlen(PING);
    char *text = malloc(len + 1);
    assert_non_null(text);
    for (unsigned i = 0; i < count; i++) {
        memcpy(text + i * strlen(PING), PING, strlen(PING));
    }
    size_t taken = fake_feed(session, bytes_of(text, len));
    free(text);
    return taken;
}

/* How many replies wait; they are taken. */
static unsigned pongs(struct session *session)
{
    size_t len;
    fake_output(session, &len);
    return (unsigned)(len / strlen("+PONG\r\n"));
}

static void test_no_bound_before_the_first_turn(void **state)
{
    struct session *session = fake_connect(*state);
    assert_int_equal(feed_pings(session, 3000), 3000 * strlen(PING));
    assert_int_equal(pongs(session), 3000);
}

static void test_a_turn_is_bounded_and_the_next_goes_on(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    size_t room;
    sessions_turn(fake->sessions);
    unsigned fed = (unsigned)(feed_pings(session, 5000) / strlen(PING)); /* one chunk of input, cut in a command */
    unsigned answered = pongs(session);
    assert_int_equal(answered, TURN_UNITS);
    assert_true(fed > 2 * TURN_UNITS);
    assert_true(sessions_have_line(fake->sessions));
    assert_null(session_input(session, &room));
    for (unsigned turns = 0; sessions_have_line(fake->sessions); turns++) {
        unsigned wakes = fake->wakes;
        assert_true(turns < 10);
        sessions_turn(fake->sessions);
        unsigned more = pongs(session);
        assert_true(more <= TURN_UNITS);
        assert_true(fake->wakes > wakes);
        answered += more;
    }
    assert_int_equal(answered, fed);
    assert_non_null(session_input(session, &room));
}

static void test_one_question_waits_for_a_visit_of_those_in_front(void **state)
{
    struct fake *fake = *state;
    struct session *floods[10];
    sessions_turn(fake->sessions);
    for (unsigned i = 0; i < 10; i++) {
        floods[i] = fake_connect(fake);
        feed_pings(floods[i], 2000);
        pongs(floods[i]);
    }
    struct session *other = fake_connect(fake);
    feed_pings(other, 1);
    assert_int_equal(pongs(other), 0); /* V1 */
    sessions_turn(fake->sessions);
    assert_int_equal(pongs(other), 1);
    unsigned least = TURN_UNITS, most = 0;
    for (unsigned i = 0; i < 10; i++) {
        unsigned answered = pongs(floods[i]);
        least = answered < least ? answered : least;
        most = answered > most ? answered : most;
    }
    assert_true(least > 0);
    assert_true(most - least <= TURN_VISIT);
}

static void test_large_commands_cost_more(void **state)
{
    struct fake *fake = *state;
    struct session *large = fake_connect(fake);
    struct session *other = fake_connect(fake);
    size_t len = TURN_UNITS * TURN_UNIT_BYTES;
    char *value = calloc(1, len + 3);
    assert_non_null(value);
    memcpy(value + len, "\r\n", 2);
    sessions_turn(fake->sessions);
    fake_feed(large, bytes_of_text("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$8388608\r\n"));
    assert_int_equal(fake_feed(large, bytes_of(value, len + 2)), len + 2);
    feed_pings(other, 1);
    assert_int_equal(pongs(other), 0);
    fake_drain(fake);
    assert_string_equal(fake_output(large, NULL), "+OK\r\n");
    sessions_turn(fake->sessions);
    assert_int_equal(pongs(other), 1);
    free(value);
}

static void test_who_is_gone_or_killed_stands_in_no_line(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    struct session *killed = fake_connect(fake);
    sessions_turn(fake->sessions);
    feed_pings(session, 2000);
    feed_pings(killed, 2000);
    session_kill(killed);
    session_free(session);
    assert_true(sessions_have_line(fake->sessions));
    sessions_turn(fake->sessions);
    assert_false(sessions_have_line(fake->sessions));
    session_free(killed);
}

/* Requests that complete let their session take more: that too is within the share. */
static void test_completions_take_no_more_than_the_share(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    char text[16384];
    size_t len = 0;
    sessions_turn(fake->sessions);
    for (unsigned i = 0; i < 1200; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "GET a%u\r\n", i);
    }
    assert_int_equal(fake_feed(session, bytes_of(text, len)), len);
    uint64_t before = 0;
    for (unsigned turns = 0; turns < 5; turns++) {
        fake_drain(fake);
        fake_output(session, NULL);
        uint64_t taken = fake->sessions->commands_total - before;
        assert_true(taken <= TURN_UNITS);
        before += taken;
        sessions_turn(fake->sessions);
    }
    assert_int_equal(before, 1200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_bound_before_the_first_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_turn_is_bounded_and_the_next_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_question_waits_for_a_visit_of_those_in_front, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_large_commands_cost_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_is_gone_or_killed_stands_in_no_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_completions_take_no_more_than_the_share, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
