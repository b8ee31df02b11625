#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
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

static void keys_are_asked_for_side_by_side(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_say(fake, session, "MSET a 1 b 2 c 3\r\n");
    fake_feed(session, bytes_of_text("MGET a b x c\r\n"));
    assert_int_equal(fake->pending_count, 4);
    fake_complete(fake, 3);
    fake_complete(fake, 1);
    fake_complete(fake, 1);
    fake_complete(fake, 0);
    assert_string_equal(fake_output(session, NULL), "*4\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n$1\r\n3\r\n");
    session_free(session);
}

static void a_thousand_keys_go_through_a_window(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    static char request[65536];
    size_t used = (size_t)snprintf(request, sizeof request, "EXISTS");
    for (unsigned i = 0; i < 1000; i++) {
        used += (size_t)snprintf(request + used, sizeof request - used, " k%u", i);
    }
    used += (size_t)snprintf(request + used, sizeof request - used, "\r\n");
    fake_say(fake, session, "MSET k0 x k999 x\r\n");
    fake_feed(session, bytes_of(request, used));
    assert_int_equal(fake->pending_count, 32);
    fake_complete(fake, 31);
    assert_int_equal(fake->pending_count, 31);
    fake_complete(fake, 0);
    assert_int_equal(fake->pending_count, 31);
    fake_drain(fake);
    assert_string_equal(fake_output(session, NULL), ":2\r\n");
    session_free(session);
}

static void a_key_named_twice_is_written_in_order(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_feed(session, bytes_of_text("MSET a 1 a 2 b 3\r\n"));
    assert_int_equal(fake->pending_count, 1);
    fake_drain(fake);
    assert_string_equal(fake_output(session, NULL), "+OK\r\n");
    assert_string_equal(fake_say(fake, session, "GET a\r\nDEL a a\r\n"), "$1\r\n2\r\n:1\r\n");
    session_free(session);
}

static void the_first_failure_fails_the_command(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_feed(session, bytes_of_text("MGET a b c\r\nPING\r\n"));
    fake_complete(fake, 2);
    fake->fail_status = GR_ENOQUORUM;
    fake_complete(fake, 1);
    assert_string_equal(fake_output(session, NULL), "");
    fake_complete(fake, 0);
    assert_string_equal(fake_output(session, NULL), "-NOQUORUM wanted 2 of 3, got 1\r\n+PONG\r\n");
    session_free(session);
}

static void a_failed_write_of_several_says_that_some_may_be_written(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_feed(session, bytes_of_text("MSET a 1 b 2\r\n"));
    fake->fail_status = GR_EIO;
    fake_drain(fake);
    const char *text = fake_output(session, NULL);
    assert_ptr_equal(strstr(text, "-IOERR "), text);
    assert_non_null(strstr(text, "other keys of this command may have been written"));
    session_free(session);
}

static void nothing_is_asked_once_submitting_fails(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake->submit_status = GR_EBUSY;
    const char *text = fake_say(fake, session, "MGET a b\r\n");
    assert_ptr_equal(strstr(text, "-BUSY "), text);
    text = fake_say(fake, session, "GET a\r\n");
    assert_ptr_equal(strstr(text, "-BUSY "), text);
    session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_are_asked_for_side_by_side, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_thousand_keys_go_through_a_window, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_named_twice_is_written_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_failure_fails_the_command, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_write_of_several_says_that_some_may_be_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_asked_once_submitting_fails, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
