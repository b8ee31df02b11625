#include "cli/command.h"

#include <string.h>

#include "server/suggest.h"

static const struct command {
    const char *name;
    const char *title; /* argv[0] of the command: what its messages begin with */
    const char *text;
    int (*run)(int argc, char **argv);
} commands[] = {
#define COMMANDS_ROW(name, text) {#name, "gramme " #name, text, cli_##name},
    COMMANDS(COMMANDS_ROW)
#undef COMMANDS_ROW
};

#define COMMANDS_COUNT (sizeof(commands) / sizeof(commands[0]))

static int refuse_unknown(const char *name)
{
    struct suggest suggest;
    suggest_init(&suggest, name);
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        suggest_offer(&suggest, commands[i].name);
    }
    if (suggest.best != NULL) {
        fprintf(stderr, "gramme: no command '%s'; did you mean '%s'?\n", name, suggest.best);
    } else {
        fprintf(stderr, "gramme: no command '%s'; `gramme help` lists them\n", name);
    }
    return CLI_USAGE;
}

int cli_run(int argc, char **argv)
{
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        if (strcmp(commands[i].name, argv[0]) == 0) {
            char title[64];
            snprintf(title, sizeof(title), "%s", commands[i].title);
            argv[0] = title;
            return commands[i].run(argc, argv);
        }
    }
    return refuse_unknown(argv[0]);
}

void cli_print_commands(FILE *file)
{
    fprintf(file, "gramme: a leaderless, replicated key-value store that Redis clients speak to\n\n"
                  "Usage: gramme COMMAND [OPTION...]\n\n");
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        fprintf(file, "  %-8s  %s\n", commands[i].name, commands[i].text);
    }
    fprintf(file, "\n`gramme COMMAND --help` explains one of them. Start with: gramme dev\n");
}
