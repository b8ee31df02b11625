#include "cli/cluster_status.h"

#include <stdbool.h>
#include <stdio.h>

#include "cli/cluster_table.h"
#include "cli/cluster_view.h"
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/flags.h"

#define KEY_JSON 0x200

struct status_flags {
    const char *address;
    bool json;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct status_flags *flags = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &flags->address;
        return 0;
    case KEY_JSON:
        flags->json = true;
        return 0;
    case ARGP_KEY_ARG:
        return flags_refuse(state, argument);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int cluster_status(int argc, char **argv)
{
    static const struct argp_option options[] = {{"json", KEY_JSON, NULL, 0, "for machines", 0}, {0}};
    static const struct argp_child children[] = {{.argp = &connect_argp}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc = "The nodes of a cluster, their zones and weights, the partitions they own and the peers they reach. "
               "Exit status 0 when every node answers and reaches every other, 1 when not.",
    };
    struct status_flags flags = {.address = connect_default()};
    flags_parse(&argp, argc, argv, &flags);

    char error_text[512];
    json_t *view = cluster_view_take(flags.address, error_text, sizeof(error_text));
    if (view == NULL) {
        fprintf(stderr, "%s: %s\n", argv[0], error_text);
        return CLI_FAILED;
    }
    if (flags.json) {
        json_dumpf(view, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        cluster_table_print(view, stdout);
    }
    bool healthy = cluster_view_is_healthy(view);
    json_decref(view);
    return healthy ? CLI_OK : CLI_FAILED;
}
