/* INFO: sections, and what this node believes of the other members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_host.h"

static int set_up(void **state)
{
    *state = fake_new(4);
    return 0;
}

static int tear_down(void **state)
{
    fake_free(*state);
    return 0;
}

static const char *info(struct fake *fake, const char *command)
{
    return fake_say(fake, fake_connect(fake), command);
}

static void assert_says(const char *text, const char *line)
{
    if (strstr(text, line) == NULL) {
        fail_msg("no %s in:\n%s", line, text);
    }
}

static void test_healing_names_the_other_members(void **state)
{
    struct fake *fake = *state;
    fake->down = 1u << 3;
    const char *text = info(fake, "INFO healing\r\n");
    assert_says(text, "# Healing\r\n");
    assert_says(text, "\r\npeer0:node=0000000000000002,address=127.0.0.1:7380,state=healthy\r\n");
    assert_says(text, "\r\npeer1:node=0000000000000003,address=127.0.0.1:7381,state=down\r\n");
    assert_null(strstr(text, "peer2:"));
    assert_null(strstr(text, "state=suspect"));
}

/* Every figure of the node once: in its own section, or in that about healing. */
static void test_every_figure_of_the_node_is_shown_once(void **state)
{
    static const char *const names[] = {
#define NAME(name, text) "\r\n" #name ":",
        NODE_STATS(NAME)
#undef NAME
    };
    const char *text = info(*state, "INFO\r\n");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *found = strstr(text, names[i]);
        assert_says(text, names[i]);
        assert_null(strstr(found + 1, names[i]));
    }
    assert_says(info(*state, "INFO healing\r\n"), "\r\nhints_pending:");
    const char *own = info(*state, "INFO gramme\r\n");
    assert_says(own, "\r\nrequests_busy:");
    assert_says(own, "\r\nhints_pending:");
    assert_null(strstr(info(*state, "INFO stats\r\n"), "hints_pending:"));
}

static void test_a_node_without_cluster_has_no_peers(void **state)
{
    struct fake *fake = *state;
    fake_unjoin(fake);
    assert_null(strstr(info(fake, "INFO healing\r\n"), "peer0:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_healing_names_the_other_members, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_figure_of_the_node_is_shown_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_node_without_cluster_has_no_peers, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
