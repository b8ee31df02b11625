#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void courtesies_kept_beyond_their_bound(void **state)
{
    (void)state;
    find_canary(CANARY_HINTS_UNBOUNDED, "bounds", "partition,crash,hang", 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(courtesies_kept_beyond_their_bound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
