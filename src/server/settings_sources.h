/* Where settings come from besides flags: a file and the environment. The caller keeps the precedence by applying the
 * file first, then the environment, then flags (flag > environment > file > default). */
#ifndef GR_SERVER_SETTINGS_SOURCES_H
#define GR_SERVER_SETTINGS_SOURCES_H

#include "server/settings.h"

/* A file of "name = value" lines; '#' and ';' start comments; no sections. `error_text` names the file and the line
 * and says what is wrong. Errors: GR_ENOENT, GR_EACCES, GR_EIO (the file); GR_EINVAL (its content); GR_ENOMEM. */
int settings_load_file(struct settings *settings, const char *path, char *error_text, size_t error_size);

/* GRAMME_NAME for every setting, from "NAME=value" strings ended by NULL (environ). A GRAMME_ name that looks like a
 * misspelt setting is an error; others are left alone, since orchestrators make names like GRAMME_SERVICE_HOST for
 * everything near. Errors: GR_EINVAL, GR_ENOMEM. */
int settings_load_environment(struct settings *settings, char *const *environment, char *error_text, size_t error_size);

#endif
