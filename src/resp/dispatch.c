#include "resp/dispatch.h"

#include <stdio.h>

/* How much of a client's own words an error repeats, as in Redis. */
#define REPEATED_MAX 128

static int shown_len(struct bytes word)
{
    return word.len > REPEATED_MAX ? REPEATED_MAX : (int)word.len;
}

static void unknown_command(const struct call *call, char *error)
{
    char args[REPEATED_MAX + 8] = "";
    size_t used = 0;
    for (uint32_t i = 1; i < call->argc && used < REPEATED_MAX; i++) {
        struct bytes arg = call_arg(call, i);
        int room = (int)(REPEATED_MAX - used);
        int len = arg.len > (size_t)room ? room : (int)arg.len;
        used += (size_t)snprintf(args + used, sizeof args - used, "'%.*s' ", len, (const char *)arg.data);
    }
    struct bytes name = call_arg(call, 0);
    snprintf(error, DISPATCH_ERROR_MAX, "ERR unknown command '%.*s', with args beginning with: %s", shown_len(name),
             (const char *)name.data, args);
}

static void unknown_subcommand(const struct call *call, const char *container, char *error)
{
    char upper[32] = "";
    for (size_t i = 0; container[i] != '\0' && i < sizeof upper - 1; i++) {
        upper[i] = container[i] >= 'a' && container[i] <= 'z' ? (char)(container[i] - 32) : container[i];
    }
    struct bytes name = call_arg(call, 1);
    snprintf(error, DISPATCH_ERROR_MAX, "ERR unknown subcommand '%.*s'. Try %s HELP.", shown_len(name),
             (const char *)name.data, upper);
}

const struct command_spec *dispatch_find(const struct call *call, char ret_error[DISPATCH_ERROR_MAX])
{
    const struct command_spec *spec = command_find(call_arg(call, 0));
    if (spec == NULL) {
        unknown_command(call, ret_error);
        return NULL;
    }
    if (spec->subcommands_count > 0 && call->argc > 1) {
        const struct command_spec *container = spec;
        spec = command_find_in(container, call_arg(call, 1));
        if (spec == NULL) {
            unknown_subcommand(call, container->name, ret_error);
            return NULL;
        }
    }
    if (!command_arity_fits(spec, call->argc) || spec->run == NULL) {
        snprintf(ret_error, DISPATCH_ERROR_MAX, "ERR wrong number of arguments for '%s' command", spec->name);
        return NULL;
    }
    return spec;
}
