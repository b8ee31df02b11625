#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void clear_is_said_and_no_clock_kept(void **state)
{
    (void)state;
    find_canary(CANARY_CLOCK_UNKEPT, "deleted", "all", 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(clear_is_said_and_no_clock_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
