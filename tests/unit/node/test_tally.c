#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "node/tally.h"

static void met_at_wanted_and_for_good(void **state)
{
    (void)state;
    struct tally tally;
    tally_init(&tally, 3, 2);
    assert_int_equal(tally_verdict(&tally), TALLY_OPEN);
    tally_ack(&tally, 0);
    tally_fail(&tally, 1);
    assert_int_equal(tally_verdict(&tally), TALLY_OPEN);
    tally_ack(&tally, 2);
    assert_int_equal(tally_verdict(&tally), TALLY_MET);
    assert_true(tally_is_complete(&tally));
}

static void lost_when_too_few_are_left(void **state)
{
    (void)state;
    struct tally tally;
    tally_init(&tally, 3, 2);
    tally_fail(&tally, 0);
    assert_int_equal(tally_verdict(&tally), TALLY_OPEN);
    tally_fail(&tally, 2);
    assert_int_equal(tally_verdict(&tally), TALLY_LOST);
    assert_false(tally_is_complete(&tally));
}

static void a_slow_ack_overrides_a_failure(void **state)
{
    (void)state;
    struct tally tally;
    tally_init(&tally, 2, 2);
    tally_ack(&tally, 0);
    tally_fail(&tally, 1);
    assert_int_equal(tally_verdict(&tally), TALLY_LOST);
    tally_ack(&tally, 1);
    assert_int_equal(tally_verdict(&tally), TALLY_MET);
    tally_fail(&tally, 1);
    assert_int_equal(tally_verdict(&tally), TALLY_MET);
}

/* The same by counting in arrays, over random answers. */
static void agrees_with_plain_counting(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 11);
    for (unsigned round = 0; round < 5000; round++) {
        unsigned asked = (unsigned)rng_between(&rng, 1, TALLY_MAX);
        unsigned wanted = (unsigned)rng_between(&rng, 1, asked);
        char answer[TALLY_MAX] = {0};
        struct tally tally;
        tally_init(&tally, asked, wanted);
        for (unsigned i = 0; i < 2 * asked; i++) {
            unsigned replica = (unsigned)rng_below(&rng, asked);
            if (rng_chance(&rng, 500000)) {
                tally_ack(&tally, replica);
                answer[replica] = 'a';
            } else {
                tally_fail(&tally, replica);
                answer[replica] = answer[replica] == 'a' ? 'a' : 'f';
            }
            unsigned acks = 0;
            unsigned fails = 0;
            for (unsigned k = 0; k < asked; k++) {
                acks += answer[k] == 'a';
                fails += answer[k] == 'f';
            }
            enum tally_verdict expected = acks >= wanted ? TALLY_MET : asked - fails < wanted ? TALLY_LOST : TALLY_OPEN;
            assert_int_equal(tally_verdict(&tally), expected);
            assert_int_equal(tally_acks(&tally), acks);
            assert_int_equal(tally_is_complete(&tally), acks + fails == asked);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(met_at_wanted_and_for_good),
        cmocka_unit_test(lost_when_too_few_are_left),
        cmocka_unit_test(a_slow_ack_overrides_a_failure),
        cmocka_unit_test(agrees_with_plain_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
