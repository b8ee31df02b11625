#include "server/settings_parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "server/settings_address.h"

#define ID_DIGITS 16u

static int replace_text(const char *text, char **ret)
{
    char *copy = strdup(text);
    if (copy == NULL) {
        return GR_ENOMEM;
    }
    free(*ret);
    *ret = copy;
    return 0;
}

static void format_text(const char *value, char *ret_text, size_t text_size)
{
    snprintf(ret_text, text_size, "%s", value == NULL ? "" : value);
}

/* Digits only: strtoull would take signs and leading blanks. Stops at the first other byte, which `ret_end` gets. */
static bool parse_digits(const char *text, uint64_t max, uint64_t *ret, const char **ret_end)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *ret = value;
    *ret_end = at;
    return at != text;
}

int settings_parse_TEXT(const char *text, const char *metavar, char **ret)
{
    (void)metavar;
    return replace_text(text, ret);
}

void settings_format_TEXT(char *const *value, char *ret_text, size_t text_size)
{
    format_text(*value, ret_text, text_size);
}

int settings_parse_LIST(const char *text, const char *metavar, char **ret)
{
    (void)metavar;
    if (text[0] != '\0' && !settings_address_list_is_valid(text)) {
        return GR_EINVAL;
    }
    return replace_text(text, ret);
}

void settings_format_LIST(char *const *value, char *ret_text, size_t text_size)
{
    format_text(*value, ret_text, text_size);
}

/* Zones travel in membership records and are printed in tables and logs: printable, no blanks. */
int settings_parse_ZONE(const char *text, const char *metavar, char **ret)
{
    (void)metavar;
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return GR_EINVAL;
        }
    }
    return len > SETTINGS_ZONE_MAX ? GR_EINVAL : replace_text(text, ret);
}

void settings_format_ZONE(char *const *value, char *ret_text, size_t text_size)
{
    format_text(*value, ret_text, text_size);
}

int settings_parse_ADDRESS(const char *text, const char *metavar, struct settings_address *ret)
{
    (void)metavar;
    if (text[0] == '\0') {
        *ret = (struct settings_address){.port = 0};
        return 0;
    }
    return settings_address_parse(text, ret) ? 0 : GR_EINVAL;
}

void settings_format_ADDRESS(const struct settings_address *value, char *ret_text, size_t text_size)
{
    settings_address_format(value, ret_text, text_size);
}

int settings_parse_ID(const char *text, const char *metavar, uint64_t *ret)
{
    (void)metavar;
    size_t len = strlen(text);
    if (len == 0) {
        *ret = 0;
        return 0;
    }
    bool is_id = len == ID_DIGITS && strspn(text, "0123456789abcdefABCDEF") == len;
    uint64_t id = is_id ? strtoull(text, NULL, 16) : 0;
    if (id == 0) {
        return GR_EINVAL;
    }
    *ret = id;
    return 0;
}

void settings_format_ID(const uint64_t *value, char *ret_text, size_t text_size)
{
    if (*value == 0) {
        format_text(NULL, ret_text, text_size);
        return;
    }
    snprintf(ret_text, text_size, "%016" PRIx64, *value);
}

int settings_parse_NUMBER(const char *text, const char *metavar, uint32_t *ret)
{
    uint32_t least;
    uint32_t most;
    int ranges = sscanf(metavar, "%" SCNu32 "..%" SCNu32, &least, &most);
    GR_ASSERT_EQ(ranges, 2);
    uint64_t value;
    const char *end;
    if (!parse_digits(text, UINT32_MAX, &value, &end) || *end != '\0' || value < least || value > most) {
        return GR_EINVAL;
    }
    *ret = (uint32_t)value;
    return 0;
}

void settings_format_NUMBER(const uint32_t *value, char *ret_text, size_t text_size)
{
    snprintf(ret_text, text_size, "%" PRIu32, *value);
}

int settings_parse_POWER(const char *text, const char *metavar, uint32_t *ret)
{
    uint32_t value;
    int error = settings_parse_NUMBER(text, metavar, &value);
    if (error != 0) {
        return error;
    }
    if ((value & (value - 1)) != 0) {
        return GR_EINVAL;
    }
    *ret = value;
    return 0;
}

void settings_format_POWER(const uint32_t *value, char *ret_text, size_t text_size)
{
    settings_format_NUMBER(value, ret_text, text_size);
}

/* The shift of a size's suffix, -1 when it is none: k, kb, m, mb, g, gb in either case, as Redis reads "mb". */
static int suffix_shift(const char *suffix)
{
    static const struct {
        const char *text;
        int shift;
    } known[] = {{"", 0}, {"k", 10}, {"kb", 10}, {"m", 20}, {"mb", 20}, {"g", 30}, {"gb", 30}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcasecmp(suffix, known[i].text) == 0) {
            return known[i].shift;
        }
    }
    return -1;
}

