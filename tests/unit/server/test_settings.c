/* The list of settings: defaults, parsing, what is derived, what is refused. */
#include "server/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static int setup(void **state)
{
    static struct settings settings;
    assert_int_equal(settings_init(&settings), 0);
    *state = &settings;
    return 0;
}

static int teardown(void **state)
{
    settings_done(*state);
    return 0;
}

static void set(struct settings *settings, const char *name, const char *value)
{
    const char *reason = NULL;
    if (settings_set(settings, name, value, &reason) != 0) {
        fail_msg("%s = %s refused: %s", name, value, reason);
    }
}

static void refuse(struct settings *settings, const char *name, const char *value)
{
    const char *reason = NULL;
    if (settings_set(settings, name, value, &reason) != GR_EINVAL) {
        fail_msg("%s = %s was not refused", name, value);
    }
    assert_non_null(strstr(reason, value[0] == '\0' ? "is empty: leave it out" : "wants "));
}

static void defaults_are_the_documented_ones(void **state)
{
    const struct settings *settings = *state;
    assert_string_equal(settings->listen.host, "127.0.0.1");
    assert_int_equal(settings->listen.port, 6379);
    assert_int_equal(settings->n, 3);
    assert_int_equal(settings->r, 2);
    assert_int_equal(settings->w, 2);
    assert_int_equal(settings->partitions, 1024);
    assert_int_equal(settings->engine, SETTINGS_ROCKSDB);
    assert_int_equal(settings->durability, SETTINGS_SYNC);
    assert_false(settings->given[SETTING_n]);
}

static void values_are_parsed_by_type(void **state)
{
    struct settings *settings = *state;
    set(settings, "listen", "[::1]:7000");
    assert_string_equal(settings->listen.host, "::1");
    assert_int_equal(settings->listen.port, 7000);
    set(settings, "cache", "2mb");
    assert_int_equal(settings->cache, 2 << 20);
    set(settings, "engine", "memory");
    assert_int_equal(settings->engine, SETTINGS_MEMORY);
    set(settings, "zone", "rack-1");
    set(settings, "zone", "rack-2");
    assert_string_equal(settings->zone, "rack-2");
    set(settings, "join", "a:1,[::2]:3");
    set(settings, "replace", "00000000000000A1");
    assert_int_equal(settings->replace, 0xa1);
    set(settings, "loglevel", "error");
    assert_int_equal(settings->loglevel, SETTINGS_ERROR);
    assert_true(settings->given[SETTING_zone]);
}

static const char *shown(const struct settings *settings, const char *name)
{
    static char value[64];
    const char *found;
    for (unsigned i = 0; (found = settings_at(settings, i, value, sizeof value)) != NULL; i++) {
        if (strcmp(found, name) == 0) {
            return value;
        }
    }
    fail_msg("no setting %s", name);
    return NULL;
}

static void times_have_units(void **state)
{
    struct settings *settings = *state;
    assert_int_equal(settings->hints_age, 3 * 3600 * 1000);
    assert_int_equal(settings->sync_period, 600000);
    assert_int_equal(settings->reap_after, 60000);
    assert_string_equal(shown(settings, "hints-age"), "3h");
    assert_string_equal(shown(settings, "reap-after"), "1m");
    set(settings, "sync-period", "1500");
    assert_int_equal(settings->sync_period, 1500);
    assert_string_equal(shown(settings, "sync-period"), "1500ms");
    set(settings, "sync-period", "90s");
    assert_string_equal(shown(settings, "sync-period"), "90s");
    set(settings, "hints-age", "30D");
    assert_string_equal(shown(settings, "hints-age"), "30d");
    set(settings, "reap-after", "10ms");
    assert_int_equal(settings->reap_after, 10);
    set(settings, "hints-max", "0");
    assert_int_equal(settings->hints_max, 0);
}

static void times_out_of_range_are_refused(void **state)
{
    struct settings *settings = *state;
    static const char *const bad[] = {"", "s", "1 s", "1x", "-1s", "0", "8d", "99ms", "4294967295d", "1ss", "1.5s"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        refuse(settings, "sync-period", bad[i]);
    }
    refuse(settings, "hints-age", "31d");
    refuse(settings, "hints-max", "1t");
    assert_int_equal(settings->sync_period, 600000);
}

static void bad_values_are_refused_and_change_nothing(void **state)
{
    struct settings *settings = *state;
    refuse(settings, "listen", "6379");
    refuse(settings, "listen", "host:0");
    refuse(settings, "listen", "host:65536");
    refuse(settings, "listen", "::1:6379");
    refuse(settings, "replace", "a1");
    refuse(settings, "replace", "0000000000000000");
    refuse(settings, "replace", "00000000000000g1");
    refuse(settings, "weight", "0");
    refuse(settings, "weight", "65536");
    refuse(settings, "weight", "1 ");
    refuse(settings, "weight", "-1");
    refuse(settings, "weight", "");
    refuse(settings, "n", "8");
    refuse(settings, "partitions", "1000");
    refuse(settings, "partitions", "32768");
    refuse(settings, "cache", "64q");
    refuse(settings, "cache", "99999999999999999999");
    refuse(settings, "cache", "9999999999999g");
    refuse(settings, "engine", "rocks");
    refuse(settings, "engine", "");
    refuse(settings, "zone", "two words");
    refuse(settings, "zone", "a-name-that-is-a-little-too-long-");
    refuse(settings, "join", "a:1,");
    assert_int_equal(settings->weight, 100);
    assert_string_equal(settings->listen.host, "127.0.0.1");
}

