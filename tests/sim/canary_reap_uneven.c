#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void owners_stay_as_forgetting_has_left_them(void **state)
{
    (void)state;
    find_canary(CANARY_REAP_UNEVEN, "converged", "none", 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(owners_stay_as_forgetting_has_left_them)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
