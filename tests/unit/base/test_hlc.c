#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hlc.h"
#include "base/rng.h"

#define WALL_MS 1700000000000u

static void mints_at_least_the_wall_clock(void **state)
{
    (void)state;
    struct hlc hlc;
    hlc_init(&hlc, 0);
    assert_int_equal(hlc_mint_above(&hlc, 0, WALL_MS), hlc_from_ms(WALL_MS));
    assert_int_equal(hlc_mint_above(&hlc, 0, WALL_MS), hlc_from_ms(WALL_MS) + 2);
    assert_int_equal(hlc_mint_above(&hlc, 0, WALL_MS + 1), hlc_from_ms(WALL_MS + 1));
    assert_int_equal(hlc_to_ms(hlc.last), WALL_MS + 1);
}

static void a_wall_clock_set_back_changes_nothing(void **state)
{
    (void)state;
    struct hlc hlc;
    hlc_init(&hlc, 0);
    uint64_t before = hlc_mint_above(&hlc, 0, WALL_MS);
    assert_int_equal(hlc_mint_above(&hlc, 0, WALL_MS - 3600000), before + 2);
}

static void starts_above_its_high_water_mark(void **state)
{
    (void)state;
    struct hlc hlc;
    uint64_t mark = hlc_from_ms(WALL_MS + 500);
    hlc_init(&hlc, mark);
    assert_int_equal(hlc_mint_above(&hlc, 0, WALL_MS), mark + 2);
}

static void follows_up_to_a_minute_ahead(void **state)
{
    (void)state;
    struct hlc hlc;
    uint64_t ahead = hlc_from_ms(WALL_MS + HLC_AHEAD_MAX_MS);
    hlc_init(&hlc, 0);
    hlc_follow(&hlc, ahead, WALL_MS);
    assert_int_equal(hlc.last, ahead);
    hlc_follow(&hlc, ahead - 1, WALL_MS);
    assert_int_equal(hlc.last, ahead);
}

/* H2: one broken clock neither drags the others along nor leaves a value that nobody can overwrite. */
static void far_ahead_is_overwritten_but_not_followed(void **state)
{
    (void)state;
    struct hlc hlc;
    uint64_t far = hlc_from_ms(WALL_MS + HLC_AHEAD_MAX_MS + 1);
    hlc_init(&hlc, 0);
    hlc_follow(&hlc, far, WALL_MS);
    assert_int_equal(hlc.last, 0);
    assert_int_equal(hlc_mint_above(&hlc, far, WALL_MS), far + 1);
    assert_int_equal(hlc.last, hlc_from_ms(WALL_MS));
    assert_int_equal(hlc_mint_above(&hlc, 0, WALL_MS), hlc_from_ms(WALL_MS) + 2);
    assert_int_equal(hlc_mint_above(&hlc, HLC_END - 1, WALL_MS), HLC_END);
}

/* Whoever asked for a lifted value may have lost it, and asks again above the same floor: not the same value. */
static void lifted_values_are_not_minted_twice(void **state)
{
    (void)state;
    struct hlc hlc;
    uint64_t far = hlc_from_ms(WALL_MS + HLC_AHEAD_MAX_MS + 1);
    hlc_init(&hlc, 0);
    assert_int_equal(hlc_mint_above(&hlc, far, WALL_MS), far + 1);
    assert_int_equal(hlc_mint_above(&hlc, far, WALL_MS), far + 3);
    assert_int_equal(hlc_mint_above(&hlc, far + 8, WALL_MS), far + 9);
}

/* Our own clock ran ahead, was set back, and now creeps from where it was through values lifted meanwhile. */
static void ordinary_values_do_not_meet_lifted_ones(void **state)
{
    (void)state;
    struct hlc hlc;
    uint64_t ahead = hlc_from_ms(WALL_MS + 600000);
    hlc_init(&hlc, ahead);
    uint64_t lifted = hlc_mint_above(&hlc, ahead + 6, WALL_MS);
    for (unsigned i = 0; i < 10; i++) {
        assert_true(hlc_mint_above(&hlc, 0, WALL_MS) != lifted);
    }
}

/* H1 over random walls, floors and sights. */
static void minted_values_increase(void **state)
{
    (void)state;
    struct hlc hlc;
    struct rng rng;
    uint64_t wall_ms = WALL_MS;
    uint64_t before = 0;
    hlc_init(&hlc, 0);
    rng_init(&rng, 3);
    for (unsigned i = 0; i < 100000; i++) {
        wall_ms = wall_ms + rng_below(&rng, 2000) - 990;
        uint64_t seen = hlc_from_ms(wall_ms + rng_below(&rng, 2 * HLC_AHEAD_MAX_MS)) + rng_below(&rng, 10);
        hlc_follow(&hlc, seen, wall_ms);
        uint64_t floor = rng_chance(&rng, 500000) ? seen : 0;
        uint64_t minted = hlc_mint_above(&hlc, floor, wall_ms);
        assert_true(minted > floor);
        assert_true(minted >= hlc_from_ms(wall_ms));
        assert_true(hlc.last > before);
        assert_int_equal(minted & 1, minted != hlc.last); /* so the two kinds never meet */
        assert_true(minted == hlc.last || (minted == hlc.lifted && minted > floor));
        before = hlc.last;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mints_at_least_the_wall_clock),
        cmocka_unit_test(a_wall_clock_set_back_changes_nothing),
        cmocka_unit_test(starts_above_its_high_water_mark),
        cmocka_unit_test(follows_up_to_a_minute_ahead),
        cmocka_unit_test(far_ahead_is_overwritten_but_not_followed),
        cmocka_unit_test(lifted_values_are_not_minted_twice),
        cmocka_unit_test(ordinary_values_do_not_meet_lifted_ones),
        cmocka_unit_test(minted_values_increase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
