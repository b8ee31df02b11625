#include <stdio.h>

#include "cli/command.h"
#include "cli/flags.h"

int cli_version(int argc, char **argv)
{
    static const struct argp argp = {.doc = "Print the version."};
    flags_parse(&argp, argc, argv, NULL);
    printf("gramme %s\n", GRAMME_VERSION);
    return CLI_OK;
}
