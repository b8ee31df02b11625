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

static void lists_the_roots_of_what_the_node_owns(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    const struct placement *placement = node_placement(fake->node);
    char expected[1024];
    uint32_t pieces = placement_pieces(placement, 1);
    assert_in_range(pieces, 1, placement_partitions(placement) - 1);
    int len = snprintf(expected, sizeof expected, "*%u\r\n", 2 * pieces);
    for (uint16_t i = 0; i < placement_partitions(placement); i++) {
        const uint64_t *owners = placement_owners(placement, i);
        if (owners[0] == 1 || owners[1] == 1) {
            len += snprintf(expected + len, sizeof expected - (size_t)len, ":%u\r\n$16\r\n%016x\r\n", i, 0xfeed + i);
        }
    }
    assert_string_equal(fake_say(fake, session, "GRAMME DIGEST\r\n"), expected);
    session_free(session);
}

static void owns_nothing_before_it_has_joined(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_unjoin(fake);
    assert_string_equal(fake_say(fake, session, "GRAMME DIGEST\r\n"), "*0\r\n");
    session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_the_roots_of_what_the_node_owns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(owns_nothing_before_it_has_joined, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
