#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_write_refused_though_others_were_there(void **state)
{
    (void)state;
    find_canary(CANARY_NO_STAND_IN, "accepted", "partition,crash,hang", 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_write_refused_though_others_were_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
