#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void an_acknowledgement_too_few(void **state)
{
    (void)state;
    find_canary(CANARY_QUORUM_SHORT, "lost", "all", 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_acknowledgement_too_few)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
