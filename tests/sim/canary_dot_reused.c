#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_dot_minted_twice(void **state)
{
    (void)state;
    find_canary(CANARY_DOT_REUSED, "dots", "all", 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_dot_minted_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
