#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"

/* The published xoshiro256** sequence for a state filled by splitmix64 from 0: a run must replay on any machine. */
static void the_sequence_is_the_published_one(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 0);
    assert_int_equal(rng_next(&rng), 0x99ec5f36cb75f2b4);
    assert_int_equal(rng_next(&rng), 0xbf6e1f784956452a);
    assert_int_equal(rng_next(&rng), 0x1a5f849d4933e6e0);
}

static void the_same_seed_gives_the_same_run(void **state)
{
    (void)state;
    struct rng a;
    struct rng b;
    struct rng other;
    unsigned differing = 0;
    rng_init(&a, 42);
    rng_init(&b, 42);
    rng_init(&other, 43);
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t value = rng_below(&a, 1000000007);
        assert_int_equal(value, rng_below(&b, 1000000007));
        differing += value != rng_below(&other, 1000000007) ? 1 : 0;
    }
    assert_true(differing > 990);
}

static void values_stay_within_their_bounds(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 4);
    for (unsigned i = 0; i < 10000; i++) {
        assert_int_equal(rng_below(&rng, 1), 0);
        assert_true(rng_below(&rng, 7) < 7);
        assert_in_range(rng_between(&rng, 5, 9), 5, 9);
        assert_int_equal(rng_between(&rng, 9, 9), 9);
        rng_between(&rng, 0, UINT64_MAX);
        assert_false(rng_chance(&rng, 0));
        assert_true(rng_chance(&rng, 1000000));
    }
}

/* 70,000 draws from seven: each is expected 10,000 times, with a deviation of 93. */
static void small_bounds_are_drawn_evenly(void **state)
{
    (void)state;
    struct rng rng;
    unsigned drawn[7] = {0};
    rng_init(&rng, 5);
    for (unsigned i = 0; i < 70000; i++) {
        drawn[rng_below(&rng, 7)]++;
    }
    for (unsigned i = 0; i < 7; i++) {
        assert_in_range(drawn[i], 9500, 10500);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sequence_is_the_published_one),
        cmocka_unit_test(the_same_seed_gives_the_same_run),
        cmocka_unit_test(values_stay_within_their_bounds),
        cmocka_unit_test(small_bounds_are_drawn_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
