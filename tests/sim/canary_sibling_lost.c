#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_sibling_dropped_by_a_replica(void **state)
{
    (void)state;
    find_canary(CANARY_SIBLING_LOST, "lost", "all", 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_sibling_dropped_by_a_replica)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
