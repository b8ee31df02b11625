/* The hybrid logical clock (Kulkarni et al. 2014): 48 bits of milliseconds since 1970 above 16 bits of counter.
 *
 * H1  No value is minted twice. Those minted strictly increase, but for those that hlc_mint_above had to lift over a
 *     foreign value far ahead: these are greater than that value and increase among themselves, while the clock itself
 *     stays where it was.
 * H2  A clock is never behind a value it was shown, unless that value lay more than HLC_AHEAD_MAX_MS ahead of the
 *     wall clock: such a value comes from a broken clock and is not followed, lest it drag the whole cluster along.
 */
#ifndef GR_BASE_HLC_H
#define GR_BASE_HLC_H

#include <stdint.h>

#define HLC_COUNTER_BITS 16
#define HLC_AHEAD_MAX_MS 60000u
/* Values from outside are believed up to here (the year 6429), which leaves room for what is minted above them. */
#define HLC_OUTSIDE_MAX ((uint64_t)INT64_MAX - (UINT64_C(1) << 32))
#define HLC_END ((uint64_t)INT64_MAX) /* nothing is ever minted at or above this */

struct hlc {
    uint64_t last;   /* the greatest value minted or followed, but for lifted ones */
    uint64_t lifted; /* the greatest value minted above one too far ahead to follow; 0: none */
};

/* A clock that will mint above `last` (a persisted high-water mark, or 0). */
void hlc_init(struct hlc *hlc, uint64_t last);

/* Show the clock a value seen elsewhere, at wall time `wall_ms`. */
void hlc_follow(struct hlc *hlc, uint64_t seen, uint64_t wall_ms);

/* A new value: above all minted before, at least the wall clock, and above `above`. */
uint64_t hlc_mint_above(struct hlc *hlc, uint64_t above, uint64_t wall_ms);

static inline uint64_t hlc_from_ms(uint64_t ms)
{
    return ms << HLC_COUNTER_BITS;
}

static inline uint64_t hlc_to_ms(uint64_t value)
{
    return value >> HLC_COUNTER_BITS;
}

#endif
