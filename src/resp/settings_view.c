#include "resp/settings_view.h"

#include <stdio.h>
#include <strings.h>

/* What is true of every gramme, under the name it has in Redis. */
static const struct {
    const char *name, *value;
} fixed[] = {
    {"appendonly", "no"},
    {"cluster-enabled", "yes"},
    {"databases", "1"},
    {"maxmemory", "0"},
    {"maxmemory-policy", "noeviction"},
    {"proto-max-bulk-len", "16777216"},
    {"requirepass", ""},
    {"save", ""},
    {"timeout", "0"},
};
#define FIXED_COUNT (sizeof fixed / sizeof fixed[0])

static const char *fixed_at(const struct session_host *host, unsigned index, char *value)
{
    if (index < FIXED_COUNT) {
        snprintf(value, SETTING_VALUE_MAX, "%s", fixed[index].value);
        return fixed[index].name;
    }
    if (index > FIXED_COUNT + 1) {
        return NULL;
    }
    struct server_facts facts;
    host->facts(host->context, &facts);
    if (index == FIXED_COUNT) {
        snprintf(value, SETTING_VALUE_MAX, "%u", (unsigned)facts.port);
        return "port";
    }
    snprintf(value, SETTING_VALUE_MAX, "%s", facts.data_dir);
    return "dir";
}

const char *settings_view_at(const struct session_host *host, unsigned index, char ret_value[SETTING_VALUE_MAX])
{
    unsigned own = 0;
    while (own <= index) {
        const char *name = host->setting(host->context, own, ret_value, SETTING_VALUE_MAX);
        if (name == NULL) {
            return fixed_at(host, index - own, ret_value);
        }
        if (own == index) {
            return name;
        }
        own++;
    }
    return NULL;
}

bool settings_view_find(const struct session_host *host, struct bytes name, char ret_value[SETTING_VALUE_MAX])
{
    const char *found;
    for (unsigned i = 0; (found = settings_view_at(host, i, ret_value)) != NULL; i++) {
        if (strlen(found) == name.len && strncasecmp(found, (const char *)name.data, name.len) == 0) {
            return true;
        }
    }
    return false;
}
