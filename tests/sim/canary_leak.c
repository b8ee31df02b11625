#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_request_never_answered(void **state)
{
    (void)state;
    find_canary(CANARY_LEAK, "replies", "all", 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_request_never_answered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