/* A number and perhaps its suffix, up to the byte `stop`. */
static bool parse_size(const char *text, char stop, uint64_t *ret, const char **ret_end)
{
    char suffix[4];
    uint64_t value;
    const char *at;
    if (!parse_digits(text, UINT64_MAX, &value, &at)) {
        return false;
    }
    size_t len = 0;
    while (at[len] != stop && at[len] != '\0' && len < sizeof suffix - 1) {
        suffix[len] = at[len];
        len++;
    }
    suffix[len] = '\0';
    int shift = at[len] == stop ? suffix_shift(suffix) : -1;
    if (shift < 0 || value > (uint64_t)INT64_MAX >> shift) {
        return false;
    }
    *ret = value << shift;
    *ret_end = at + len;
    return true;
}

int settings_parse_SIZE(const char *text, const char *metavar, uint64_t *ret)
{
    uint64_t least, most, value;
    const char *end;
    bool is_range = parse_size(metavar, '.', &least, &end) && parse_size(end + 2, '\0', &most, &end);
    GR_ASSERT(is_range);
    if (!parse_size(text, '\0', &value, &end) || value < least || value > most) {
        return GR_EINVAL;
    }
    *ret = value;
    return 0;
}

void settings_format_SIZE(const uint64_t *value, char *ret_text, size_t text_size)
{
    snprintf(ret_text, text_size, "%" PRIu64, *value);
}

static const struct {
    const char *text;
    uint32_t ms;
} units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

#define UNITS (sizeof units / sizeof units[0])

/* A number and perhaps its unit, up to the byte `stop`. */
static bool parse_time(const char *text, char stop, uint32_t *ret_ms, const char **ret_end)
{
    uint64_t value;
    const char *unit;
    if (!parse_digits(text, UINT32_MAX, &value, &unit)) {
        return false;
    }
    const char *end = strchr(unit, stop);
    size_t len = end == NULL ? SIZE_MAX : (size_t)(end - unit);
    uint64_t ms = len == 0 ? 1 : 0;
    for (size_t i = 0; i < UNITS; i++) {
        if (strlen(units[i].text) == len && strncasecmp(unit, units[i].text, len) == 0) {
            ms = units[i].ms;
        }
    }
    if (ms == 0 || value * ms > UINT32_MAX) {
        return false;
    }
    *ret_ms = (uint32_t)(value * ms);
    *ret_end = end;
    return true;
}

int settings_parse_TIME(const char *text, const char *metavar, uint32_t *ret)
{
    uint32_t least, most, value;
    const char *end;
    bool is_range = parse_time(metavar, '.', &least, &end) && parse_time(end + 2, '\0', &most, &end);
    GR_ASSERT(is_range);
    if (!parse_time(text, '\0', &value, &end) || value < least || value > most) {
        return GR_EINVAL;
    }
    *ret = value;
    return 0;
}

/* In the largest unit that it is a multiple of. */
void settings_format_TIME(const uint32_t *value, char *ret_text, size_t text_size)
{
    size_t i = 0;
    while (*value % units[i].ms != 0) {
        i++;
    }
    snprintf(ret_text, text_size, "%" PRIu32 "%s", *value / units[i].ms, units[i].text);
}

/* The place of `text` among the words of "a|b|c", -1 when it is none of them. */
static int word_index(const char *words, const char *text)
{
    size_t len = strlen(text);
    for (int index = 0;; index++) {
        size_t word_len = strcspn(words, "|");
        if (word_len == len && memcmp(words, text, len) == 0) {
            return index;
        }
        if (words[word_len] == '\0') {
            return -1;
        }
        words += word_len + 1;
    }
}

/* The enums are declared in the order of the words in the setting's metavar. */
#define SETTINGS_WORDS(type, ...)                                                                 \
    int settings_parse_##type(const char *text, const char *metavar, SETTINGS_C_##type *ret)      \
    {                                                                                             \
        int index = word_index(metavar, text);                                                    \
        if (index < 0) {                                                                          \
            return GR_EINVAL;                                                                     \
        }                                                                                         \
        *ret = (SETTINGS_C_##type)index;                                                          \
        return 0;                                                                                 \
    }                                                                                             \
    void settings_format_##type(SETTINGS_C_##type const *value, char *ret_text, size_t text_size) \
    {                                                                                             \
        static const char *const words[] = {__VA_ARGS__};                                         \
        format_text(words[*value], ret_text, text_size);                                          \
    }

SETTINGS_WORDS(ENGINE, "rocksdb", "memory")
SETTINGS_WORDS(DURABILITY, "sync", "buffered")
SETTINGS_WORDS(LEVEL, "debug", "info", "warn", "error")
