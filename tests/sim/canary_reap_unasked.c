#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_deletion_forgotten_before_its_hints(void **state)
{
    (void)state;
    find_canary(CANARY_REAP_UNASKED, "deleted", "all", 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_deletion_forgotten_before_its_hints)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
