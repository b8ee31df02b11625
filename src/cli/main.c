#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

int main(int argc, char **argv)
{
    argp_program_version = "gramme " GRAMME_VERSION;
    argp_err_exit_status = CLI_USAGE;
    if (argc < 2) {
        cli_print_commands(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        cli_print_commands(stdout);
        return CLI_OK;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("%s\n", argp_program_version);
        return CLI_OK;
    }
    return cli_run(argc - 1, argv + 1);
}
