/* Seeded randomness (xoshiro256**, Blackman and Vigna 2018; seeded through splitmix64). State of whoever holds it:
 * there is no global one. */
#ifndef GR_BASE_RNG_H
#define GR_BASE_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state[4];
};

/* Any seed will do, 0 too. */
void rng_init(struct rng *rng, uint64_t seed);

uint64_t rng_next(struct rng *rng);

/* Uniform in [0, bound); bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* Uniform in [low, high]; low <= high. */
uint64_t rng_between(struct rng *rng, uint64_t low, uint64_t high);

/* True with a chance of `per_million` in a million. */
bool rng_chance(struct rng *rng, uint32_t per_million);

#endif
