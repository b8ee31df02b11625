/* COMMAND: what the table knows, as clients ask for it. */
#include "resp/command_info.h"
#include "resp/glob.h"
#include "resp/handlers.h"
#include "resp/session_state.h"

void resp_command(struct call *call)
{
    struct output *out = call_output(call);
    output_array(out, command_table_count);
    for (unsigned i = 0; i < command_table_count; i++) {
        command_info_write(out, &command_table[i]);
    }
    call_done(call);
}

void resp_command_count(struct call *call)
{
    call_integer(call, command_table_count);
}

void resp_command_info(struct call *call)
{
    if (call->argc == 2) {
        resp_command(call);
        return;
    }
    struct output *out = call_output(call);
    output_array(out, call->argc - 2);
    for (uint32_t i = 2; i < call->argc; i++) {
        const struct command_spec *spec = command_find_full(call_arg(call, i));
        if (spec == NULL) {
            output_null(out);
        } else {
            command_info_write(out, spec);
        }
    }
    call_done(call);
}

static void write_all_docs(struct output *out)
{
    output_map(out, command_table_count);
    for (unsigned i = 0; i < command_table_count; i++) {
        output_text(out, command_table[i].name);
        command_docs_write(out, &command_table[i]);
    }
}

static void write_docs_of(struct output *out, const struct call *call)
{
    size_t known = 0;
    for (uint32_t i = 2; i < call->argc; i++) {
        known += command_find_full(call_arg(call, i)) != NULL;
    }
    output_map(out, known);
    for (uint32_t i = 2; i < call->argc; i++) {
        const struct command_spec *spec = command_find_full(call_arg(call, i));
        if (spec != NULL) {
            output_text(out, spec->name);
            command_docs_write(out, spec);
        }
    }
}

void resp_command_docs(struct call *call)
{
    if (call->argc == 2) {
        write_all_docs(call_output(call));
    } else {
        write_docs_of(call_output(call), call);
    }
    call_done(call);
}

struct list_filter {
    enum { BY_NOTHING, BY_MODULE, BY_CATEGORY, BY_PATTERN } by;
    unsigned category; /* 0: one that no command is in */
    struct bytes pattern;
};

static unsigned find_category(const struct call *call, uint32_t index)
{
#define FIND_CATEGORY(name, bit, text)    \
    if (call_arg_is(call, index, text)) { \
        return COMMAND_IN_##name;         \
    }
    COMMAND_CATEGORIES(FIND_CATEGORY)
#undef FIND_CATEGORY
    return 0;
}

static bool list_has(const struct list_filter *filter, const struct command_spec *spec)
{
    switch (filter->by) {
    case BY_MODULE:
        return false;
    case BY_CATEGORY:
        return (spec->categories & filter->category) != 0;
    case BY_PATTERN:
        return glob_matches(filter->pattern, bytes_of_text(spec->name));
    case BY_NOTHING:
    default:
        return true;
    }
}

/* Count, and write if `out` is given, the commands and subcommands that pass. */
static size_t list_commands(struct output *out, const struct list_filter *filter, const struct command_spec *table,
                            size_t count)
{
    size_t listed = 0;
    for (size_t i = 0; i < count; i++) {
        if (list_has(filter, &table[i])) {
            listed++;
            if (out != NULL) {
                output_text(out, table[i].name);
            }
        }
        if (table[i].subcommands_count > 0) {
            listed += list_commands(out, filter, table[i].subcommands, table[i].subcommands_count);
        }
    }
    return listed;
}

static bool read_list_filter(const struct call *call, struct list_filter *filter)
{
    if (call->argc == 2) {
        return true;
    }
    if (call->argc != 5 || !call_arg_is(call, 2, "filterby")) {
        return false;
    }
    filter->pattern = call_arg(call, 4);
    filter->category = find_category(call, 4);
    filter->by = call_arg_is(call, 3, "module")    ? BY_MODULE
                 : call_arg_is(call, 3, "aclcat")  ? BY_CATEGORY
                 : call_arg_is(call, 3, "pattern") ? BY_PATTERN
                                                   : BY_NOTHING;
    return filter->by != BY_NOTHING;
}

void resp_command_list(struct call *call)
{
    struct list_filter filter = {.by = BY_NOTHING};
    if (!read_list_filter(call, &filter)) {
        call_syntax_error(call);
        return;
    }
    struct output *out = call_output(call);
    output_array(out, list_commands(NULL, &filter, command_table, command_table_count));
    list_commands(out, &filter, command_table, command_table_count);
    call_done(call);
}

static void write_keys(struct call *call, const struct command_spec *spec, uint32_t argc)
{
    uint32_t first = 0, last = 0;
    if (!command_key_range(spec, argc, &first, &last)) {
        call_error(call, "ERR Invalid arguments specified for command");
        return;
    }
    uint32_t step = spec->keys.step;
    struct output *out = call_output(call);
    output_array(out, (last - first) / step + 1);
    for (uint32_t i = first; i <= last; i += step) {
        output_bulk(out, call_arg(call, i + 2));
    }
    call_done(call);
}

void resp_command_getkeys(struct call *call)
{
    uint32_t argc = call->argc - 2;
    const struct command_spec *spec = command_find(call_arg(call, 2));
    if (spec != NULL && spec->subcommands_count > 0 && argc > 1) {
        spec = command_find_in(spec, call_arg(call, 3));
    }
    if (spec == NULL) {
        call_error(call, "ERR Invalid command specified");
    } else if (spec->keys.first == 0) {
        call_error(call, "ERR The command has no key arguments");
    } else if (!command_arity_fits(spec, argc)) {
        call_error(call, "ERR Invalid number of arguments specified for command");
    } else {
        write_keys(call, spec, argc);
    }
}

void resp_command_help(struct call *call)
{
    static const char *const lines[] = {"(no subcommand)",
                                        "    Describe all commands.",
                                        "COUNT",
                                        "    Count the commands.",
                                        "DOCS [<command-name> ...]",
                                        "    Document commands, all if none is named.",
                                        "GETKEYS <full-command>",
                                        "    Get the keys in a full command.",
                                        "INFO [<command-name> ...]",
                                        "    Describe commands, all if none is named.",
                                        "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
                                        "    List the names of commands.",
                                        NULL};
    call_help(call, "COMMAND", lines);
}
