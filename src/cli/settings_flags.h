/* The settings of a node as flags: what `gramme server` takes, and what `gramme dev` hands on to its nodes. */
#ifndef GR_CLI_SETTINGS_FLAGS_H
#define GR_CLI_SETTINGS_FLAGS_H

#include <argp.h>

#include "server/settings.h"

struct settings_flags {
    const char *values[SETTINGS_COUNT]; /* NULL: not given. Borrowed from argv. */
    const char *config;                 /* file; NULL: none */
    int ready_fd;                       /* -1: none */
};

/* Their input is a struct settings_flags. The hidden one takes the same flags without listing them in --help. */
extern const struct argp settings_argp;
extern const struct argp settings_argp_hidden;

/* --config not given: GRAMME_CONFIG, if set, names the file. */
void settings_flags_init(struct settings_flags *flags);

/* The name of a setting, as in --name. */
const char *settings_flags_name(enum setting setting);

/* File, environment and flags into settings, checked and finished. On failure says so on standard error, beginning
 * with `title`, and returns the exit status with nothing to be done with `ret`. */
int settings_flags_load(const struct settings_flags *flags, const char *title, struct settings *ret);

#endif
