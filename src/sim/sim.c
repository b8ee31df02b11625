#include "sim/sim.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "sim/plan.h"

#define REPLAY_EVERY 16u /* of many runs, how many are run twice */

/* What to say when an assertion ends the process: signal handlers get no argument. */
static char abort_text[SIM_TEXT_MAX + 64];

static void say_what_aborted(int signal_number)
{
    (void)signal_number;
    ssize_t ignored = write(STDERR_FILENO, abort_text, strlen(abort_text));
    (void)ignored;
}

static void watch_aborts(const struct plan *plan)
{
    char line[SIM_TEXT_MAX];
    plan_describe(plan, line, sizeof line);
    snprintf(abort_text, sizeof abort_text, "aborted in the simulation of %s\n", line);
    signal(SIGABRT, say_what_aborted);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The line to paste. */
static void print_failure(const struct sim_options *options, const struct sim_result *result)
{
    printf("violation of \"%s\" %s\n  %s\n  replay: gramme sim --seed %llu", result->invariant, result->violation,
           result->options, (unsigned long long)options->seed);
    if (options->nodes != 0) {
        printf(" --nodes %u", options->nodes);
    }
    if (options->ops != 0) {
        printf(" --ops %u", options->ops);
    }
    if (options->faults != NULL) {
        printf(" --faults %s", options->faults);
    }
    printf("\n");
}

struct totals {
    uint64_t runs, failed, events, simulated_ms, acknowledged, hash;
};

static void add_result(struct totals *totals, const struct sim_result *result)
{
    totals->runs++;
    totals->failed += result->failed;
    totals->events += result->events;
    totals->simulated_ms += result->simulated_ms;
    totals->acknowledged += result->acknowledged;
    totals->hash = hash_pair(totals->hash, result->hash);
}

static void print_totals(const struct totals *totals, double seconds)
{
    double simulated = (double)totals->simulated_ms / 1000;
    printf("%llu runs, %llu with a violation, %llu acknowledged writes, hash %016llx\n"
           "%.0f simulated seconds, %llu events in %.1f s: %.0f simulated seconds and %.0f events a second\n",
           (unsigned long long)totals->runs, (unsigned long long)totals->failed,
           (unsigned long long)totals->acknowledged, (unsigned long long)totals->hash, simulated,
           (unsigned long long)totals->events, seconds, simulated / seconds, (double)totals->events / seconds);
}

static int run_many(const struct sim_options *options)
{
    struct totals totals = {0};
    double start = seconds_now();
    struct sim_options each = *options;
    for (unsigned i = 0; i < options->runs; i++, each.seed++) {
        struct plan plan;
        struct sim_result result;
        if (plan_draw(&each, &plan) != 0) {
            return 2;
        }
        watch_aborts(&plan);
        int status = i % REPLAY_EVERY == 0 ? sim_run_twice(&each, &result) : sim_run(&each, &result);
        if (status != 0) {
            return 2;
        }
        add_result(&totals, &result);
        if (result.failed) {
            print_failure(&each, &result);
            fflush(stdout);
        }
    }
    print_totals(&totals, seconds_now() - start);
    return totals.failed == 0 ? 0 : 1;
}

static int run_one(const struct sim_options *options)
{
    struct plan plan;
    struct sim_result result;
    char line[SIM_TEXT_MAX];
    if (plan_draw(options, &plan) != 0) {
        return 2;
    }
    plan_describe(&plan, line, sizeof line);
    printf("%s\n", line);
    fflush(stdout);
    watch_aborts(&plan);
    double start = seconds_now();
    int status = options->trace ? sim_run(options, &result) : sim_run_twice(options, &result);
    if (status != 0) {
        return 2;
    }
    if (result.failed) {
        print_failure(options, &result);
        return 1;
    }
    printf("every invariant held: %llu events, %llu acknowledged writes, %.1f simulated seconds, in %.3f s\n"
           "hash=%016llx\n",
           (unsigned long long)result.events, (unsigned long long)result.acknowledged,
           (double)result.simulated_ms / 1000, seconds_now() - start, (unsigned long long)result.hash);
    return 0;
}

int sim_main(const struct sim_options *options)
{
    uint32_t faults;
    if (plan_parse_faults(options->faults, &faults) != 0) {
        fprintf(stderr, "gramme sim: no such faults: %s\n  --faults takes none, all, or some of", options->faults);
        for (unsigned i = 0; i < SIM_FAULT_KINDS; i++) {
            fprintf(stderr, "%s%s", i == 0 ? " " : ",", plan_fault_name(i));
        }
        fprintf(stderr, "\n");
        return 2;
    }
    if (options->nodes > SIM_NODES_MAX) {
        fprintf(stderr, "gramme sim: --nodes takes 1 to %u\n", SIM_NODES_MAX);
        return 2;
    }
    return options->runs > 1 ? run_many(options) : run_one(options);
}
