#include "cli/dev_flags.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/flags.h"

#define DEV_PORT_DEFAULT 7379
#define DEV_PORT_MAX (65535 - 10000 - DEV_NODES_MAX) /* so that the last node's peer port exists */

enum { KEY_NODES = 0x180, KEY_PORT, KEY_DIR };

static const struct argp_option options[] = {
    {"nodes", KEY_NODES, "1..16", 0, "nodes [3, or as many as DIR had last time]", 0},
    {"port", KEY_PORT, "PORT", 0, "client port of node 1; the others have the next ones [7379]", 0},
    {"dir", KEY_DIR, "DIR", 0,
     "data, logs and pids; a later start goes on with what is there [./gramme-dev, on another PORT ./gramme-dev-PORT]",
     0},
    {0},
};

/* These differ from node to node. */
static const struct {
    enum setting setting;
    const char *instead;
} reserved[] = {
    {SETTING_data, "--dir"},  {SETTING_listen, "--port"}, {SETTING_peer, "--port"},
    {SETTING_http, "--port"}, {SETTING_join, "--nodes"},  {SETTING_replace, "gramme server"},
};

static void refuse_reserved(const struct dev_flags *flags, const struct argp_state *state)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (flags->settings.values[reserved[i].setting] != NULL) {
            argp_failure(state, CLI_USAGE, 0, "--%s is another for each node: use %s",
                         settings_flags_name(reserved[i].setting), reserved[i].instead);
        }
    }
}

/* A directory for each port, so that clusters side by side do not meet in one. */
static void choose_dir(struct dev_flags *flags)
{
    if (flags->dir[0] == '\0' && flags->port == DEV_PORT_DEFAULT) {
        snprintf(flags->dir, sizeof(flags->dir), "gramme-dev");
    } else if (flags->dir[0] == '\0') {
        snprintf(flags->dir, sizeof(flags->dir), "gramme-dev-%u", flags->port);
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct dev_flags *flags = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &flags->settings;
        return 0;
    case KEY_NODES:
        flags->nodes = (unsigned)flags_number(state, "nodes", argument, 1, DEV_NODES_MAX);
        return 0;
    case KEY_PORT:
        flags->port = (unsigned)flags_number(state, "port", argument, 1, DEV_PORT_MAX);
        return 0;
    case KEY_DIR:
        if (argument[0] == '\0') {
            argp_failure(state, CLI_USAGE, 0, "--dir is empty: leave it out, or say --dir DIR");
        }
        if (strlen(argument) >= sizeof(flags->dir)) {
            argp_failure(state, CLI_USAGE, 0, "--dir: the path is too long");
        }
        snprintf(flags->dir, sizeof(flags->dir), "%s", argument);
        return 0;
    case ARGP_KEY_END:
        refuse_reserved(flags, state);
        choose_dir(flags);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

struct dev_flags dev_flags_parse(int argc, char **argv)
{
    static const struct argp_child children[] = {{.argp = &settings_argp_hidden}, {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc = "Run a local cluster of real processes in the foreground; Ctrl-C stops it. Any flag of `gramme server` "
               "goes to every node."
               "\vNode N has its process id in DIR/nodeN/pid, data in DIR/nodeN/data, log in DIR/nodeN/log, and its "
               "command line in DIR/nodeN/command: a node that was killed is started again by `sh DIR/nodeN/command`.",
    };
    struct dev_flags flags = {.port = DEV_PORT_DEFAULT};
    settings_flags_init(&flags.settings);
    flags_parse(&argp, argc, argv, &flags);
    return flags;
}
