#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/pace.h"

#define START 1000000u

/* Periods with so many requests, of which some were slow. Returns the end. */
static uint64_t run_periods(struct pace *pace, uint64_t now_ms, unsigned periods, unsigned requests, unsigned slow)
{
    for (unsigned period = 0; period < periods; period++) {
        for (unsigned i = 0; i < requests; i++) {
            pace_note_request(pace, now_ms, i < slow ? PACE_SLOW_MS + 1 : PACE_SLOW_MS);
        }
        now_ms += PACE_PERIOD_MS;
    }
    return now_ms;
}

/* Units taken by asking for one at a time, each millisecond until refused, for so long. */
static uint64_t take_all(struct pace *pace, uint64_t now_ms, uint64_t for_ms, uint32_t units)
{
    uint64_t taken = 0;
    for (uint64_t ms = 0; ms < for_ms; ms++) {
        while (pace_take(pace, now_ms + ms, units)) {
            taken += units;
        }
    }
    return taken;
}

static void without_clients_it_goes_at_full_rate(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace);
    assert_in_range(take_all(&pace, START, 1000, 1), PACE_RATE_MAX, PACE_RATE_MAX + PACE_RATE_MAX / 8);
}

static void slow_requests_slow_it_down_but_never_stop_it(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace);
    uint64_t now_ms = run_periods(&pace, START, 2, 100, 2);
    pace_note_request(&pace, now_ms, 0);
    assert_int_equal(pace.rate, PACE_RATE_MAX / 4);
    now_ms = run_periods(&pace, now_ms + PACE_PERIOD_MS, 20, 10, 10);
    uint64_t taken = 0;
    for (unsigned period = 0; period < 10; period++) {
        taken += take_all(&pace, now_ms, PACE_PERIOD_MS, 1);
        now_ms = run_periods(&pace, now_ms, 1, 10, 10);
    }
    assert_int_equal(pace.rate, PACE_RATE_MIN);
    assert_in_range(taken, PACE_RATE_MIN - 2, PACE_RATE_MIN + PACE_RATE_MIN / 4);
}

static void one_slow_request_in_a_hundred_changes_nothing(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace);
    uint64_t now_ms = run_periods(&pace, START, 3, 1, 1);
    uint32_t rate = PACE_RATE_MAX / 8;
    now_ms = run_periods(&pace, now_ms, 5, 100, 1);
    assert_int_equal(pace.rate, rate);
    run_periods(&pace, now_ms, 2, 100, 0);
    assert_int_equal(pace.rate, rate + rate / 4);
}

static void quiet_brings_the_full_rate_back(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace);
    uint64_t now_ms = run_periods(&pace, START, 40, 1, 1);
    assert_int_equal(pace.rate, PACE_RATE_MIN);
    pace_take(&pace, now_ms + 3000, 1);
    assert_int_equal(pace.rate, PACE_RATE_MAX);
}

static void a_large_piece_is_paid_for_afterwards(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace);
    assert_true(pace_take(&pace, START, PACE_RATE_MAX));
    assert_false(pace_take(&pace, START, 1));
    uint64_t next_ms = pace_next(&pace, START);
    assert_in_range(next_ms, START + 1000 - PACE_PERIOD_MS, START + 1001);
    assert_false(pace_take(&pace, next_ms - 1, 1));
    assert_true(pace_take(&pace, next_ms, 1));
}

static void no_piece_and_no_pause_is_too_large(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace);
    assert_true(pace_take(&pace, 0, 0) || pace_next(&pace, 0) > 0);
    assert_true(pace_take(&pace, START, UINT32_MAX));
    assert_false(pace_take(&pace, START, 1));
    assert_true(pace_next(&pace, START) > START);
    assert_true(pace_next(&pace, UINT64_MAX / 2) == UINT64_MAX / 2 + 1);
    for (uint64_t now_ms = 2 * (uint64_t)START; !pace_take(&pace, now_ms, 1); now_ms += START) {
        assert_true(now_ms < 2000 * (uint64_t)START);
    }
    pace_take(&pace, UINT64_MAX / 2, 1);
    assert_true(pace.rate >= PACE_RATE_MIN && pace.rate <= PACE_RATE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_clients_it_goes_at_full_rate),
        cmocka_unit_test(slow_requests_slow_it_down_but_never_stop_it),
        cmocka_unit_test(one_slow_request_in_a_hundred_changes_nothing),
        cmocka_unit_test(quiet_brings_the_full_rate_back),
        cmocka_unit_test(a_large_piece_is_paid_for_afterwards),
        cmocka_unit_test(no_piece_and_no_pause_is_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
