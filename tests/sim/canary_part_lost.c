#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void an_object_of_which_a_part_is_never_sent(void **state)
{
    (void)state;
    find_canary(CANARY_PART_LOST, "converged", "partition", 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_object_of_which_a_part_is_never_sent)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
