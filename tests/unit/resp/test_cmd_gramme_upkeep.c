#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
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

static void replace_hands_both_ids_to_the_node(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_feed(session, bytes_of_text("GRAMME REPLACE 00000000000000AF 123456789abcdef0\r\n"));
    assert_int_equal(fake->pending_count, 1);
    assert_int_equal(fake->pending[0].op, OP_REPLACE);
    assert_int_equal(fake->pending[0].offset, 0xaf);
    assert_true(fake->pending[0].number == 0x123456789abcdef0);
    fake_drain(fake);
    assert_string_equal(fake_output(session, NULL), "+OK\r\n");
    session_free(session);
}

static void a_refusal_is_told_as_the_node_says_it(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    static const int statuses[] = {GR_EINVAL, GR_EEXIST, GR_ENOENT, GR_EFENCED};
    for (unsigned i = 0; i < 4; i++) {
        fake->fail_status = statuses[i];
        assert_string_equal(fake_say(fake, session, "GRAMME REPLACE 00000000000000af 123456789abcdef0\r\n"),
                            "-ERR wanted 2 of 3, got 1\r\n");
    }
    session_free(session);
}

static void what_is_no_id_is_refused(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    static const char *const bad[] = {"1", "0000000000000000", "00000000000000ag", "00000000000000af0"};
    for (unsigned i = 0; i < 4; i++) {
        char line[128];
        snprintf(line, sizeof line, "GRAMME REPLACE 00000000000000af %s\r\n", bad[i]);
        assert_true(strncmp(fake_say(fake, session, line), "-ERR a node id has 16 hex digits", 32) == 0);
        assert_int_equal(fake->pending_count, 0);
    }
    session_free(session);
}

static void scrub_says_that_it_has_begun(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    assert_string_equal(fake_say(fake, session, "GRAMME SCRUB\r\n"), "+Scrub started\r\n");
    session_free(session);
}

static void a_node_outside_a_cluster_does_neither(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_unjoin(fake);
    assert_true(strncmp(fake_say(fake, session, "GRAMME SCRUB\r\n"), "-CLUSTERDOWN", 12) == 0);
    assert_true(strncmp(fake_say(fake, session, "GRAMME REPLACE 00000000000000af 00000000000000ae\r\n"), "-CLUSTERDOWN",
                        12) == 0);
    session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replace_hands_both_ids_to_the_node, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_is_told_as_the_node_says_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_id_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scrub_says_that_it_has_begun, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_node_outside_a_cluster_does_neither, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
