#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/node_scrub.h"
#include "server/suggest.h"

static void print_help(FILE *file)
{
    fprintf(file, "Usage: gramme node COMMAND [OPTION...]\n\n"
                  "  scrub     read back every object of a node, and repair what fails its check\n\n"
                  "`gramme node COMMAND --help` explains it.\n");
}

static int refuse(const char *word)
{
    struct suggest suggest;
    suggest_init(&suggest, word);
    suggest_offer(&suggest, "scrub");
    if (suggest.best != NULL) {
        fprintf(stderr, "gramme node: no command '%s'; did you mean '%s'?\n", word, suggest.best);
    } else {
        fprintf(stderr, "gramme node: no command '%s'; there is: scrub\n", word);
    }
    return CLI_USAGE;
}

int cli_node(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return CLI_OK;
    }
    if (strcmp(argv[1], "scrub") != 0) {
        return refuse(argv[1]);
    }
    char title[] = "gramme node scrub";
    argv[1] = title;
    return node_scrub(argc - 1, argv + 1);
}
