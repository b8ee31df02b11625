#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_host.h"
#include "resp/spec.h"

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

/* One good call of every command; what its reply must be stands in its JSON file. */
static const char *const calls[] = {
    "append k v",
    "asking",
    "auth default secret",
    "client getname",
    "client help",
    "client id",
    "client info",
    "client kill id 99",
    "client list",
    "client no-evict on",
    "client no-touch on",
    "client reply on",
    "client setinfo lib-name x",
    "client setname me",
    "cluster countkeysinslot 7",
    "cluster getkeysinslot 7 10",
    "cluster help",
    "cluster info",
    "cluster keyslot k",
    "cluster myid",
    "cluster nodes",
    "cluster shards",
    "cluster slots",
    "command",
    "command count",
    "command docs",
    "command getkeys get k",
    "command help",
    "command info",
    "command list",
    "config get *",
    "config help",
    "config set r 2",
    "dbsize",
    "del k",
    "echo x",
    "exists k",
    "get k",
    "getdel k",
    "getrange k 0 1",
    "getset k v",
    "gramme digest",
    "gramme help",
    "gramme replace 00000000000000af 00000000000000b0",
    "gramme scrub",
    "gramme status",
    "hello",
    "info",
    "mget k l",
    "mset k v l w",
    "ping",
    "readonly",
    "readwrite",
    "reset",
    "select 0",
    "set k v",
    "setnx k v",
    "setrange k 1 v",
    "strlen k",
    "substr k 0 1",
    "time",
    "touch k",
    "type k",
    "unlink k",
    "wait 1 0",
    "quit",
};

static unsigned reply_bit(const char *reply)
{
    switch (reply[0]) {
    case '+':
        return COMMAND_REPLY_STATUS;
    case '$':
        return COMMAND_REPLY_BULK;
    case '_':
        return COMMAND_REPLY_NULL;
    case ':':
        return COMMAND_REPLY_INTEGER;
    case '*':
        return COMMAND_REPLY_ARRAY;
    case '%':
        return COMMAND_REPLY_MAP;
    case '=':
        return COMMAND_REPLY_VERBATIM;
    default:
        return 0;
    }
}

/* How many well-formed RESP replies stand in `text`, nothing else: the shapes of nested replies add up. */
static unsigned count_replies(const char *text, size_t len)
{
    unsigned count = 0;
    size_t at = 0;
    uint64_t open = 0;
    while (at < len) {
        char type = text[at];
        long number = strtol(text + at + 1, NULL, 10);
        const char *end = memchr(text + at, '\n', len - at);
        assert_non_null(end);
        assert_true(end[-1] == '\r');
        at = (size_t)(end - text) + 1;
        if (type == '$' || type == '=') {
            assert_true(at + (size_t)number + 2 <= len);
            assert_memory_equal(text + at + number, "\r\n", 2);
            at += (size_t)number + 2;
        } else {
            assert_non_null(strchr("+-:_*%~", type));
        }
        open -= open > 0;
        open += type == '*' || type == '~' ? (uint64_t)number : type == '%' ? 2 * (uint64_t)number : 0;
        count += open == 0;
    }
    assert_int_equal(open, 0);
    return count;
}

static const struct command_spec *spec_of(const char *call)
{
    char name[64];
    size_t len = strcspn(call, " ");
    const struct command_spec *spec = command_find(bytes_of(call, len));
    assert_non_null(spec);
    if (spec->subcommands_count > 0 && call[len] == ' ') {
        size_t sub = strcspn(call + len + 1, " ");
        snprintf(name, sizeof name, "%.*s|%.*s", (int)len, call, (int)sub, call + len + 1);
        spec = command_find_full(bytes_of_text(name));
        assert_non_null(spec);
    }
    return spec;
}

static bool is_called(const struct command_spec *spec)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (spec_of(calls[i]) == spec) {
            return true;
        }
    }
    return false;
}

static void expect_all_called(const struct command_spec *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].run != NULL && !is_called(&table[i])) {
            fail_msg("no test calls %s", table[i].name);
        }
        expect_all_called(table[i].subcommands, table[i].subcommands_count);
    }
}

static void every_command_is_called(void **state)
{
    (void)state;
    expect_all_called(command_table, command_table_count);
}

static void replies_have_the_types_of_their_schema(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        size_t len = 0;
        fake_say(fake, session, "HELLO 3\r\nSET k value\r\n");
        fake_feed(session, bytes_of_text(fake_request(calls[i])));
        fake_drain(fake);
        const char *reply = fake_output(session, &len);
        if ((reply_bit(reply) & spec_of(calls[i])->replies) == 0) {
            fail_msg("%s answers %s", calls[i], reply);
        }
        assert_int_equal(count_replies(reply, len), 1);
    }
    session_free(session);
}

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    assert_string_equal(command_find(bytes_of_text("GeT"))->name, "get");
    assert_string_equal(command_find_full(bytes_of_text("CLIENT|NO-EVICT"))->name, "client|no-evict");
    assert_null(command_find(bytes_of_text("ge")));
    assert_null(command_find(bytes_of_text("gett")));
    assert_null(command_find(bytes_of_text("")));
    assert_null(command_find(bytes_of("get\0", 4)));
    assert_null(command_find_full(bytes_of_text("client|")));
    assert_null(command_find_full(bytes_of_text("nosuch|id")));
}

static void tables_are_sorted(const struct command_spec *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || strcmp(table[i - 1].name, table[i].name) < 0);
        tables_are_sorted(table[i].subcommands, table[i].subcommands_count);
    }
}

static void every_table_is_sorted(void **state)
{
    (void)state;
    tables_are_sorted(command_table, command_table_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_command_is_called, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replies_have_the_types_of_their_schema, set_up, tear_down),
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(every_table_is_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
