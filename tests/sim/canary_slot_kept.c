#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_slot_never_given_back(void **state)
{
    (void)state;
    find_canary(CANARY_SLOT_KEPT, "bounds", "all", 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_slot_never_given_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
