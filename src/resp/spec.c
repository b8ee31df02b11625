#include "resp/spec.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Order of `name`, in any case, against a lower-case text. */
static int compare_name(struct bytes name, const char *text)
{
    for (size_t i = 0; i < name.len; i++) {
        int order = (int)lower(name.data[i]) - (int)(uint8_t)text[i];
        if (order != 0 || text[i] == '\0') {
            return order != 0 ? order : 1;
        }
    }
    return text[name.len] == '\0' ? 0 : -1;
}

/* `skip` leading characters of each name are the container's. */
static const struct command_spec *find(const struct command_spec *table, size_t count, size_t skip, struct bytes name)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_name(name, table[middle].name + skip);
        if (order == 0) {
            return &table[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const struct command_spec *command_find(struct bytes name)
{
    return find(command_table, command_table_count, 0, name);
}

const struct command_spec *command_find_in(const struct command_spec *container, struct bytes subcommand)
{
    return find(container->subcommands, container->subcommands_count, strlen(container->name) + 1, subcommand);
}

const struct command_spec *command_find_full(struct bytes name)
{
    const uint8_t *bar = name.len == 0 ? NULL : memchr(name.data, '|', name.len);
    if (bar == NULL) {
        return command_find(name);
    }
    size_t len = (size_t)(bar - name.data);
    const struct command_spec *container = command_find(bytes_of(name.data, len));
    return container == NULL ? NULL : command_find_in(container, bytes_of(bar + 1, name.len - len - 1));
}

bool command_arity_fits(const struct command_spec *spec, uint32_t argc)
{
    return spec->arity >= 0 ? argc == (uint32_t)spec->arity : argc >= (uint32_t)-spec->arity;
}

bool command_key_range(const struct command_spec *spec, uint32_t argc, uint32_t *ret_first, uint32_t *ret_last)
{
    int64_t first = spec->keys.first;
    int64_t last = spec->keys.last < 0 ? (int64_t)argc + spec->keys.last : spec->keys.last;
    if (first == 0 || first >= (int64_t)argc || last < first || last >= (int64_t)argc) {
        return false;
    }
    *ret_first = (uint32_t)first;
    *ret_last = (uint32_t)last;
    return true;
}
