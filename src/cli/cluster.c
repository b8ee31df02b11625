#include <stdio.h>
#include <string.h>

#include "cli/cluster_status.h"
#include "cli/command.h"
#include "server/suggest.h"

static void print_help(FILE *file)
{
    fprintf(file, "Usage: gramme cluster COMMAND [OPTION...]\n\n"
                  "  status    the nodes, what they hold and whom they reach\n\n"
                  "`gramme cluster COMMAND --help` explains it.\n");
}

static int refuse(const char *word)
{
    struct suggest suggest;
    suggest_init(&suggest, word);
    suggest_offer(&suggest, "status");
    if (suggest.best != NULL) {
        fprintf(stderr, "gramme cluster: no command '%s'; did you mean '%s'?\n", word, suggest.best);
    } else {
        fprintf(stderr, "gramme cluster: no command '%s'; there is: status\n", word);
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
    if (strcmp(argv[1], "status") != 0) {
        return refuse(argv[1]);
    }
    char title[] = "gramme cluster status";
    argv[1] = title;
    return cluster_status(argc - 1, argv + 1);
}