/* --join=$SEEDS with nothing in it would found a ring. */
static void empty_values_are_refused(void **state)
{
    struct settings *settings = *state;
    char value[64];
    const char *name;
    for (unsigned i = 0; (name = settings_at(settings, i, value, sizeof value)) != NULL; i++) {
        const char *reason = "";
        assert_int_equal(settings_set(settings, name, "", &reason), GR_EINVAL);
        assert_non_null(strstr(reason, "is empty: leave it out"));
    }
}

static void sizes_have_bounds_and_name_them(void **state)
{
    struct settings *settings = *state;
    const char *reason = "";
    set(settings, "hints-max", "0");
    set(settings, "hints-max", "16384G");
    assert_int_equal(settings_set(settings, "hints-max", "16385g", &reason), GR_EINVAL);
    assert_non_null(strstr(reason, "0..16384g"));
    set(settings, "memory", "64mb");
    assert_int_equal(settings_set(settings, "memory", "63m", &reason), GR_EINVAL);
    assert_non_null(strstr(reason, "64m.."));
    assert_int_equal(settings->memory, 64 << 20);
}

static void an_unknown_name_is_told_apart_and_gets_a_suggestion(void **state)
{
    const char *reason;
    assert_int_equal(settings_set(*state, "listn", "x", &reason), GR_ENOENT);
    assert_string_equal(settings_suggest("listn"), "listen");
    assert_string_equal(settings_suggest("durabiltiy"), "durability");
    assert_string_equal(settings_suggest("timeout"), "request-timeout");
    assert_null(settings_suggest("colour"));
}

static void finish_derives_ports_and_majorities(void **state)
{
    struct settings *settings = *state;
    char text[256];
    set(settings, "data", "d");
    set(settings, "listen", "10.0.0.1:7000");
    set(settings, "n", "5");
    assert_int_equal(settings_finish(settings, text, sizeof(text)), 0);
    assert_string_equal(settings->peer.host, "10.0.0.1");
    assert_int_equal(settings->peer.port, 17000);
    assert_int_equal(settings->http.port, 9000);
    assert_int_equal(settings->r, 3);
    assert_int_equal(settings->w, 3);
}

static void finish_keeps_what_was_given(void **state)
{
    struct settings *settings = *state;
    char text[256];
    set(settings, "engine", "memory");
    set(settings, "peer", "b:1");
    set(settings, "r", "1");
    set(settings, "w", "3");
    assert_int_equal(settings_finish(settings, text, sizeof(text)), 0);
    assert_int_equal(settings->peer.port, 1);
    assert_int_equal(settings->r, 1);
    assert_int_equal(settings->w, 3);
}

static void finish_refuses(struct settings *settings, const char *part)
{
    char text[256];
    assert_int_equal(settings_finish(settings, text, sizeof(text)), GR_EINVAL);
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' does not say '%s'", text, part);
    }
}

static void finish_wants_a_data_directory(void **state)
{
    finish_refuses(*state, "--data");
}

static void finish_wants_room_for_the_peer_port(void **state)
{
    set(*state, "data", "d");
    set(*state, "listen", "a:60000");
    finish_refuses(*state, "--peer");
}

static void finish_wants_an_address_for_each_port(void **state)
{
    set(*state, "data", "d");
    set(*state, "listen", "db1:7000");
    set(*state, "peer", "DB1:7000");
    finish_refuses(*state, "--listen and --peer have one address, DB1:7000: give --peer another port");
    set(*state, "peer", "0.0.0.0:7000");
    finish_refuses(*state, "give --peer another port");
    set(*state, "peer", "db1:7001");
    set(*state, "http", "db1:7001");
    finish_refuses(*state, "--peer and --http have one address, db1:7001: give --http another port");
    set(*state, "http", "db2:7001");
    char text[256];
    assert_int_equal(settings_finish(*state, text, sizeof(text)), 0);
}

static void finish_wants_quorums_within_the_copies(void **state)
{
    set(*state, "data", "d");
    set(*state, "r", "4");
    finish_refuses(*state, "--n 3");
}

static void settings_are_listed_in_order_of_name_and_read_back(void **state)
{
    struct settings *settings = *state;
    char value[256];
    const char *last = "";
    const char *reason;
    unsigned count = 0;
    for (const char *name; (name = settings_at(settings, count, value, sizeof(value))) != NULL; count++) {
        assert_true(strcmp(last, name) < 0);
        assert_int_equal(settings_set(settings, name, value, &reason), value[0] == '\0' ? GR_EINVAL : 0);
        last = name;
    }
    assert_int_equal(count, SETTINGS_COUNT);
    assert_string_equal(settings_at(settings, 0, value, sizeof(value)), "cache");
    assert_string_equal(value, "67108864");
}

static void only_some_settings_change_while_running(void **state)
{
    (void)state;
    assert_true(settings_is_live("r"));
    assert_true(settings_is_live("loglevel"));
    assert_false(settings_is_live("n"));
    assert_false(settings_is_live("nothing"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defaults_are_the_documented_ones),
        TEST(values_are_parsed_by_type),
        TEST(times_have_units),
        TEST(times_out_of_range_are_refused),
        TEST(bad_values_are_refused_and_change_nothing),
        TEST(empty_values_are_refused),
        TEST(sizes_have_bounds_and_name_them),
        TEST(an_unknown_name_is_told_apart_and_gets_a_suggestion),
        TEST(finish_derives_ports_and_majorities),
        TEST(finish_keeps_what_was_given),
        TEST(finish_wants_a_data_directory),
        TEST(finish_wants_room_for_the_peer_port),
        TEST(finish_wants_an_address_for_each_port),
        TEST(finish_wants_quorums_within_the_copies),
        TEST(settings_are_listed_in_order_of_name_and_read_back),
        TEST(only_some_settings_change_while_running),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
