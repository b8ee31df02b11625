/* How long to wait before dialling again: doubles from BACKOFF_FIRST_MS to BACKOFF_LAST_MS, with jitter so that the
 * nodes that lost the same peer do not all come back in step. */
#ifndef GR_SERVER_BACKOFF_H
#define GR_SERVER_BACKOFF_H

#include "base/rng.h"

#define BACKOFF_FIRST_MS 50u
#define BACKOFF_LAST_MS 1000u /* a peer that is back is found again within this */

struct backoff {
    uint32_t next_ms; /* 0: fresh */
};

/* The delay after one more failure: between half and all of 50, 100, ... 1000 ms. */
uint32_t backoff_next(struct backoff *backoff, struct rng *rng);

void backoff_reset(struct backoff *backoff);

#endif
