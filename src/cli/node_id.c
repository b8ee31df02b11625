#include "cli/node_id.h"

#include <stdio.h>
#include <string.h>

/* Up to 16 hex digits, in lower case. */
static bool lower(const char *text, char ret[NODE_ID_DIGITS + 1])
{
    size_t len = strlen(text);
    if (len == 0 || len > NODE_ID_DIGITS || strspn(text, "0123456789abcdefABCDEF") != len) {
        return false;
    }
    for (size_t i = 0; i <= len; i++) {
        ret[i] = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a') : text[i];
    }
    return true;
}

bool node_id_parse(const char *text, char ret[NODE_ID_DIGITS + 1])
{
    return strlen(text) == NODE_ID_DIGITS && lower(text, ret);
}

bool node_id_may_be(const char *text)
{
    char digits[NODE_ID_DIGITS + 1];
    return strlen(text) >= NODE_ID_LEAST && lower(text, digits);
}

/* Members whose id begins with these digits; the last of them in `ret`. */
static unsigned count_matches(const json_t *status, const char *digits, char ret[NODE_ID_DIGITS + 1])
{
    unsigned matches = 0;
    size_t index;
    json_t *member;
    json_array_foreach(json_object_get(status, "members"), index, member)
    {
        const char *id = json_string_value(json_object_get(member, "node"));
        if (id != NULL && strlen(id) == NODE_ID_DIGITS && strncmp(id, digits, strlen(digits)) == 0) {
            memcpy(ret, id, NODE_ID_DIGITS + 1);
            matches++;
        }
    }
    return matches;
}

bool node_id_find(const json_t *status, const char *text, char ret[NODE_ID_DIGITS + 1], char *error_text,
                  size_t error_size)
{
    char digits[NODE_ID_DIGITS + 1];
    if (!lower(text, digits) || strlen(digits) < NODE_ID_LEAST) {
        snprintf(error_text, error_size,
                 "'%s' is no node id: it has 16 hex digits, of which the first %d or more will do; `gramme cluster "
                 "status` lists them",
                 text, NODE_ID_LEAST);
        return false;
    }
    if (node_id_parse(text, ret)) {
        return true;
    }
    unsigned matches = count_matches(status, digits, ret);
    if (matches == 1) {
        return true;
    }
    if (matches == 0) {
        snprintf(error_text, error_size, "no member's id begins with '%s': `gramme cluster status` lists them", digits);
    } else {
        snprintf(error_text, error_size, "the ids of %u members begin with '%s': give more digits", matches, digits);
    }
    return false;
}
