#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_host.h"

static int set_up(void **state)
{
    *state = fake_new(8);
    return 0;
}

static int tear_down(void **state)
{
    fake_free(*state);
    return 0;
}

static void answers_at_once_when_enough_hold_it(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    assert_string_equal(fake_say(fake, session, "SET a 1\r\nWAIT 2 0\r\n"), "+OK\r\n:2\r\n");
    assert_string_equal(fake_say(fake, session, "WAIT 0 0\r\n"), ":2\r\n");
    session_free(session);
}

static void without_a_write_all_copies_hold_it(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    assert_string_equal(fake_say(fake, session, "GET a\r\nWAIT 5 0\r\n"), "$-1\r\n:2\r\n");
    session_free(session);
}

static void waits_for_the_copy_that_is_missing(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_say(fake, session, "SET a 1\r\n");
    uint64_t token = fake->last_token;
    fake_feed(session, bytes_of_text("WAIT 3 0\r\nPING\r\nGET a\r\n"));
    assert_string_equal(fake_output(session, NULL), "");
    assert_int_equal(fake->pending_count, 0); /* what follows waits too */
    assert_true(sessions_wake_at(fake->sessions) == UINT64_MAX);
    sessions_copies(fake->sessions, token, 3, true);
    fake_drain(fake);
    assert_string_equal(fake_output(session, NULL), ":3\r\n+PONG\r\n$1\r\n1\r\n");
    sessions_copies(fake->sessions, token, 3, true);
    session_free(session);
    sessions_copies(fake->sessions, token, 3, true);
}

static void gives_up_when_no_more_copies_will_come(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_say(fake, session, "SET a 1\r\n");
    fake_feed(session, bytes_of_text("WAIT 3 0\r\n"));
    sessions_copies(fake->sessions, fake->last_token, 2, true);
    assert_string_equal(fake_output(session, NULL), ":2\r\n");
    fake->final = true;
    assert_string_equal(fake_say(fake, session, "SET a 1\r\nWAIT 3 0\r\n"), "+OK\r\n:2\r\n");
    session_free(session);
}

static void gives_up_at_its_timeout(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_say(fake, session, "SET a 1\r\n");
    fake_feed(session, bytes_of_text("WAIT 3 250\r\nPING\r\n"));
    assert_true(sessions_wake_at(fake->sessions) == fake->mono_ms + 250);
    fake->mono_ms += 249;
    sessions_tick(fake->sessions);
    assert_string_equal(fake_output(session, NULL), "");
    fake->mono_ms += 1;
    sessions_tick(fake->sessions);
    assert_string_equal(fake_output(session, NULL), ":2\r\n+PONG\r\n");
    assert_true(sessions_wake_at(fake->sessions) == UINT64_MAX);
    session_free(session);
}

static void of_several_keys_the_least_copied_counts(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_feed(session, bytes_of_text("MSET a 1 b 2\r\n"));
    uint64_t first = fake->pending[0].token, second = fake->pending[1].token;
    fake_drain(fake);
    fake_output(session, NULL);
    fake_feed(session, bytes_of_text("WAIT 3 0\r\n"));
    sessions_copies(fake->sessions, first, 3, true);
    assert_string_equal(fake_output(session, NULL), "");
    sessions_copies(fake->sessions, second, 3, true);
    assert_string_equal(fake_output(session, NULL), ":3\r\n");
    session_free(session);
}

static void the_last_write_in_order_counts(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_feed(session, bytes_of_text("SET a 1\r\nSET b 2\r\nWAIT 3 0\r\n"));
    uint64_t first = fake->pending[0].token, second = fake->pending[1].token;
    fake_complete(fake, 1);
    fake_complete(fake, 0);
    assert_string_equal(fake_output(session, NULL), "+OK\r\n+OK\r\n");
    sessions_copies(fake->sessions, first, 3, true);
    assert_string_equal(fake_output(session, NULL), "");
    sessions_copies(fake->sessions, second, 3, true);
    assert_string_equal(fake_output(session, NULL), ":3\r\n");
    session_free(session);
}

static void a_write_that_changed_nothing_does_not_count(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake->copies = 3;
    fake_say(fake, session, "SET a 1\r\n");
    fake->copies = 0;
    assert_string_equal(fake_say(fake, session, "SET a 2 NX\r\nWAIT 3 0\r\n"), "$-1\r\n:3\r\n");
    session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_at_once_when_enough_hold_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_write_all_copies_hold_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waits_for_the_copy_that_is_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_up_when_no_more_copies_will_come, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_up_at_its_timeout, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_several_keys_the_least_copied_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_write_in_order_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_that_changed_nothing_does_not_count, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
