/* The parts of a run, for those who drive a world themselves (transcripts). */
#ifndef GR_SIM_RUN_H
#define GR_SIM_RUN_H

#include "sim/world.h"

/* Start all machines and let them join the first; a violation if they do not within a minute. */
void run_formation(struct world *world);

/* Clients and faults, until all requests are done. */
void run_workload(struct world *world);

/* End all faults; wait until machines, links and membership are whole and nothing is under way. */
void run_healing(struct world *world);

/* Wait until all copies are equal by themselves; a violation if they are not within a bound. */
void run_settling(struct world *world);

/* Read every key through every node until the owners have converged, or give up. */
void run_reads(struct world *world);

/* What must hold at the end. */
void run_checks(struct world *world);

#endif
