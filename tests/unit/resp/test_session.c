#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/rng.h"
#include "fake_host.h"

static int set_up(void **state)
{
    *state = fake_new(3);
    return 0;
}

static int tear_down(void **state)
{
    fake_free(*state);
    return 0;
}

static void byte_by_byte_is_the_same(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    static const char text[] = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\nxy\r\nGET a\r\n*2\r\n$4\r\nMGET\r\n$1\r\na\r\n";
    for (size_t i = 0; i < sizeof text - 1; i++) {
        assert_int_equal(fake_feed(session, bytes_of(text + i, 1)), 1);
        fake_drain(fake);
    }
    assert_string_equal(fake_output(session, NULL), "+OK\r\n$2\r\nxy\r\n*1\r\n$2\r\nxy\r\n");
    session_free(session);
}

static void a_protocol_error_is_the_last_reply(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    size_t room;
    fake_feed(session, bytes_of_text("GET a\r\n*x\r\nPING\r\n"));
    assert_false(session_is_closing(session)); /* GET is not answered yet */
    assert_null(session_input(session, &room));
    fake_drain(fake);
    assert_true(session_is_closing(session));
    assert_string_equal(fake_output(session, NULL), "$-1\r\n-ERR Protocol error: invalid multibulk length\r\n");
    session_free(session);
}

static void quit_answers_what_went_before(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_feed(session, bytes_of_text("SET a 1\r\nQUIT\r\nPING\r\n"));
    assert_false(session_is_closing(session));
    fake_drain(fake);
    assert_true(session_is_closing(session));
    assert_string_equal(fake_output(session, NULL), "+OK\r\n+OK\r\n");
    session_free(session);
}

static void answers_to_the_gone_go_nowhere(void **state)
{
    struct fake *fake = *state;
    struct session *first = fake_connect(fake);
    fake_feed(first, bytes_of_text("GET a\r\nMGET b c\r\nSET d 1\r\n"));
    session_free(first);
    struct session *second = fake_connect(fake);
    fake_feed(second, bytes_of_text("PING\r\n"));
    fake_drain(fake);
    assert_string_equal(fake_output(second, NULL), "+PONG\r\n");
    sessions_complete(fake->sessions, &(struct reply){.token = UINT64_MAX});
    sessions_complete(fake->sessions, &(struct reply){.token = 0});
    session_free(second);
    assert_int_equal(sessions_count(fake->sessions), 0);
}

static void the_table_is_bounded(void **state)
{
    struct fake *fake = *state;
    struct session *sessions[3];
    for (unsigned i = 0; i < 3; i++) {
        sessions[i] = fake_connect(fake);
        assert_non_null(sessions[i]);
    }
    assert_null(fake_connect(fake));
    session_free(sessions[1]);
    assert_non_null(fake_connect(fake));
    assert_int_equal(sessions_count(fake->sessions), 3);
}

