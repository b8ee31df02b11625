/* Whole clusters of the real core in one thread, on a virtual network, disk and clock.
 *
 * Everything a run does follows from its seed: options, faults, timings. So a failure is one line to paste.
 */
#ifndef GR_SIM_SIM_H
#define GR_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_options {
    uint64_t seed;
    unsigned nodes; /* 1..7; 0: drawn from the seed, mostly 5 */
    unsigned ops;   /* client requests; 0: drawn from the seed */
    const char
        *faults;     /* "none", "all" or a list such as "crash,loss"; NULL: all. Those allowed, not those that occur */
    unsigned runs;   /* 0 and 1: one; more: seeds seed, seed + 1, … and a summary instead of a report each */
    bool trace;      /* of one run: tell every decision on standard output */
    unsigned canary; /* a planted bug, 0: none; heeded only in canary builds */
};

#define SIM_TEXT_MAX 512

struct sim_result {
    bool failed;
    char invariant[32];           /* "lost", "dots", …: the checker that failed; empty when none did */
    char violation[SIM_TEXT_MAX]; /* what was seen */
    char options[SIM_TEXT_MAX];   /* what was drawn, one line */
    uint64_t hash;                /* of every event and effect in order */
    uint64_t events;              /* steps of nodes */
    uint64_t simulated_ms;
    uint64_t acknowledged; /* writes */
};

/* One run. Returns 0 when it could be run, whatever it found.
 * Errors: GR_EINVAL (options), GR_ENOMEM. */
int sim_run(const struct sim_options *options, struct sim_result *ret);

/* The same run twice with memory laid out differently; a difference is a violation of "replay".
 * Errors: as sim_run. */
int sim_run_twice(const struct sim_options *options, struct sim_result *ret);

/* What `gramme sim` does: run, report on standard output. Returns the exit status: 0 only if every invariant held, 1 if
 * one did not, 2 for options that make no sense. */
int sim_main(const struct sim_options *options);

#endif
