#include "resp/command_info.h"

static void write_pair(struct output *out, const char *name, const char *value)
{
    if (value != NULL) {
        output_text(out, name);
        output_text(out, value);
    }
}

static void write_arguments(struct output *out, const struct command_argument *arguments, unsigned count);

static void write_argument(struct output *out, const struct command_argument *argument)
{
    size_t fields = 2u + (argument->key_spec >= 0) + (argument->token != NULL) + (argument->since != NULL) +
                    (argument->flags != NULL) + (argument->arguments_count > 0);
    output_map(out, fields);
    write_pair(out, "name", argument->name);
    write_pair(out, "type", argument->type);
    if (argument->key_spec >= 0) {
        output_text(out, "key_spec_index");
        output_integer(out, argument->key_spec);
    }
    write_pair(out, "token", argument->token);
    write_pair(out, "since", argument->since);
    if (argument->flags != NULL) {
        size_t count = 0;
        while (argument->flags[count] != NULL) {
            count++;
        }
        output_text(out, "flags");
        output_set(out, count);
        for (size_t i = 0; i < count; i++) {
            output_status(out, argument->flags[i]);
        }
    }
    if (argument->arguments_count > 0) {
        output_text(out, "arguments");
        write_arguments(out, argument->arguments, argument->arguments_count);
    }
}

/* Depth is that of the table: a few levels. */
static void write_arguments(struct output *out, const struct command_argument *arguments, unsigned count)
{
    output_array(out, count);
    for (unsigned i = 0; i < count; i++) {
        write_argument(out, &arguments[i]);
    }
}

static void write_deprecation(struct output *out, const struct command_spec *spec)
{
    if (spec->deprecated_since == NULL) {
        return;
    }
    output_text(out, "doc_flags");
    output_set(out, 1);
    output_status(out, "deprecated");
    write_pair(out, "deprecated_since", spec->deprecated_since);
    write_pair(out, "replaced_by", spec->replaced_by);
}

void command_docs_write(struct output *out, const struct command_spec *spec)
{
    size_t fields =
        4u + (spec->deprecated_since != NULL ? 3u : 0u) + (spec->arguments_count > 0) + (spec->subcommands_count > 0);
    output_map(out, fields);
    write_pair(out, "summary", spec->summary);
    write_pair(out, "since", spec->since);
    write_pair(out, "group", spec->group);
    write_pair(out, "complexity", spec->complexity);
    write_deprecation(out, spec);
    if (spec->arguments_count > 0) {
        output_text(out, "arguments");
        write_arguments(out, spec->arguments, spec->arguments_count);
    }
    if (spec->subcommands_count > 0) {
        output_text(out, "subcommands");
        output_map(out, spec->subcommands_count);
        for (unsigned i = 0; i < spec->subcommands_count; i++) {
            output_text(out, spec->subcommands[i].name);
            command_docs_write(out, &spec->subcommands[i]);
        }
    }
}
