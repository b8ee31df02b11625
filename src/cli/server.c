#include "server/server.h"

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/settings_flags.h"

static error_t parse(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    if (key != ARGP_KEY_INIT) {
        return ARGP_ERR_UNKNOWN;
    }
    state->child_inputs[0] = state->input;
    return 0;
}

int cli_server(int argc, char **argv)
{
    static const struct argp_child children[] = {{.argp = &settings_argp}, {0}};
    static const struct argp argp = {
        .parser = parse,
        .children = children,
        .doc = "Run one node. On an empty data directory it founds a cluster of its own, or with --join becomes a "
               "member of another; later starts remember. SIGTERM stops it cleanly."
               "\vEach flag --NAME is also GRAMME_NAME in the environment and NAME in the file; "
               "flag > environment > file > default, which stands in [].",
    };
    struct settings_flags flags;
    settings_flags_init(&flags);
    flags_parse(&argp, argc, argv, &flags);

    struct settings settings;
    int status = settings_flags_load(&flags, argv[0], &settings);
    if (status != CLI_OK) {
        return status;
    }
    status = server_run(&settings, flags.config == NULL ? "" : flags.config, flags.ready_fd);
    settings_done(&settings);
    return status;
}
