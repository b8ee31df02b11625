/* Invariant 8: the same seed gives the same run, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "sim/sim.h"

static void a_seed_gives_one_run(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct sim_result result;
        assert_int_equal(sim_run_twice(&(struct sim_options){.seed = seed}, &result), 0);
        assert_string_equal(result.violation, "");
        assert_int_not_equal(result.hash, 0);
    }
}

static void another_seed_gives_another_run(void **state)
{
    (void)state;
    struct sim_result one;
    struct sim_result other;
    assert_int_equal(sim_run(&(struct sim_options){.seed = 1, .nodes = 3, .ops = 20}, &one), 0);
    assert_int_equal(sim_run(&(struct sim_options){.seed = 2, .nodes = 3, .ops = 20}, &other), 0);
    assert_int_not_equal(one.hash, other.hash);
}

static void options_are_kept(void **state)
{
    (void)state;
    struct sim_result result;
    assert_int_equal(sim_run(&(struct sim_options){.seed = 9, .nodes = 4, .ops = 33, .faults = "none"}, &result), 0);
    assert_non_null(strstr(result.options, "seed=9 nodes=4 "));
    assert_non_null(strstr(result.options, " ops=33 "));
    assert_non_null(strstr(result.options, " faults=none"));
}

static void senseless_options_are_refused(void **state)
{
    (void)state;
    struct sim_result result;
    assert_int_equal(sim_run(&(struct sim_options){.seed = 1, .nodes = 8}, &result), GR_EINVAL);
    assert_int_equal(sim_run(&(struct sim_options){.seed = 1, .faults = "crash,meteor"}, &result), GR_EINVAL);
    assert_int_equal(sim_run(&(struct sim_options){.seed = 1, .faults = "crash,"}, &result), GR_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_gives_one_run),
        cmocka_unit_test(another_seed_gives_another_run),
        cmocka_unit_test(options_are_kept),
        cmocka_unit_test(senseless_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
