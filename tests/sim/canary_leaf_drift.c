#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_leaf_that_is_not_its_sum(void **state)
{
    (void)state;
    find_canary(CANARY_LEAF_DRIFT, "converged", "all", 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_leaf_that_is_not_its_sum)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
