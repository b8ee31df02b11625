#include "base/assert.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void gr_assert_failed(const char *file, int line, const char *function, const char *claim)
{
    fprintf(stderr, "assertion failed: %s:%d %s: %s\n", file, line, function, claim);
    abort();
}

void gr_assert_failed_values(const char *file, int line, const char *function, const char *claim, uint64_t left,
                             uint64_t right)
{
    fprintf(stderr, "assertion failed: %s:%d %s: %s (%" PRIu64 ", %" PRIu64 ")\n", file, line, function, claim, left,
            right);
    abort();
}
