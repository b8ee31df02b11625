/* The command line of `gramme dev`. */
#ifndef GR_CLI_DEV_FLAGS_H
#define GR_CLI_DEV_FLAGS_H

#include <limits.h>

#include "cli/settings_flags.h"

#define DEV_NODES_MAX 16

struct dev_flags {
    unsigned nodes; /* 0: not given */
    unsigned port;  /* of node 1's clients; node i has the i-1 next ones */
    char dir[PATH_MAX];
    struct settings_flags settings; /* for every node */
};

/* Parse, or end the process. */
struct dev_flags dev_flags_parse(int argc, char **argv);

#endif
