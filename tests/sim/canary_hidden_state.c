#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_choice_by_something_outside_the_node(void **state)
{
    (void)state;
    find_canary(CANARY_HIDDEN_STATE, "replay", "all", 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_choice_by_something_outside_the_node)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
