#include "node/pace.h"

void pace_init(struct pace *pace)
{
    *pace = (struct pace){.rate = PACE_RATE_MAX};
}

void pace_note_request(struct pace *pace, uint64_t now_ms, uint64_t took_ms)
{
    (void)pace, (void)now_ms, (void)took_ms;
}

bool pace_take(struct pace *pace, uint64_t now_ms, uint32_t units)
{
    (void)pace, (void)now_ms, (void)units;
    return true;
}

uint64_t pace_next(const struct pace *pace, uint64_t now_ms)
{
    (void)pace;
    return now_ms + 1;
}
