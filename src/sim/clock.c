#include "sim/clock.h"

#define TRUE_START_MS 1700000000000 /* some day in 2023: any large number will do */
#define DRIFT_MAX_PPM 200

void sim_clock_init(struct sim_clock *clock, struct rng *rng, uint32_t skew_max_ms)
{
    clock->mono_offset_ms = rng_between(rng, 1, 1000000);
    clock->skew_ms = (int64_t)rng_between(rng, 0, 2 * (uint64_t)skew_max_ms) - (int64_t)skew_max_ms;
    clock->drift_ppm = (int32_t)rng_between(rng, 0, 2 * DRIFT_MAX_PPM) - DRIFT_MAX_PPM;
}

void sim_clock_jump(struct sim_clock *clock, int64_t by_ms)
{
    clock->skew_ms += by_ms;
}

struct instant sim_clock_read(const struct sim_clock *clock, uint64_t now_us)
{
    int64_t now_ms = (int64_t)(now_us / 1000);
    int64_t drift_ms = now_ms * clock->drift_ppm / 1000000;
    return (struct instant){
        .mono_ms = clock->mono_offset_ms + (uint64_t)now_ms,
        .wall_ms = (uint64_t)(TRUE_START_MS + now_ms + drift_ms + clock->skew_ms),
    };
}

uint64_t sim_clock_when(const struct sim_clock *clock, uint64_t mono_ms, uint64_t now_us)
{
    if (mono_ms <= clock->mono_offset_ms + now_us / 1000) {
        return now_us;
    }
    uint64_t at_ms = mono_ms - clock->mono_offset_ms;
    return at_ms > UINT64_MAX / 2000 ? UINT64_MAX / 2 : at_ms * 1000;
}
