#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_tombstone_goes_before_its_floor_is_kept(void **state)
{
    (void)state;
    find_canary(CANARY_FLOOR_UNKEPT, "deleted", "all", 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_tombstone_goes_before_its_floor_is_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
