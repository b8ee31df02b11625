#include "resp/command_info.h"

struct named_bit {
    unsigned bit;
    const char *name;
};

#define NAMED_BIT(name, bit, text) {1u << (bit), text},
static const struct named_bit flag_names[] = {COMMAND_FLAGS(NAMED_BIT){0, NULL}};
#undef NAMED_BIT
#define NAMED_BIT(name, bit, text) {1u << (bit), "@" text},
static const struct named_bit category_names[] = {COMMAND_CATEGORIES(NAMED_BIT){0, NULL}};
#undef NAMED_BIT

static void write_bits(struct output *out, const struct named_bit *names, unsigned bits)
{
    output_set(out, (size_t)__builtin_popcount(bits));
    for (; names->name != NULL; names++) {
        if ((bits & names->bit) != 0) {
            output_status(out, names->name);
        }
    }
}

static size_t names_count(const char *const *names)
{
    size_t count = 0;
    while (names != NULL && names[count] != NULL) {
        count++;
    }
    return count;
}

static void write_names(struct output *out, const char *const *names)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        output_status(out, names[i]);
    }
}

static void write_key_search(struct output *out, const struct command_keys *keys)
{
    output_text(out, "begin_search");
    output_map(out, 2);
    output_text(out, "type");
    output_text(out, "index");
    output_text(out, "spec");
    output_map(out, 1);
    output_text(out, "index");
    output_integer(out, keys->first);
    output_text(out, "find_keys");
    output_map(out, 2);
    output_text(out, "type");
    output_text(out, "range");
    output_text(out, "spec");
    output_map(out, 3);
    output_text(out, "lastkey");
    output_integer(out, keys->last_from_first);
    output_text(out, "keystep");
    output_integer(out, keys->step);
    output_text(out, "limit");
    output_integer(out, 0);
}

static void write_key_specs(struct output *out, const struct command_keys *keys)
{
    output_set(out, keys->first > 0 ? 1 : 0);
    if (keys->first > 0) {
        output_map(out, keys->notes == NULL ? 3 : 4);
        if (keys->notes != NULL) {
            output_text(out, "notes");
            output_text(out, keys->notes);
        }
        output_text(out, "flags");
        output_set(out, names_count(keys->flags));
        write_names(out, keys->flags);
        write_key_search(out, keys);
    }
}

void command_info_write(struct output *out, const struct command_spec *spec)
{
    output_array(out, 10);
    output_text(out, spec->name);
    output_integer(out, spec->arity);
    write_bits(out, flag_names, spec->flags);
    output_integer(out, spec->keys.first);
    output_integer(out, spec->keys.last);
    output_integer(out, spec->keys.step);
    write_bits(out, category_names, spec->categories);
    output_set(out, names_count(spec->tips));
    for (size_t i = 0; i < names_count(spec->tips); i++) {
        output_text(out, spec->tips[i]);
    }
    write_key_specs(out, &spec->keys);
    output_array(out, spec->subcommands_count);
    for (unsigned i = 0; i < spec->subcommands_count; i++) {
        command_info_write(out, &spec->subcommands[i]);
    }
}
