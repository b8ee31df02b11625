/* A machine's clocks: a monotonic one, and a wall clock that is wrong, drifts and jumps. */
#ifndef GR_SIM_CLOCK_H
#define GR_SIM_CLOCK_H

#include "base/rng.h"
#include "node/node.h"

struct sim_clock {
    uint64_t mono_offset_ms;
    int64_t skew_ms;
    int32_t drift_ppm;
};

/* Skew within `skew_max_ms` either way, drift as quartz has it. */
void sim_clock_init(struct sim_clock *clock, struct rng *rng, uint32_t skew_max_ms);

void sim_clock_jump(struct sim_clock *clock, int64_t by_ms);

/* What the machine's clocks show at true time `now_us`. */
struct instant sim_clock_read(const struct sim_clock *clock, uint64_t now_us);

/* True time at which the monotonic clock will show `mono_ms`, not before `now_us`. */
uint64_t sim_clock_when(const struct sim_clock *clock, uint64_t mono_ms, uint64_t now_us);

#endif
