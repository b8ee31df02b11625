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

#define ID(n) "0000000000abcdef00000000000000000000000" n

static void ids_are_forty_digits(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    assert_string_equal(fake_say(fake, session, "CLUSTER MYID\r\n"), "$40\r\n" ID("1") "\r\n");
    session_free(session);
}

/* Every slot is in exactly one range, and each range begins with a master that is up. */
static void expect_whole_ring(const char *slots, const char *bad_master)
{
    unsigned next = 0;
    const char *at = slots;
    while ((at = strstr(at, "*4\r\n:")) != NULL) {
        unsigned first = 0, last = 0;
        char host[64] = "";
        unsigned port = 0;
        assert_int_equal(sscanf(at, "*4\r\n:%u\r\n:%u\r\n*4\r\n$9\r\n%63s\r\n:%u", &first, &last, host, &port), 4);
        assert_int_equal(first, next);
        assert_string_equal(host, "127.0.0.1");
        assert_true(port >= 7379 && port <= 7381);
        char id[64] = "";
        assert_int_equal(sscanf(strstr(at, "$40\r\n"), "$40\r\n%63s", id), 1);
        assert_string_not_equal(id, bad_master);
        next = last + 1;
        at += 5;
    }
    assert_int_equal(next, 16384);
}

static void slots_cover_the_ring(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    expect_whole_ring(fake_say(fake, session, "CLUSTER SLOTS\r\n"), "nobody");
    fake->down = 1 << 2;
    expect_whole_ring(fake_say(fake, session, "CLUSTER SLOTS\r\n"), ID("2"));
    session_free(session);
}

static void nodes_have_a_line_each(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake->down = 1 << 3;
    const char *text = fake_say(fake, session, "CLUSTER NODES\r\n");
    assert_non_null(strstr(text, ID("1") " 127.0.0.1:7379@17379 myself,master - 0 0 0 connected 0-"));
    assert_non_null(strstr(text, ID("2") " 127.0.0.1:7380@17380 master - 0 0 0 connected "));
    assert_non_null(strstr(text, ID("3") " 127.0.0.1:7381@17381 master,fail? - 0 0 0 disconnected\n"));
    session_free(session);
}

static void shards_have_redis_shape(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake->down = 1 << 3;
    const char *text = fake_say(fake, session, "CLUSTER SHARDS\r\n");
    assert_non_null(strstr(text, "*4\r\n$5\r\nslots\r\n*"));
    assert_non_null(strstr(text, "$5\r\nnodes\r\n*2\r\n*14\r\n$2\r\nid\r\n$40\r\n"));
    assert_non_null(strstr(text, "$6\r\nhealth\r\n$4\r\nfail\r\n"));
    fake_say(fake, session, "HELLO 3\r\n");
    text = fake_say(fake, session, "CLUSTER SHARDS\r\n");
    assert_non_null(strstr(text, "%2\r\n$5\r\nslots\r\n*"));
    assert_non_null(strstr(text, "$5\r\nnodes\r\n*2\r\n%7\r\n$2\r\nid\r\n$40\r\n"));
    session_free(session);
}

static void info_tells_what_can_be_reached(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    assert_non_null(strstr(fake_say(fake, session, "CLUSTER INFO\r\n"), "cluster_state:ok\r\n"));
    fake->down = 1 << 2 | 1 << 3;
    const char *text = fake_say(fake, session, "CLUSTER INFO\r\n");
    assert_non_null(strstr(text, "cluster_state:fail\r\n"));
    assert_null(strstr(text, "cluster_slots_pfail:0\r\n"));
    session_free(session);
}

static void keys_of_a_slot(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    assert_string_equal(fake_say(fake, session, "CLUSTER KEYSLOT foo\r\n"), ":12182\r\n");
    assert_string_equal(fake_say(fake, session, "CLUSTER KEYSLOT {foo}bar\r\n"), ":12182\r\n");
    assert_string_equal(fake_say(fake, session, "CLUSTER COUNTKEYSINSLOT 7\r\n"), ":2\r\n");
    assert_string_equal(fake_say(fake, session, "CLUSTER COUNTKEYSINSLOT 16384\r\n"), "-ERR Invalid slot\r\n");
    assert_string_equal(fake_say(fake, session, "CLUSTER GETKEYSINSLOT 7 9\r\n"), "*2\r\n$5\r\nseven\r\n$3\r\nvii\r\n");
    assert_string_equal(fake_say(fake, session, "CLUSTER GETKEYSINSLOT 7 1\r\n"), "*1\r\n$5\r\nseven\r\n");
    assert_string_equal(fake_say(fake, session, "CLUSTER GETKEYSINSLOT 7 -1\r\n"),
                        "-ERR Invalid slot or number of keys\r\n");
    assert_string_equal(fake_say(fake, session, "CLUSTER GETKEYSINSLOT 9 1\r\n"),
                        "-IOERR the storage engine failed\r\n");
    session_free(session);
}

static void status_is_json_about_every_member(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake->down = 1 << 3;
    const char *text = fake_say(fake, session, "GRAMME STATUS\r\n");
    assert_non_null(
        strstr(text, "{\"node\":\"0000000000000001\",\"cluster\":\"0000000000abcdef\",\"version\":\"0.1.0\""));
    assert_non_null(strstr(text, "\"n\":3,\"r\":2,\"w\":2"));
    assert_non_null(strstr(text, "\"partitions\":16,\"copies\":2,\"members\":[{\"node\":\"0000000000000001\""));
    assert_non_null(strstr(text, "\"reachable\":false,\"self\":false}]}"));
    session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ids_are_forty_digits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(slots_cover_the_ring, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nodes_have_a_line_each, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shards_have_redis_shape, set_up, tear_down),
        cmocka_unit_test_setup_teardown(info_tells_what_can_be_reached, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_of_a_slot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(status_is_json_about_every_member, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
