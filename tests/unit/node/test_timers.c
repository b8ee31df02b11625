#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "node/timers.h"

#define TIMERS 200u

static void equal_deadlines_fire_in_order_of_setting(void **state)
{
    (void)state;
    struct timers timers;
    struct timer timer[50] = {0};
    timers_init(&timers);
    for (unsigned i = 0; i < 50; i++) {
        timer_set(&timers, &timer[i], 7, NULL);
    }
    for (unsigned i = 0; i < 50; i++) {
        assert_ptr_equal(timers_pop(&timers, 7), &timer[i]);
    }
    assert_null(timers_pop(&timers, 7));
    timers_done(&timers);
}

static void nothing_fires_early(void **state)
{
    (void)state;
    struct timers timers;
    struct timer timer = {0};
    timers_init(&timers);
    assert_true(timers_next(&timers) == UINT64_MAX);
    timer_set(&timers, &timer, 10, NULL);
    assert_int_equal(timers_next(&timers), 10);
    assert_null(timers_pop(&timers, 9));
    timer_set(&timers, &timer, 20, NULL);
    assert_null(timers_pop(&timers, 19));
    assert_ptr_equal(timers_pop(&timers, 20), &timer);
    timer_stop(&timers, &timer);
    timers_done(&timers);
}

static unsigned earliest(const struct timer *timer)
{
    unsigned found = TIMERS;
    for (unsigned i = 0; i < TIMERS; i++) {
        if (timer[i].place == 0) {
            continue;
        }
        if (found == TIMERS || timer[i].at_ms < timer[found].at_ms ||
            (timer[i].at_ms == timer[found].at_ms && timer[i].order < timer[found].order)) {
            found = i;
        }
    }
    return found;
}

/* Setting, moving, stopping and popping at random; a search through all of them says what must come. */
static void agrees_with_a_search(void **state)
{
    (void)state;
    struct timers timers;
    struct timer timer[TIMERS] = {0};
    struct rng rng;
    rng_init(&rng, 3);
    timers_init(&timers);
    for (unsigned step = 0; step < 20000; step++) {
        struct timer *any = &timer[rng_below(&rng, TIMERS)];
        uint64_t what = rng_below(&rng, 4);
        if (what <= 1) {
            timer_set(&timers, any, rng_below(&rng, 100), NULL);
        } else if (what == 2) {
            timer_stop(&timers, any);
            assert_int_equal(any->place, 0);
        } else {
            unsigned expected = earliest(timer);
            struct timer *due = timers_pop(&timers, 1000);
            assert_ptr_equal(due, expected == TIMERS ? NULL : &timer[expected]);
        }
    }
    timers_done(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_deadlines_fire_in_order_of_setting),
        cmocka_unit_test(nothing_fires_early),
        cmocka_unit_test(agrees_with_a_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
