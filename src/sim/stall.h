/* Machines that hang or are slow: what is to happen to their process is put off.
 *
 * T1  A process that hangs takes no event until it goes on, then all that waited, in order. Its links stay up, its
 *     clocks go on, nothing new is connected to it.
 * T2  A slow process takes each event late by the same time. The order of its events stays as it was.
 * T3  A machine is never both at a time.
 */
#ifndef GR_SIM_STALL_H
#define GR_SIM_STALL_H

#include "sim/agenda.h"

struct world;

struct stall {
    uint64_t hung_until_us;
    uint64_t slow_until_us;
    uint64_t free_at_us; /* when the last event put off is due */
    uint32_t slow_us;
};

void stall_hang(struct world *world, unsigned node, uint64_t for_us);
void stall_slow(struct world *world, unsigned node, uint32_t by_us, uint64_t for_us);

/* The process is gone, or slowness is over. */
void stall_clear(struct stall *stall);
void stall_end_slowness(struct world *world, unsigned node);

bool stall_is_hung(const struct world *world, unsigned node);

/* Neither hung nor slow, and nothing waits any more? */
bool stall_is_over(const struct world *world, unsigned node);

/* Until when the machine cannot be expected to do anything in time; may be past. */
uint64_t stall_excuses_until(const struct world *world, unsigned node);

/* Is this to happen later? Then it is planned anew. */
bool stall_defers(struct world *world, const struct occurrence *occurrence);

#endif
