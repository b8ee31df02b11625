#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/canary.h"
#include "sim/find_canary.h"

static void a_peer_that_is_never_forgiven(void **state)
{
    (void)state;
    find_canary(CANARY_GRUDGE, "progress", "hang,slow,partition", 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_peer_that_is_never_forgiven)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