static void output_that_nobody_reads_stops_the_input(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    static char value[300000];
    char line[64];
    size_t room = 0;
    memset(value, 'v', sizeof value);
    size_t len = (size_t)snprintf(line, sizeof line, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%zu\r\n", sizeof value);
    fake_feed(session, bytes_of(line, len));
    fake_feed(session, bytes_of(value, sizeof value));
    assert_string_equal(fake_say(fake, session, "\r\n"), "+OK\r\n");
    unsigned gets = 0;
    while (session_input(session, &room) != NULL) {
        fake_feed(session, bytes_of_text("GET a\r\n"));
        fake_drain(fake);
        gets++;
    }
    assert_int_equal(gets, 4);
    unsigned wakes = fake->wakes;
    fake_output(session, &len);
    assert_int_equal(len, 4 * (sizeof value + 11));
    assert_true(fake->wakes > wakes);
    assert_non_null(session_input(session, &room));
    session_free(session);
}

/* Commands that arrived in the same read go on by themselves once the output is read. */
static void commands_behind_a_full_output_are_not_forgotten(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    static char value[2000000];
    memset(value, 'v', sizeof value);
    char line[64];
    size_t len = (size_t)snprintf(line, sizeof line, "*2\r\n$4\r\nECHO\r\n$%zu\r\n", sizeof value);
    fake_feed(session, bytes_of(line, len));
    fake_feed(session, bytes_of(value, sizeof value));
    fake_feed(session, bytes_of_text("\r\nPING\r\nPING\r\n"));
    fake_output(session, &len);
    assert_int_equal(len, sizeof value + 12 + 14);
    session_free(session);
}

static void shown_output_does_not_move(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    fake_feed(session, bytes_of_text("ECHO one\r\n"));
    struct bytes shown = session_output(session);
    char copy[16];
    memcpy(copy, shown.data, shown.len);
    for (unsigned i = 0; i < 1000; i++) {
        fake_feed(session, bytes_of_text("ECHO another\r\n"));
    }
    assert_memory_equal(copy, shown.data, shown.len);
    session_sent(session, 3);
    struct bytes rest = session_output(session);
    assert_ptr_equal(rest.data, shown.data + 3);
    session_free(session);
}

static void values_beyond_the_bound_become_errors(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    char line[64];
    size_t value_len = 16u << 20, len;
    char *value = malloc(value_len);
    memset(value, 'v', value_len);
    len = (size_t)snprintf(line, sizeof line, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%zu\r\n", value_len);
    fake_feed(session, bytes_of(line, len));
    fake_feed(session, bytes_of(value, value_len));
    assert_string_equal(fake_say(fake, session, "\r\n"), "+OK\r\n");
    fake_feed(session, bytes_of_text("GET a\r\nGET a\r\nGET a\r\nGET a\r\nGET a\r\n"));
    for (unsigned i = 5; i > 0; i--) {
        fake_complete(fake, i - 1);
    }
    const char *text = fake_output(session, &len);
    assert_true(len < 65u << 20);
    assert_non_null(strstr(text, "-ERR the reply is dropped"));
    text = fake_say(fake, session, "MGET a a a a a\r\n");
    assert_ptr_equal(strstr(text, "-ERR the reply is dropped"), text);
    assert_string_equal(fake_say(fake, session, "PING\r\n"), "+PONG\r\n");
    free(value);
    session_free(session);
}

/* A pipeline of large reads holds one value at a time in memory, not all of them, and loses none. */
static void large_reads_are_held_back(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    char line[64];
    size_t value_len = 8u << 20, len;
    char *value = malloc(value_len);
    memset(value, 'v', value_len);
    len = (size_t)snprintf(line, sizeof line, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%zu\r\n", value_len);
    fake_feed(session, bytes_of(line, len));
    fake_feed(session, bytes_of(value, value_len));
    assert_string_equal(fake_say(fake, session, "\r\n"), "+OK\r\n");
    fake_say(fake, session, "GET a\r\n");
    char gets[50 * 7 + 1] = "";
    for (unsigned i = 0; i < 50; i++) {
        memcpy(gets + i * 7, "GET a\r\n", 8);
    }
    assert_int_equal(fake_feed(session, bytes_of_text(gets)), 50 * 7);
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(fake->pending_count, 1);
        fake_complete(fake, 0);
        const char *text = fake_output(session, &len);
        assert_int_equal(len, value_len + 12);
        assert_int_equal(text[0], '$');
    }
    assert_int_equal(fake->pending_count, 0);
    free(value);
    session_free(session);
}

/* Errors do not say how large the values are: however many come, no more is asked for at a time than at first. */
static void errors_do_not_open_the_window(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    char gets[50 * 7 + 1] = "";
    for (unsigned i = 0; i < 50; i++) {
        memcpy(gets + i * 7, "GET a\r\n", 8);
    }
    fake_feed(session, bytes_of_text(gets));
    unsigned at_first = fake->pending_count;
    assert_in_range(at_first, 1, 4);
    for (unsigned i = 0; i < 40; i++) {
        fake->fail_status = GR_EBUSY;
        fake_complete(fake, 0);
        assert_int_equal(fake_output(session, NULL)[0], '-');
        assert_int_equal(fake->pending_count, at_first);
    }
    fake_drain(fake);
    fake_output(session, NULL);
    fake_feed(session, bytes_of_text(gets)); /* small ones do */
    assert_int_equal(fake->pending_count, 50);
    session_free(session);
    fake_drain(fake);
}

/* A value that arrives in small pieces while others are in flight is not copied again and again: bounded work. */
static void a_large_value_arrives_in_pieces(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    char line[64];
    size_t value_len = 4u << 20;
    char *value = malloc(value_len);
    memset(value, 'w', value_len);
    size_t len = (size_t)snprintf(line, sizeof line, "GET x\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$%zu\r\n", value_len);
    fake_feed(session, bytes_of(line, len));
    for (size_t at = 0; at < value_len; at += 512) {
        assert_int_equal(fake_feed(session, bytes_of(value + at, 512)), 512);
    }
    assert_string_equal(fake_say(fake, session, "\r\nSTRLEN b\r\n"), "$-1\r\n+OK\r\n:4194304\r\n");
    free(value);
    session_free(session);
}

static void errors_of_the_node_have_their_texts(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    static const struct {
        int status;
        const char *starts;
    } cases[] = {
        {GR_ENOQUORUM, "-NOQUORUM wanted 2 of 3, got 1\r\n"},
        {GR_ETIMEOUT, "-TIMEOUT no answer within the deadline; the operation may have happened (wanted"},
        {GR_EBUSY, "-BUSY "},
        {GR_ECONFLICT, "-CONFLICT key has 2 concurrent values; write it to resolve\r\n"},
        {GR_ETOOBIG, "-ERR value is too large"},
        {GR_EIO, "-IOERR "},
        {GR_ENOSPC, "-DISKFULL "},
        {GR_ESHUTDOWN, "-BUSY this node is shutting down"},
        {GR_ECORRUPT, "-IOERR stored copies of the key failed their check: "},
        {GR_ENOMEM, "-ERR a node is out of memory; "},
        {GR_EOVERTAKEN, "-ERR newer writes to the key kept coming in between; "},
        {GR_EUNREACHABLE, "-NOQUORUM no owner of the key can be reached"},
        {GR_ENOTOWNER, "-NOQUORUM the nodes asked do not own the key"},
        {GR_EINVAL, "-ERR wanted 2 of 3, got 1\r\n"},
        {GR_EPROTO, "-ERR the request failed: protocol error; "},
        {GR_EFENCED, "-ERR wanted 2 of 3, got 1\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fake->fail_status = cases[i].status;
        const char *text = fake_say(fake, session, "SET a 1\r\n");
        assert_ptr_equal(strstr(text, cases[i].starts), text);
    }
    fake->fail_status = GR_ETOOBIG;
    assert_string_equal(fake_say(fake, session, "APPEND a 1\r\n"),
                        "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n");
    session_free(session);
}

static void a_node_without_cluster_says_so(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    static const char *const commands[] = {"GET a\r\n",         "MSET a 1\r\n",      "DBSIZE\r\n",
                                           "CLUSTER SLOTS\r\n", "CLUSTER NODES\r\n", "CLUSTER SHARDS\r\n"};
    fake_unjoin(fake);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        assert_string_equal(fake_say(fake, session, commands[i]),
                            "-CLUSTERDOWN this node has not joined a cluster yet\r\n");
    }
    assert_string_equal(fake_say(fake, session, "PING\r\n"), "+PONG\r\n");
    assert_non_null(strstr(fake_say(fake, session, "CLUSTER INFO\r\n"), "cluster_state:fail"));
    assert_non_null(strstr(fake_say(fake, session, "GRAMME STATUS\r\n"), "\"joined\":false"));
    assert_non_null(strstr(fake_say(fake, session, "INFO\r\n"), "gramme_version"));
    assert_non_null(
        strstr(fake_say(fake, session, "INFO cpu\r\n"), "# CPU\r\nused_cpu_sys:0.000000\r\nused_cpu_user:"));
    session_free(session);
}

/* What a browser can be made to send runs nothing, whatever follows. */
static void http_closes_the_connection(void **state)
{
    struct fake *fake = *state;
    static const char *const requests[] = {"POST / HTTP/1.1\r\nHost: x\r\n\r\nSET a b\r\n",
                                           "GET / HTTP/1.1\r\nHost: x\r\n\r\nSET a b\r\n"};
    for (unsigned i = 0; i < 2; i++) {
        struct session *session = fake_connect(fake);
        const char *reason = NULL;
        fake_feed(session, bytes_of_text(requests[i]));
        assert_true(session_is_killed(session, &reason));
        assert_non_null(strstr(reason, "cross-protocol"));
        fake_drain(fake);
        session_free(session);
    }
    struct session *session = fake_connect(fake);
    assert_string_equal(fake_say(fake, session, "GET a\r\n"), "$-1\r\n");
    session_free(session);
}

static void a_long_key_is_named_as_the_reason(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    static char text[65536];
    memset(text, 'k', sizeof text);
    fake_feed(session, bytes_of_text("*3\r\n$3\r\nSET\r\n$65536\r\n"));
    fake_feed(session, bytes_of(text, 65536));
    assert_string_equal(fake_say(fake, session, "\r\n$1\r\nv\r\n"), "-ERR key is too long: at most 65535 bytes\r\n");
    session_free(session);
}

static void a_slot_without_a_quorum_fails_the_cluster(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    assert_non_null(strstr(fake_say(fake, session, "CLUSTER INFO\r\n"), "cluster_state:ok"));
    fake->down = 1u << 2;
    assert_non_null(strstr(fake_say(fake, session, "CLUSTER INFO\r\n"), "cluster_state:fail"));
    session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(byte_by_byte_is_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_protocol_error_is_the_last_reply, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quit_answers_what_went_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_to_the_gone_go_nowhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_table_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(output_that_nobody_reads_stops_the_input, set_up, tear_down),
        cmocka_unit_test_setup_teardown(commands_behind_a_full_output_are_not_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shown_output_does_not_move, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_beyond_the_bound_become_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large_reads_are_held_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_do_not_open_the_window, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_large_value_arrives_in_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_of_the_node_have_their_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_node_without_cluster_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(http_closes_the_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_key_is_named_as_the_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_slot_without_a_quorum_fails_the_cluster, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
