#include "server/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/error.h"
#include "server/address.h"
#include "server/settings_parse.h"
#include "server/suggest.h"

#define PEER_PORT_OFFSET 10000
#define HTTP_PORT_OFFSET 2000

static const char *const names[] = {
#define SETTINGS_NAME(type, field, name, fallback, when, metavar, text) name,
    SETTINGS(SETTINGS_NAME)
#undef SETTINGS_NAME
};

/* The index of a name in the list, -1 when there is none. */
static int setting_find(const char *name)
{
    for (int i = 0; i < SETTINGS_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

static int setting_parse(struct settings *settings, enum setting setting, const char *value)
{
    switch (setting) {
#define SETTINGS_CASE(type, field, name, fallback, when, metavar, text) \
    case SETTING_##field:                                               \
        return settings_parse_##type(value, metavar, &settings->field);
        SETTINGS(SETTINGS_CASE)
#undef SETTINGS_CASE
    default:
        GR_UNREACHABLE();
    }
}

/* What is wrong with a value that is refused. */
static const char *setting_wants(enum setting setting, bool is_empty)
{
    switch (setting) {
#define SETTINGS_CASE(type, field, name, fallback, when, metavar, text) \
    case SETTING_##field:                                               \
        return is_empty ? "is empty: leave it out, or say " metavar " (" text ")" : "wants " metavar " (" text ")";
        SETTINGS(SETTINGS_CASE)
#undef SETTINGS_CASE
    default:
        GR_UNREACHABLE();
    }
}

static void setting_format(const struct settings *settings, enum setting setting, char *ret_value, size_t value_size)
{
    switch (setting) {
#define SETTINGS_CASE(type, field, name, fallback, when, metavar, text)  \
    case SETTING_##field:                                                \
        settings_format_##type(&settings->field, ret_value, value_size); \
        return;
        SETTINGS(SETTINGS_CASE)
#undef SETTINGS_CASE
    default:
        GR_UNREACHABLE();
    }
}

int settings_init(struct settings *settings)
{
    static const char *const defaults[] = {
#define SETTINGS_DEFAULT(type, field, name, fallback, when, metavar, text) fallback,
        SETTINGS(SETTINGS_DEFAULT)
#undef SETTINGS_DEFAULT
    };
    memset(settings, 0, sizeof(*settings));
    for (int i = 0; i < SETTINGS_COUNT; i++) {
        int error = setting_parse(settings, (enum setting)i, defaults[i]);
        if (error != 0) {
            GR_ASSERT_EQ(error, GR_ENOMEM); /* a default that its own parser refuses is a mistake in the list */
            settings_done(settings);
            return error;
        }
    }
    return 0;
}

void settings_done(struct settings *settings)
{
#define SETTINGS_DROP(type, field, name, fallback, when, metavar, text) SETTINGS_DROP_##type(settings->field);
    SETTINGS(SETTINGS_DROP)
#undef SETTINGS_DROP
    memset(settings, 0, sizeof(*settings));
}

int settings_set(struct settings *settings, const char *name, const char *value, const char **ret_reason)
{
    int index = setting_find(name);
    if (index < 0) {
        *ret_reason = "no such setting";
        return GR_ENOENT;
    }
    bool is_empty = value[0] == '\0';
    int error = is_empty ? GR_EINVAL : setting_parse(settings, (enum setting)index, value);
    if (error != 0) {
        *ret_reason = error == GR_ENOMEM ? gr_error_text(error) : setting_wants((enum setting)index, is_empty);
        return error;
    }
    settings->given[index] = true;
    return 0;
}

/* A majority of n where the user said nothing, so that reads meet writes whatever n is. */
static void derive_quorums(struct settings *settings)
{
    uint32_t majority = settings->n / 2 + 1;
    if (!settings->given[SETTING_r]) {
        settings->r = majority;
    }
    if (!settings->given[SETTING_w]) {
        settings->w = majority;
    }
}

/* Leave `address` unset when the port would not exist. */
static void derive_address(const struct settings *settings, uint32_t offset, struct settings_address *address)
{
    uint32_t port = settings->listen.port + offset;
    if (address->port == 0 && port <= UINT16_MAX) {
        *address = settings->listen;
        address->port = (uint16_t)port;
    }
}

static bool is_one_address(const struct settings_address *a, const struct settings_address *b)
{
    bool is_one_host = strcasecmp(a->host, b->host) == 0 || address_is_wildcard(a) || address_is_wildcard(b);
    return a->port == b->port && is_one_host;
}

/* Each of the three ports needs an address of its own. */
static bool find_clash(const struct settings *settings, char *error_text, size_t error_size)
{
    const struct settings_address *addresses[] = {&settings->listen, &settings->peer, &settings->http};
    static const char *const flags[] = {"--listen", "--peer", "--http"};
    for (unsigned i = 1; i < 3; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (is_one_address(addresses[i], addresses[j])) {
                snprintf(error_text, error_size, "%s and %s have one address, %s:%u: give %s another port", flags[j],
                         flags[i], addresses[i]->host, (unsigned)addresses[i]->port, flags[i]);
                return true;
            }
        }
    }
    return false;
}

int settings_finish(struct settings *settings, char *error_text, size_t error_size)
{
    derive_quorums(settings);
    derive_address(settings, PEER_PORT_OFFSET, &settings->peer);
    derive_address(settings, HTTP_PORT_OFFSET, &settings->http);
    if (settings->data[0] == '\0' && settings->engine != SETTINGS_MEMORY) {
        snprintf(error_text, error_size, "no data directory: say --data DIR, or --engine memory to keep nothing");
    } else if (settings->peer.port == 0) {
        snprintf(error_text, error_size, "listen port %u leaves no room for the peer port (+ %d): say --peer HOST:PORT",
                 (unsigned)settings->listen.port, PEER_PORT_OFFSET);
    } else if (settings->http.port == 0) {
        snprintf(error_text, error_size, "listen port %u leaves no room for the HTTP port (+ %d): say --http HOST:PORT",
                 (unsigned)settings->listen.port, HTTP_PORT_OFFSET);
    } else if (settings->r > settings->n || settings->w > settings->n) {
        snprintf(error_text, error_size, "--r %u and --w %u must not be more than --n %u, the copies there are",
                 (unsigned)settings->r, (unsigned)settings->w, (unsigned)settings->n);
    } else if (!find_clash(settings, error_text, error_size)) {
        return 0;
    }
    return GR_EINVAL;
}

/* Names smaller than that of `index`: its place in order of name. Linear, with fewer than a hundred settings. */
static unsigned rank_of(int index)
{
    unsigned rank = 0;
    for (int i = 0; i < SETTINGS_COUNT; i++) {
        rank += strcmp(names[i], names[index]) < 0;
    }
    return rank;
}

const char *settings_at(const struct settings *settings, unsigned index, char *ret_value, size_t value_size)
{
    for (int i = 0; i < SETTINGS_COUNT; i++) {
        if (rank_of(i) == index) {
            setting_format(settings, (enum setting)i, ret_value, value_size);
            return names[i];
        }
    }
    return NULL;
}

bool settings_is_live(const char *name)
{
    enum { START, LIVE };
    static const int whens[] = {
#define SETTINGS_WHEN(type, field, name, fallback, when, metavar, text) when,
        SETTINGS(SETTINGS_WHEN)
#undef SETTINGS_WHEN
    };
    int index = setting_find(name);
    return index >= 0 && whens[index] == LIVE;
}

const char *settings_suggest(const char *name)
{
    struct suggest suggest;
    suggest_init(&suggest, name);
    for (int i = 0; i < SETTINGS_COUNT; i++) {
        suggest_offer(&suggest, names[i]);
    }
    return suggest.best;
}
