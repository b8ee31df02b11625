#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/backoff.h"

static void test_doubles_up_to_its_last(void **state)
{
    (void)state;
    static const uint32_t most[] = {50, 100, 200, 400, 800, 1000, 1000, 1000};
    struct rng rng;
    rng_init(&rng, 7);
    for (unsigned round = 0; round < 100; round++) {
        struct backoff backoff = {0};
        for (unsigned i = 0; i < sizeof most / sizeof most[0]; i++) {
            uint32_t delay = backoff_next(&backoff, &rng);
            assert_in_range(delay, most[i] / 2, most[i]);
        }
    }
}

static void test_reset_begins_anew(void **state)
{
    (void)state;
    struct rng rng;
    struct backoff backoff = {0};
    rng_init(&rng, 7);
    backoff_next(&backoff, &rng);
    backoff_next(&backoff, &rng);
    backoff_reset(&backoff);
    assert_in_range(backoff_next(&backoff, &rng), BACKOFF_FIRST_MS / 2, BACKOFF_FIRST_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubles_up_to_its_last),
        cmocka_unit_test(test_reset_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
