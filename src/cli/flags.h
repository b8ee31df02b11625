/* Command lines: argp, with a suggestion for a misspelt flag. */
#ifndef GR_CLI_FLAGS_H
#define GR_CLI_FLAGS_H

#include <argp.h>

/* argp_parse, which ends the process on --help (status 0) and on a mistake (status 2). Flags are wanted in full:
 * an abbreviation that works today would become ambiguous with the next flag. */
void flags_parse(const struct argp *argp, int argc, char **argv, void *input);

/* For a parser's ARGP_KEY_ARG where the command takes flags only: a message through argp and the end. Returns what the
 * parser returns. */
int flags_refuse(const struct argp_state *state, const char *argument);

/* The number of a flag's value, or a message through argp and the end. */
unsigned long flags_number(const struct argp_state *state, const char *flag, const char *text, unsigned long least,
                           unsigned long most);

#endif
