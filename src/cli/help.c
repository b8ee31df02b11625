#include <string.h>

#include "cli/command.h"

int cli_help(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        cli_print_commands(stdout);
        return CLI_OK;
    }
    char help[] = "--help";
    char *wanted[] = {argv[1], help, NULL};
    return cli_run(2, wanted);
}
