#include "sim/sim.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/flags.h"

enum { KEY_SEED = 0x100, KEY_NODES, KEY_OPS, KEY_FAULTS, KEY_RUNS, KEY_TRACE };

static const struct argp_option options[] = {
    {"seed", KEY_SEED, "S", 0, "what everything follows from, 0x for hexadecimal [1]", 0},
    {"nodes", KEY_NODES, "1..7", 0, "nodes [drawn from the seed]", 0},
    {"ops", KEY_OPS, "K", 0, "client requests [drawn from the seed]", 0},
    {"faults", KEY_FAULTS, "LIST", 0, "faults that may happen: all, none, or some: crash,loss,... [all]", 0},
    {"runs", KEY_RUNS, "COUNT", 0, "seeds S, S+1, ..., and a summary [1]", 0},
    {"trace", KEY_TRACE, NULL, 0, "tell every step of one run", 0},
    {0},
};

static uint64_t parse_seed(const struct argp_state *state, const char *text)
{
    char *end;
    errno = 0;
    unsigned long long seed = strtoull(text, &end, 0);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0) {
        argp_failure(state, CLI_USAGE, 0, "--seed %s: wants a number", text);
    }
    return seed;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct sim_options *sim = state->input;
    switch (key) {
    case KEY_SEED:
        sim->seed = parse_seed(state, argument);
        return 0;
    case KEY_NODES:
        sim->nodes = (unsigned)flags_number(state, "nodes", argument, 1, 7);
        return 0;
    case KEY_OPS:
        sim->ops = (unsigned)flags_number(state, "ops", argument, 1, 100000000);
        return 0;
    case KEY_FAULTS:
        sim->faults = argument;
        return 0;
    case KEY_RUNS:
        sim->runs = (unsigned)flags_number(state, "runs", argument, 1, 100000000);
        return 0;
    case KEY_TRACE:
        sim->trace = true;
        return 0;
    case ARGP_KEY_ARG:
        return flags_refuse(state, argument);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int cli_sim(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Run a whole cluster in one thread, on a virtual network, disk and clock, and check its invariants. "
               "Exit status 0 only if all of them held; the same seed gives the same run and the same hash.",
    };
    struct sim_options sim = {.seed = 1};
    flags_parse(&argp, argc, argv, &sim);
    return sim_main(&sim);
}
