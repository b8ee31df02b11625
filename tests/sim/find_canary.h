/* A planted bug (node/canary.h) must be found by the checker that is there for it. */
#ifndef GR_TESTS_SIM_FIND_CANARY_H
#define GR_TESTS_SIM_FIND_CANARY_H

/* Runs seeds 1, 2, … with the bug until a run fails by `invariant`; what other checkers see meanwhile does not count.
 * Fails the test if none does within `runs_max` runs. `faults` as in sim_options. */
void find_canary(unsigned canary, const char *invariant, const char *faults, unsigned runs_max);

#endif
