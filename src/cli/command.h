/* The commands of `gramme`: one list, one file each. */
#ifndef GR_CLI_COMMAND_H
#define GR_CLI_COMMAND_H

#include <stdio.h>

/* Exit statuses of every command. */
#define CLI_OK 0
#define CLI_FAILED 1 /* what was asked did not happen; standard error says why */
#define CLI_USAGE 2  /* the command line, a setting or a file of settings is wrong */

/* C(name, text) */
#define COMMANDS(C)                              \
    C(server, "run one node")                    \
    C(dev, "run a local cluster")                \
    C(cluster, "look at a cluster, change it")   \
    C(node, "look after one node")               \
    C(get, "print the value of a key")           \
    C(set, "write the value of a key")           \
    C(del, "delete keys")                        \
    C(sim, "run a whole cluster in a simulator") \
    C(version, "print the version")              \
    C(help, "explain a command")

/* cli_NAME: argv[0] is "gramme NAME", for messages. Returns the exit status. */
#define COMMANDS_DECLARE(name, text) int cli_##name(int argc, char **argv);
COMMANDS(COMMANDS_DECLARE)
#undef COMMANDS_DECLARE

/* Run the command of this name, or say that there is none and which is near. argv[0] is the name. */
int cli_run(int argc, char **argv);

void cli_print_commands(FILE *file);

#endif
