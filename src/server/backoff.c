#include "server/backoff.h"

uint32_t backoff_next(struct backoff *backoff, struct rng *rng)
{
    uint32_t delay = backoff->next_ms == 0 ? BACKOFF_FIRST_MS : backoff->next_ms;
    backoff->next_ms = delay * 2 > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : delay * 2;
    return (uint32_t)rng_between(rng, delay / 2, delay);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->next_ms = 0;
}
