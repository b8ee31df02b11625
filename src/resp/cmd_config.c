/* CONFIG GET pattern ..., CONFIG SET name value ... */
#include <stdio.h>

#include "base/error.h"
#include "resp/glob.h"
#include "resp/handlers.h"
#include "resp/settings_view.h"

#define SETTING_NAME_MAX 64

static bool is_asked_for(const struct call *call, const char *name)
{
    for (uint32_t i = 2; i < call->argc; i++) {
        if (glob_matches(call_arg(call, i), bytes_of_text(name))) {
            return true;
        }
    }
    return false;
}

/* Count, and write if `out` is given, what is asked for. */
static size_t list_settings(struct output *out, const struct call *call)
{
    char value[SETTING_VALUE_MAX];
    const char *name;
    size_t count = 0;
    for (unsigned i = 0; (name = settings_view_at(call_host(call), i, value)) != NULL; i++) {
        if (is_asked_for(call, name)) {
            count++;
            if (out != NULL) {
                output_text(out, name);
                output_text(out, value);
            }
        }
    }
    return count;
}

void resp_config_get(struct call *call)
{
    struct output *out = call_output(call);
    output_map(out, list_settings(NULL, call));
    list_settings(out, call);
    call_done(call);
}

static void refuse(struct call *call, const char *name, const char *reason)
{
    call_errorf(call, "ERR CONFIG SET failed (possibly related to argument '%s') - %s", name, reason);
}

static void refuse_unknown(struct call *call, struct bytes name)
{
    call_errorf(call, "ERR Unknown option or number of arguments for CONFIG SET - '%.*s'",
                name.len > 128 ? 128 : (int)name.len, (const char *)name.data);
}

/* A copy with a terminator, lower case if a name. False when it does not fit or has a zero byte in it. */
static bool copy_text(struct bytes text, bool is_name, char *ret, size_t size)
{
    if (text.len >= size || (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        bool upper = is_name && text.data[i] >= 'A' && text.data[i] <= 'Z';
        ret[i] = (char)(upper ? text.data[i] | 0x20 : text.data[i]);
    }
    ret[text.len] = '\0';
    return true;
}

/* A name that CONFIG GET shows but nothing can change: fine if it has that value already. */
static bool set_fixed(struct call *call, const char *name, const char *wanted)
{
    char value[SETTING_VALUE_MAX];
    if (!settings_view_find(call_host(call), bytes_of_text(name), value)) {
        refuse_unknown(call, bytes_of_text(name));
        return false;
    }
    if (strcmp(value, wanted) != 0) {
        refuse(call, name, "can't set immutable config");
        return false;
    }
    return true;
}

/* False: answered. */
static bool set_one(struct call *call, uint32_t index)
{
    char name[SETTING_NAME_MAX], value[SETTING_VALUE_MAX];
    if (!copy_text(call_arg(call, index), true, name, sizeof name)) {
        refuse_unknown(call, call_arg(call, index));
        return false;
    }
    if (!copy_text(call_arg(call, index + 1), false, value, sizeof value)) {
        refuse(call, name, "the value is too long");
        return false;
    }
    const char *reason = "argument is not allowed";
    const struct session_host *host = call_host(call);
    switch (host->set_setting(host->context, name, value, &reason)) {
    case 0:
        return true;
    case GR_EINVAL:
        refuse(call, name, reason);
        return false;
    case GR_ENOENT:
    case GR_EACCES:
    default:
        return set_fixed(call, name, value);
    }
}

void resp_config_set(struct call *call)
{
    if (call->argc % 2 != 0) {
        call_error(call, "ERR wrong number of arguments for 'config|set' command");
        return;
    }
    for (uint32_t i = 2; i < call->argc; i += 2) {
        if (!set_one(call, i)) {
            return;
        }
    }
    call_status(call, "OK");
}

void resp_config_help(struct call *call)
{
    static const char *const lines[] = {"GET <pattern> [<pattern> ...]", "    Get the settings whose names match.",
                                        "SET <name> <value> [<name> <value> ...]",
                                        "    Change settings that can change while running.", NULL};
    call_help(call, "CONFIG", lines);
}
