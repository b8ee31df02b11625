#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_comparison_that_sees_nothing(void **state)
{
    (void)state;
    find_canary(CANARY_ROOTS_BLIND, "converged", "loss,wipe,crash", 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_comparison_that_sees_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
