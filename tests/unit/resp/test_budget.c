#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "fake_host.h"
#include "resp/session_state.h"

#define SESSIONS 40
#define MIB (1u << 20)

static int set_up(void **state)
{
    struct fake *fake = fake_new(SESSIONS);
    fake->mono_ms = 1000;
    sessions_set_memory(fake->sessions, 8 * MIB);
    *state = fake;
    return 0;
}

static int tear_down(void **state)
{
    fake_free(*state);
    return 0;
}

/* The head of "SET <key> <len bytes>". */
static void feed_head(struct session *session, const char *key, size_t len)
{
    char line[96];
    int used = snprintf(line, sizeof line, "*3\r\n$3\r\nSET\r\n$%zu\r\n%s\r\n$%zu\r\n", strlen(key), key, len);
    assert_int_equal(fake_feed(session, bytes_of(line, (size_t)used)), used);
}

/* As much of `len` bytes as the session takes. */
static size_t feed_bytes(struct session *session, size_t len)
{
    static char block[65536];
    size_t fed = 0;
    while (fed < len) {
        size_t size = len - fed < sizeof block ? len - fed : sizeof block;
        size_t taken = fake_feed(session, bytes_of(block, size));
        fed += taken;
        if (taken < size) {
            break;
        }
    }
    return fed;
}

static void store(struct fake *fake, struct session *session, const char *key, size_t len)
{
    feed_head(session, key, len);
    assert_int_equal(feed_bytes(session, len), len);
    assert_string_equal(fake_say(fake, session, "\r\n"), "+OK\r\n");
}

static void pass(struct fake *fake, uint64_t ms)
{
    for (uint64_t end = fake->mono_ms + ms;; fake->mono_ms += 100) {
        while (sessions_share(fake->sessions)) {
            /* until nobody may go on */
        }
        if (fake->mono_ms >= end) {
            return;
        }
        sessions_tick(fake->sessions);
    }
}

static void nothing_held_is_nothing_counted(void **state)
{
    struct fake *fake = *state;
    struct session *session = fake_connect(fake);
    store(fake, session, "a", 3 * MIB);
    assert_true(sessions_memory(fake->sessions) < 4 * SESSION_KEEP_BYTES + SESSION_REPLY_GUESS);
    fake_feed(session, bytes_of_text("GET a\r\nMGET a a\r\nGET a\r\nSET b 1\r\n"));
    fake_drain(fake);
    assert_true(sessions_memory(fake->sessions) > 3 * MIB);
    fake_output(session, NULL);
    fake_drain(fake);
    fake_output(session, NULL);
    fake_feed(session, bytes_of_text("GET a\r\nGET a\r\n"));
    session_free(session);
    fake_drain(fake);
    assert_int_equal(sessions_memory(fake->sessions), 0);
}

/* Values that nobody reads: the sum stays at the bound, small ones are served, and all is answered in the end. */
static void unread_replies_share_the_bound(void **state)
{
    struct fake *fake = *state;
    struct session *sessions[20];
    struct session *small = fake_connect(fake);
    size_t len, total = 0;
    store(fake, small, "a", 900000);
    for (unsigned i = 0; i < 20; i++) {
        sessions[i] = fake_connect(fake);
        fake_feed(sessions[i], bytes_of_text("GET a\r\nGET a\r\nGET a\r\nGET a\r\n"));
        fake_drain(fake);
        assert_in_range(sessions_memory(fake->sessions), 0, 16 * MIB);
    }
    assert_string_equal(fake_say(fake, small, "PING\r\n"), "+PONG\r\n");
    for (unsigned round = 0; round < 200; round++) {
        for (unsigned i = 0; i < 20; i++) {
            fake_output(sessions[i], &len);
            total += len / 900000;
            sessions_share(fake->sessions);
            fake_drain(fake);
        }
    }
    assert_true(total > 20);
    assert_null(fake->sessions->budget.waiting);
    for (unsigned i = 0; i < 20; i++) {
        assert_string_equal(fake_say(fake, sessions[i], "PING\r\n"), "+PONG\r\n");
    }
}

/* More half commands than fit: they are finished one after the other. */
static void half_commands_are_all_finished(void **state)
{
    struct fake *fake = *state;
    struct session *sessions[30];
    size_t left[30];
    unsigned open = 30;
    for (unsigned i = 0; i < 30; i++) {
        sessions[i] = fake_connect(fake);
        feed_head(sessions[i], "k", MIB);
        left[i] = MIB + 2;
    }
    for (unsigned turn = 0; turn < 9000 && open > 0; turn++) {
        unsigned i = turn % 30;
        if (left[i] > 2) {
            left[i] -= feed_bytes(sessions[i], left[i] - 2 < 200000 ? left[i] - 2 : 200000);
        } else if (left[i] == 2 && fake_feed(sessions[i], bytes_of_text("\r\n")) == 2) {
            left[i] = 0;
            open--;
            fake_drain(fake);
            assert_string_equal(fake_output(sessions[i], NULL), "+OK\r\n");
        }
        assert_true(sessions_memory(fake->sessions) <= 13 * MIB);
        pass(fake, i == 29 ? 100 : 0);
    }
    assert_int_equal(open, 0);
}

static void who_holds_much_and_stalls_is_closed(void **state)
{
    struct fake *fake = *state;
    struct session *sessions[10];
    for (unsigned i = 0; i < 10; i++) {
        sessions[i] = fake_connect(fake);
        feed_head(sessions[i], "k", 2 * MIB);
        feed_bytes(sessions[i], MIB);
    }
    pass(fake, BUDGET_STALL_MS - 1000);
    assert_int_equal(fake->sessions->budget.closed_total, 0);
    struct session *small = fake_connect(fake);
    pass(fake, 2000);
    assert_in_range(fake->sessions->budget.closed_total, 1, 10);
    const char *reason = NULL;
    assert_false(session_is_killed(small, &reason));
    assert_non_null(strstr(fake_say(fake, small, "INFO clients\r\n"), "clients_closed_for_memory:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_held_is_nothing_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unread_replies_share_the_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(half_commands_are_all_finished, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_holds_much_and_stalls_is_closed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
