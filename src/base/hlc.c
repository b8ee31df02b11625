#include "base/hlc.h"

#include <stdbool.h>

#include "base/assert.h"

void hlc_init(struct hlc *hlc, uint64_t last)
{
    *hlc = (struct hlc){.last = last + (last & 1)};
}

static bool is_far_ahead(uint64_t value, uint64_t wall_ms)
{
    return hlc_to_ms(value) > wall_ms + HLC_AHEAD_MAX_MS;
}

static uint64_t round_up_to_even(uint64_t value)
{
    return value + (value & 1);
}

void hlc_follow(struct hlc *hlc, uint64_t seen, uint64_t wall_ms)
{
    if (seen > hlc->last && !is_far_ahead(seen, wall_ms)) {
        hlc->last = round_up_to_even(seen);
    }
}

/* Ordinary values are even and lifted ones odd, so that the one never meets the other (H1). */
uint64_t hlc_mint_above(struct hlc *hlc, uint64_t above, uint64_t wall_ms)
{
    GR_ASSERT_LT(above, HLC_END);
    hlc_follow(hlc, above, wall_ms);
    uint64_t now = hlc_from_ms(wall_ms);
    hlc->last = now > hlc->last ? now : (hlc->last | 1) + 1;
    if (above < hlc->last) {
        return hlc->last;
    }
    hlc->lifted = ((hlc->lifted > above ? hlc->lifted : above) + 1) | 1;
    return hlc->lifted;
}
