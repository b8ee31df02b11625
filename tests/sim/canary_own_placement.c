#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_placement_of_each_nodes_own(void **state)
{
    (void)state;
    find_canary(CANARY_OWN_PLACEMENT, "ring", "all", 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_placement_of_each_nodes_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
