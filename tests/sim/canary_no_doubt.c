#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void what_a_salvage_brings_up_is_believed(void **state)
{
    (void)state;
    find_canary(CANARY_NO_DOUBT, "deleted", "all", 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_a_salvage_brings_up_is_believed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
