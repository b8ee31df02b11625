#include "server/settings_address.h"

#include <stdio.h>
#include <string.h>

static bool parse_port(const char *text, uint16_t *ret)
{
    uint32_t port = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits] != '\0') {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        port = port * 10 + (uint32_t)(text[i] - '0');
    }
    if (port == 0 || port > UINT16_MAX) {
        return false;
    }
    *ret = (uint16_t)port;
    return true;
}

/* Where the host is and the colon behind it. An IPv6 host needs its brackets: "::1:6379" could be read in two ways. */
static bool find_host(const char *text, const char **ret_host, size_t *ret_len, const char **ret_colon)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL) {
        return false;
    }
    const char *host = text;
    size_t len = (size_t)(colon - text);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    } else if (memchr(host, ':', len) != NULL) {
        return false;
    }
    *ret_host = host;
    *ret_len = len;
    *ret_colon = colon;
    return true;
}

bool settings_address_parse(const char *text, struct settings_address *ret)
{
    const char *host;
    const char *colon;
    size_t len;
    uint16_t port;
    if (!find_host(text, &host, &len, &colon) || !parse_port(colon + 1, &port)) {
        return false;
    }
    if (len == 0 || len >= sizeof(ret->host) || strcspn(host, " \t,[]/") < len) {
        return false;
    }
    memcpy(ret->host, host, len);
    ret->host[len] = '\0';
    ret->port = port;
    return true;
}

bool settings_address_list_is_valid(const char *text)
{
    for (;;) {
        size_t len = strcspn(text, ",");
        char one[SETTINGS_ADDRESS_TEXT_MAX];
        struct settings_address ignored;
        if (len >= sizeof(one)) {
            return false;
        }
        memcpy(one, text, len);
        one[len] = '\0';
        if (!settings_address_parse(one, &ignored)) {
            return false;
        }
        if (text[len] == '\0') {
            return true;
        }
        text += len + 1;
    }
}

void settings_address_format(const struct settings_address *address, char *ret_text, size_t text_size)
{
    if (address->port == 0) {
        snprintf(ret_text, text_size, "%s", "");
        return;
    }
    bool is_ipv6 = strchr(address->host, ':') != NULL;
    snprintf(ret_text, text_size, is_ipv6 ? "[%s]:%u" : "%s:%u", address->host, (unsigned)address->port);
}
