#include "server/settings_sources.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "server/suggest.h"

struct reading {
    struct settings *settings;
    FILE *file;
    const char *path;
    int line;
    int error; /* the first; 0: none yet */
    char *error_text;
    size_t error_size;
};

/* Keep the first error. */
static void fail(struct reading *reading, int error, const char *what, const char *detail)
{
    if (reading->error == 0) {
        reading->error = error;
        snprintf(reading->error_text, reading->error_size, "%s:%d: %s%s", reading->path, reading->line, what, detail);
    }
}

/* inih reads a long line as two, which would be blamed on a name that nobody wrote. */
static char *read_line(char *text, int size, void *context)
{
    struct reading *reading = context;
    if (fgets(text, size, reading->file) == NULL) {
        return NULL;
    }
    reading->line++;
    size_t len = strlen(text);
    if (len + 1 == (size_t)size && text[len - 1] != '\n') {
        fail(reading, GR_EINVAL, "line too long", "");
    }
    return text;
}

static void fail_unknown(struct reading *reading, const char *name)
{
    char text[256];
    const char *near = settings_suggest(name);
    snprintf(text, sizeof(text), near == NULL ? "'%s'; `gramme server --help` lists them" : "'%s'; did you mean '%s'?",
             name, near);
    fail(reading, GR_EINVAL, "no setting ", text);
}

static int take_pair(void *context, const char *section, const char *name, const char *value)
{
    struct reading *reading = context;
    if (section[0] != '\0') {
        fail(reading, GR_EINVAL, "sections are not used: remove the line ", section);
        return 0;
    }
    const char *reason;
    int error = settings_set(reading->settings, name, value, &reason);
    if (error == GR_ENOENT) {
        fail_unknown(reading, name);
    } else if (error != 0) {
        char text[512];
        snprintf(text, sizeof(text), value[0] == '\0' ? "%s%s %s" : "%s = %s: %s", name, value, reason);
        fail(reading, error, "", text);
    }
    return error == 0;
}

static int file_error(int number)
{
    return number == ENOENT ? GR_ENOENT : number == EACCES ? GR_EACCES : GR_EIO;
}

int settings_load_file(struct settings *settings, const char *path, char *error_text, size_t error_size)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        int number = errno;
        snprintf(error_text, error_size, "%s: %s", path, strerror(number));
        return file_error(number);
    }
    struct reading reading = {
        .settings = settings, .file = file, .path = path, .error_text = error_text, .error_size = error_size};
    int wrong_line = ini_parse_stream(read_line, &reading, take_pair, &reading);
    if (ferror(file)) {
        fail(&reading, GR_EIO, "cannot be read", "");
    } else if (wrong_line != 0) {
        reading.line = wrong_line > 0 ? wrong_line : reading.line;
        fail(&reading, GR_EINVAL, "wants lines of the form: name = value", "");
    }
    fclose(file);
    return reading.error;
}

#define PREFIX "GRAMME_"
#define PREFIX_LEN (sizeof(PREFIX) - 1)

/* "GRAMME_REQUEST_TIMEOUT=5" to "request-timeout"; false when it is not ours or too long to be. */
static bool name_of_variable(const char *entry, char ret_name[SUGGEST_WORD_MAX + 1])
{
    const char *equals = strchr(entry, '=');
    if (equals == NULL || strncmp(entry, PREFIX, PREFIX_LEN) != 0) {
        return false;
    }
    size_t len = (size_t)(equals - entry) - PREFIX_LEN;
    if (len == 0 || len > SUGGEST_WORD_MAX) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char letter = entry[PREFIX_LEN + i];
        ret_name[i] = letter == '_' ? '-' : (char)tolower((unsigned char)letter);
    }
    ret_name[len] = '\0';
    return true;
}

static void variable_of_name(const char *name, char ret_text[PREFIX_LEN + SUGGEST_WORD_MAX + 1])
{
    memcpy(ret_text, PREFIX, PREFIX_LEN);
    size_t i = 0;
    for (; name[i] != '\0' && i < SUGGEST_WORD_MAX; i++) {
        ret_text[PREFIX_LEN + i] = name[i] == '-' ? '_' : (char)toupper((unsigned char)name[i]);
    }
    ret_text[PREFIX_LEN + i] = '\0';
}

/* Variables of the command line, not settings of a node. */
static bool is_variable_of_command_line(const char *name)
{
    return strcmp(name, "config") == 0 || strcmp(name, "connect") == 0;
}

static int take_variable(struct settings *settings, const char *entry, char *error_text, size_t error_size)
{
    char name[SUGGEST_WORD_MAX + 1];
    if (!name_of_variable(entry, name) || is_variable_of_command_line(name)) {
        return 0;
    }
    const char *reason;
    int error = settings_set(settings, name, strchr(entry, '=') + 1, &reason);
    if (error != GR_ENOENT) {
        if (error != 0) {
            const char *is = strchr(entry, '=')[1] == '\0' ? "" : ":";
            snprintf(error_text, error_size, "%s in the environment%s %s", entry, is, reason);
        }
        return error;
    }
    const char *near = settings_suggest(name);
    if (near == NULL) {
        return 0;
    }
    char variable[PREFIX_LEN + SUGGEST_WORD_MAX + 1];
    variable_of_name(near, variable);
    snprintf(error_text, error_size, "%.*s in the environment is no setting; did you mean %s?",
             (int)strcspn(entry, "="), entry, variable);
    return GR_EINVAL;
}

int settings_load_environment(struct settings *settings, char *const *environment, char *error_text, size_t error_size)
{
    for (; *environment != NULL; environment++) {
        int error = take_variable(settings, *environment, error_text, error_size);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}
