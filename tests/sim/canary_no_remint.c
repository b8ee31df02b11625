#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_write_behind_an_older_one_with_a_faster_clock(void **state)
{
    (void)state;
    find_canary(CANARY_NO_REMINT, "order", "all", 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_write_behind_an_older_one_with_a_faster_clock)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
