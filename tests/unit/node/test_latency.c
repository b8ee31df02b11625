#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "node/latency.h"

static void small_times_are_exact(void **state)
{
    (void)state;
    for (uint32_t ms = 0; ms < 4; ms++) {
        struct latency latency;
        latency_init(&latency);
        latency_note(&latency, ms);
        assert_int_equal(latency_within(&latency, 990), ms);
    }
}

static void larger_times_are_rounded_up_by_a_third_at_most(void **state)
{
    (void)state;
    for (uint32_t ms = 4; ms < 2047; ms++) {
        struct latency latency;
        latency_init(&latency);
        latency_note(&latency, ms);
        uint32_t found = latency_within(&latency, 990);
        assert_in_range(found, ms, ms + ms / 2);
    }
}

static void any_time_has_a_bucket(void **state)
{
    (void)state;
    struct latency latency;
    latency_init(&latency);
    assert_int_equal(latency_within(&latency, 990), 0);
    latency_note(&latency, UINT64_MAX);
    latency_note(&latency, 100000);
    assert_int_equal(latency_within(&latency, 990), 2047);
    assert_int_equal(latency_within(&latency, 1), 2047);
}

/* Beside a sorted list of the same times: the bucket found holds the one in its place. */
static void agrees_with_a_sorted_list(void **state)
{
    (void)state;
    struct latency latency;
    struct rng rng;
    uint32_t times_of[64] = {0};
    latency_init(&latency);
    rng_init(&rng, 4);
    for (unsigned i = 0; i < LATENCY_FULL - 1; i++) {
        uint32_t ms = (uint32_t)rng_below(&rng, 64);
        times_of[ms]++;
        latency_note(&latency, ms);
    }
    for (uint32_t per_thousand = 0; per_thousand <= 1000; per_thousand += 10) {
        uint32_t outside = (LATENCY_FULL - 1) * (1000 - per_thousand) / 1000;
        uint32_t ms = 63;
        while (ms > 0 && times_of[ms] <= outside) {
            outside -= times_of[ms--];
        }
        uint32_t found = latency_within(&latency, per_thousand);
        assert_in_range(found, ms, ms + ms / 2);
    }
}

static void one_slow_answer_of_many_is_not_usual(void **state)
{
    (void)state;
    struct latency latency;
    latency_init(&latency);
    for (unsigned i = 0; i < 200; i++) {
        latency_note(&latency, i == 7 ? 900 : 1);
    }
    assert_int_equal(latency_within(&latency, 990), 1);
    assert_in_range(latency_within(&latency, 1000), 900, 1350);
}

static void old_times_fade(void **state)
{
    (void)state;
    struct latency latency;
    latency_init(&latency);
    for (unsigned i = 0; i < 5000; i++) {
        latency_note(&latency, 500);
        assert_true(latency.total < LATENCY_FULL);
    }
    for (unsigned i = 0; i < 5000; i++) {
        latency_note(&latency, 1);
    }
    assert_true(latency_is_known(&latency));
    assert_int_equal(latency_within(&latency, 990), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_times_are_exact),
        cmocka_unit_test(larger_times_are_rounded_up_by_a_third_at_most),
        cmocka_unit_test(any_time_has_a_bucket),
        cmocka_unit_test(agrees_with_a_sorted_list),
        cmocka_unit_test(one_slow_answer_of_many_is_not_usual),
        cmocka_unit_test(old_times_fade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
