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

static void lists_every_connection(void **state)
{
    struct fake *fake = *state;
    struct session *first = fake_connect(fake), *second = fake_connect(fake);
    fake_say(fake, second, "CLIENT SETNAME two\r\nCLIENT SETINFO lib-name lib\r\nCLIENT SETINFO LIB-VER 1.2\r\n");
    const char *text = fake_say(fake, first, "CLIENT LIST\r\n");
    assert_non_null(strstr(text, "id=1 addr=127.0.0.1:"));
    assert_non_null(strstr(text, "id=2 addr=127.0.0.1:"));
    assert_non_null(strstr(text, " name=two "));
    assert_non_null(strstr(text, " cmd=client|list "));
    assert_non_null(strstr(text, " lib-name=lib lib-ver=1.2\n"));
    text = fake_say(fake, first, "CLIENT LIST ID 2\r\n");
    assert_null(strstr(text, "id=1 "));
    assert_non_null(strstr(text, "id=2 "));
    text = fake_say(fake, first, "CLIENT LIST TYPE normal\r\n");
    assert_non_null(strstr(text, "id=2 "));
    text = fake_say(fake, first, "CLIENT INFO\r\n");
    assert_non_null(strstr(text, "id=1 "));
    assert_string_equal(fake_say(fake, first, "CLIENT SETINFO x y\r\n"), "-ERR Unrecognized option 'x'\r\n");
    assert_non_null(strstr(fake_say(fake, first, "CLIENT SETINFO lib-name 'a b'\r\n"), "-ERR lib-name cannot"));
    session_free(first);
    session_free(second);
}

static void kills_by_id_and_address(void **state)
{
    struct fake *fake = *state;
    struct session *first = fake_connect(fake), *second = fake_connect(fake), *third = fake_connect(fake);
    fake_feed(second, bytes_of_text("GET a\r\nPING\r\n"));
    assert_string_equal(fake_say(fake, first, "CLIENT KILL ID 2\r\n"), ":1\r\n");
    assert_true(session_is_closing(second));
    assert_int_equal(session_output(second).len, 0);
    assert_string_equal(fake_say(fake, first, "CLIENT KILL ID 2\r\n"), ":0\r\n");
    session_free(second);

    const char *list = fake_say(fake, first, "CLIENT LIST ID 3\r\n");
    char address[64], request[128];
    assert_int_equal(sscanf(strstr(list, "addr="), "addr=%63s", address), 1);
    snprintf(request, sizeof request, "CLIENT KILL %s\r\n", address);
    assert_string_equal(fake_say(fake, first, request), "+OK\r\n");
    assert_true(session_is_closing(third));
    session_free(third);
    session_free(first);
}

static void spares_itself_unless_told(void **state)
{
    struct fake *fake = *state;
    struct session *first = fake_connect(fake), *second = fake_connect(fake);
    assert_string_equal(fake_say(fake, first, "CLIENT KILL TYPE normal LADDR 127.0.0.1:7379\r\n"), ":1\r\n");
    assert_false(session_is_closing(first));
    assert_true(session_is_closing(second));
    assert_string_equal(fake_say(fake, first, "CLIENT KILL USER default SKIPME no\r\n"), ":1\r\n");
    assert_true(session_is_closing(first));
    session_free(first);
    session_free(second);
}

static void a_killed_connection_drops_what_is_under_way(void **state)
{
    struct fake *fake = *state;
    struct session *first = fake_connect(fake), *second = fake_connect(fake);
    fake_feed(second, bytes_of_text("SET a 1\r\nSET a 2\r\nMGET b c\r\nWAIT 3 0\r\n"));
    fake_feed(first, bytes_of_text("CLIENT KILL ID 2\r\n"));
    fake_drain(fake);
    assert_int_equal(session_output(second).len, 0);
    session_free(second);
    assert_string_equal(fake_output(first, NULL), ":1\r\n");
    session_free(first);
}

static void replies_can_be_turned_off(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    assert_string_equal(fake_say(fake, session, "CLIENT REPLY SKIP\r\nSET a 1\r\nGET a\r\n"), "$1\r\n1\r\n");
    assert_string_equal(fake_say(fake, session, "CLIENT REPLY OFF\r\nSET a 2\r\nMGET a\r\nfoo\r\nCLIENT REPLY x\r\n"),
                        "");
    assert_string_equal(fake_say(fake, session, "CLIENT REPLY ON\r\nGET a\r\n"), "+OK\r\n$1\r\n2\r\n");
    session_free(session);
}

static void hello_switches_the_protocol_in_its_place(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_feed(session, bytes_of_text("GET x\r\nHELLO 3 SETNAME me\r\nGET x\r\nRESET\r\nGET x\r\nCLIENT GETNAME\r\n"));
    while (fake->pending_count > 0) {
        fake_complete(fake, fake->pending_count - 1);
    }
    const char *text = fake_output(session, NULL);
    assert_ptr_equal(strstr(text, "$-1\r\n%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n"),
                     text);
    assert_non_null(strstr(text, "$7\r\nmodules\r\n*0\r\n_\r\n+RESET\r\n$-1\r\n$-1\r\n"));
    session_free(session);
}

static void settings_are_shown_and_changed(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    assert_string_equal(fake_say(fake, session, "CONFIG GET maxcl* R\r\n"),
                        "*4\r\n$10\r\nmaxclients\r\n$3\r\n100\r\n$1\r\nr\r\n$1\r\n2\r\n");
    assert_string_equal(fake_say(fake, session, "CONFIG GET port dir\r\n"),
                        "*4\r\n$4\r\nport\r\n$4\r\n7379\r\n$3\r\ndir\r\n$4\r\ndata\r\n");
    assert_string_equal(fake_say(fake, session, "CONFIG SET R 3\r\n"), "+OK\r\n");
    assert_string_equal(
        fake_say(fake, session, "CONFIG SET r 9\r\n"),
        "-ERR CONFIG SET failed (possibly related to argument 'r') - argument must be between 1 and 3\r\n");
    assert_string_equal(fake_say(fake, session, "CONFIG SET maxclients 7\r\n"),
                        "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - "
                        "can't set immutable config\r\n");
    assert_string_equal(fake_say(fake, session, "CONFIG SET maxmemory 0 maxclients 100\r\n"), "+OK\r\n");
    session_free(session);
}

static void time_to_live_is_refused_and_nothing_written(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    static const char *const commands[] = {"SET a 1 EX 10\r\n", "SET a 1 px 10 nx\r\n", "SET a 1 GET EXAT 10\r\n",
                                           "SET a 1 PXAT 10\r\n", "SET a 1 KEEPTTL\r\n"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        assert_string_equal(
            fake_say(fake, session, commands[i]),
            "-ERR time to live is not supported yet: use SET without EX, PX, EXAT, PXAT and KEEPTTL\r\n");
    }
    assert_string_equal(fake_say(fake, session, "GET a\r\n"), "$-1\r\n");
    session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_every_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(kills_by_id_and_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(spares_itself_unless_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_connection_drops_what_is_under_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replies_can_be_turned_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hello_switches_the_protocol_in_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(settings_are_shown_and_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(time_to_live_is_refused_and_nothing_written, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
