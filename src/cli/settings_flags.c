#include "cli/settings_flags.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "server/settings_sources.h"

#define KEY_CONFIG 0x100
#define KEY_READY_FD 0x101
#define KEY_SETTINGS 0x200 /* the first setting; clear of the characters that are short flags */

#define OPTION_CONFIG                                                                          \
    {                                                                                          \
        "config", KEY_CONFIG, "FILE", 0, "read settings from a file of lines: name = value", 0 \
    }
#define OPTION_READY_FD                                                                                             \
    {                                                                                                               \
        "ready-fd", KEY_READY_FD, "FD", OPTION_HIDDEN, "write a line to this descriptor when clients are served", 0 \
    }

#define OPTION_TEXT(fallback, text) (sizeof(fallback) > 1 ? text " [" fallback "]" : text)
#define OPTION_SHOWN(type, field, name, fallback, when, metavar, text) \
    {name, KEY_SETTINGS + SETTING_##field, metavar, 0, OPTION_TEXT(fallback, text), 0},
#define OPTION_UNLISTED(type, field, name, fallback, when, metavar, text) \
    {name, KEY_SETTINGS + SETTING_##field, metavar, OPTION_HIDDEN, text, 0},
#define OPTION_GROUP(list, title) {NULL, 0, NULL, 0, title ":", 0}, list(OPTION_SHOWN)

static const struct argp_option options[] = {OPTION_CONFIG, OPTION_READY_FD, SETTINGS_GROUPS(OPTION_GROUP){0}};
static const struct argp_option options_hidden[] = {OPTION_CONFIG, SETTINGS(OPTION_UNLISTED){0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct settings_flags *flags = state->input;
    if (key >= KEY_SETTINGS && key < KEY_SETTINGS + SETTINGS_COUNT) {
        flags->values[key - KEY_SETTINGS] = argument;
        return 0;
    }
    switch (key) {
    case KEY_CONFIG:
        flags->config = argument;
        return 0;
    case KEY_READY_FD:
        flags->ready_fd = (int)flags_number(state, "ready-fd", argument, 0, INT_MAX);
        return 0;
    case ARGP_KEY_ARG:
        return flags_refuse(state, argument);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp settings_argp = {.options = options, .parser = parse};
const struct argp settings_argp_hidden = {.options = options_hidden, .parser = parse};

void settings_flags_init(struct settings_flags *flags)
{
    *flags = (struct settings_flags){.config = getenv("GRAMME_CONFIG"), .ready_fd = -1};
}

const char *settings_flags_name(enum setting setting)
{
    static const char *const names[] = {
#define SETTINGS_NAME(type, field, name, fallback, when, metavar, text) name,
        SETTINGS(SETTINGS_NAME)
#undef SETTINGS_NAME
    };
    return names[setting];
}

static int apply_flags(const struct settings_flags *flags, struct settings *settings, char *error_text,
                       size_t error_size)
{
    for (int i = 0; i < SETTINGS_COUNT; i++) {
        const char *value = flags->values[i];
        const char *name = settings_flags_name((enum setting)i);
        const char *reason;
        int error = value == NULL ? 0 : settings_set(settings, name, value, &reason);
        if (error != 0) {
            snprintf(error_text, error_size, value[0] == '\0' ? "--%s%s %s" : "--%s %s: %s", name, value, reason);
            return error;
        }
    }
    return 0;
}

/* In the order of precedence, least first. */
static int apply_sources(const struct settings_flags *flags, struct settings *settings, char *error_text,
                         size_t error_size)
{
    int error = 0;
    if (flags->config != NULL && flags->config[0] == '\0') {
        snprintf(error_text, error_size, "--config is empty: leave it out, or say --config FILE");
        return GR_EINVAL;
    }
    if (flags->config != NULL) {
        error = settings_load_file(settings, flags->config, error_text, error_size);
    }
    if (error == 0) {
        error = settings_load_environment(settings, environ, error_text, error_size);
    }
    if (error == 0) {
        error = apply_flags(flags, settings, error_text, error_size);
    }
    return error != 0 ? error : settings_finish(settings, error_text, error_size);
}

int settings_flags_load(const struct settings_flags *flags, const char *title, struct settings *ret)
{
    char error_text[1024] = "out of memory";
    if (settings_init(ret) != 0) {
        fprintf(stderr, "%s: %s\n", title, error_text);
        return CLI_FAILED;
    }
    int error = apply_sources(flags, ret, error_text, sizeof(error_text));
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", title, error_text);
        settings_done(ret);
        return error == GR_ENOMEM ? CLI_FAILED : CLI_USAGE;
    }
    return CLI_OK;
}
