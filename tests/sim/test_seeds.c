/* Every invariant holds over many runs: fixed seeds, each kind of fault by itself, seeds of this commit (GRAMME_SEED, a
 * number, so that every commit explores and still reproduces), and those that failed once (tests/sim/seeds). */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/plan.h"
#include "sim/sim.h"

#define FIXED_RUNS 400u
#define FAULT_RUNS 30u
#define FRESH_RUNS 200u

static void run_holds(const struct sim_options *options)
{
    struct sim_result result;
    assert_int_equal(sim_run(options, &result), 0);
    if (result.failed) {
        fail_msg("violation of \"%s\" %s\n  %s\n  replay: make sim SEED=%llu SIM_ARGS=\"--faults %s\"",
                 result.invariant, result.violation, result.options, (unsigned long long)options->seed,
                 options->faults == NULL ? "all" : options->faults);
    }
}

static void fixed_seeds_hold(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= FIXED_RUNS; seed++) {
        run_holds(&(struct sim_options){.seed = seed});
    }
}

static void each_fault_alone_holds(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < SIM_FAULT_KINDS; bit++) {
        for (uint64_t seed = 1; seed <= FAULT_RUNS; seed++) {
            run_holds(&(struct sim_options){.seed = seed, .faults = plan_fault_name(bit)});
        }
    }
}

static void quiet_runs_hold(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= FAULT_RUNS; seed++) {
        run_holds(&(struct sim_options){.seed = seed, .faults = "none"});
    }
}

static void seeds_of_this_commit_hold(void **state)
{
    (void)state;
    const char *text = getenv("GRAMME_SEED");
    if (text == NULL || *text == '\0') {
        print_message("# GRAMME_SEED is not set: none\n");
        return;
    }
    uint64_t first = strtoull(text, NULL, 0);
    print_message("# seeds %llu and on\n", (unsigned long long)first);
    for (uint64_t run = 0; run < FRESH_RUNS; run++) {
        run_holds(&(struct sim_options){.seed = first + run});
    }
}

/* "--seed 560 --nodes 5 --ops 100 --faults loss", what a failure prints; false for anything else. `line` is cut up. */
static bool parse_line(char *line, struct sim_options *ret)
{
    char *rest = NULL;
    *ret = (struct sim_options){0};
    for (char *word = strtok_r(line, " \n", &rest); word != NULL; word = strtok_r(NULL, " \n", &rest)) {
        const char *value = strtok_r(NULL, " \n", &rest);
        if (value == NULL) {
            return false;
        }
        if (strcmp(word, "--seed") == 0) {
            ret->seed = strtoull(value, NULL, 10);
        } else if (strcmp(word, "--nodes") == 0) {
            ret->nodes = (unsigned)strtoul(value, NULL, 10);
        } else if (strcmp(word, "--ops") == 0) {
            ret->ops = (unsigned)strtoul(value, NULL, 10);
        } else if (strcmp(word, "--faults") == 0) {
            ret->faults = value;
        } else {
            return false;
        }
    }
    return ret->seed != 0;
}

static unsigned run_file(const char *path)
{
    char line[512];
    unsigned runs = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        struct sim_options options;
        if (line[0] == '#' || line[0] == '\n') {
            continue;
        }
        assert_true(parse_line(line, &options));
        run_holds(&options);
        runs++;
    }
    fclose(file);
    return runs;
}

static void past_failures_hold(void **state)
{
    (void)state;
    char folder[4000];
    const char *root = getenv("GRAMME_ROOT");
    snprintf(folder, sizeof folder, "%s/tests/sim/seeds", root == NULL ? "." : root);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    unsigned runs = 0;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && strcmp(entry->d_name + len - 4, ".txt") == 0) {
            char path[4300];
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            runs += run_file(path);
        }
    }
    closedir(dir);
    assert_true(runs > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(past_failures_hold),        cmocka_unit_test(quiet_runs_hold),
        cmocka_unit_test(each_fault_alone_holds),    cmocka_unit_test(fixed_seeds_hold),
        cmocka_unit_test(seeds_of_this_commit_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
