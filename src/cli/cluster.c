#include <stdio.h>
#include <string.h>

#include "cli/cluster_replace.h"
#include "cli/cluster_status.h"
#include "cli/command.h"
#include "server/suggest.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *text;
} commands[] = {
    {"status", cluster_status, "the nodes, what they hold and whom they reach"},
    {"replace", cluster_replace, "give the place of a node that is lost for good to another"},
};

#define COMMANDS_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *file)
{
    fprintf(file, "Usage: gramme cluster COMMAND [OPTION...]\n\n");
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        fprintf(file, "  %-9s %s\n", commands[i].name, commands[i].text);
    }
    fprintf(file, "\n`gramme cluster COMMAND --help` explains it.\n");
}

static int refuse(const char *word)
{
    struct suggest suggest;
    suggest_init(&suggest, word);
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        suggest_offer(&suggest, commands[i].name);
    }
    if (suggest.best != NULL) {
        fprintf(stderr, "gramme cluster: no command '%s'; did you mean '%s'?\n", word, suggest.best);
    } else {
        fprintf(stderr, "gramme cluster: no command '%s'; there are: status, replace\n", word);
    }
    return CLI_USAGE;
}

int cli_cluster(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return CLI_OK;
    }
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            char title[64];
            snprintf(title, sizeof(title), "gramme cluster %s", commands[i].name);
            argv[1] = title;
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    return refuse(argv[1]);
}
