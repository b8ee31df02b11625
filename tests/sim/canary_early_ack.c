#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_put_acknowledged_before_its_store(void **state)
{
    (void)state;
    find_canary(CANARY_EARLY_ACK, "lost", "all", 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_put_acknowledged_before_its_store)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
