#include "sim/find_canary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/sim.h"

void find_canary(unsigned canary, const char *invariant, const char *faults, unsigned runs_max)
{
    struct sim_options options = {.seed = 1, .faults = faults, .canary = canary};
    for (unsigned run = 0; run < runs_max; run++, options.seed++) {
        struct sim_result result;
        int status = strcmp(invariant, "replay") == 0 ? sim_run_twice(&options, &result) : sim_run(&options, &result);
        assert_int_equal(status, 0);
        if (result.failed && strcmp(result.invariant, invariant) == 0) {
            print_message("# found at seed %llu: %s\n", (unsigned long long)options.seed, result.violation);
            return;
        }
    }
    fail_msg("canary %u was not found by the checker of \"%s\" in %u runs", canary, invariant, runs_max);
}
