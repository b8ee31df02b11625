#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_deleted_value_read_again(void **state)
{
    (void)state;
    find_canary(CANARY_TOMBSTONE_BLIND, "order", "all", 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_deleted_value_read_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
