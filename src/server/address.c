#include "server/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "base/error.h"

static int parse_port(const char *text, uint16_t *ret)
{
    char *end;
    if (text[0] < '0' || text[0] > '9') {
        return GR_EINVAL;
    }
    unsigned long port = strtoul(text, &end, 10);
    if (*end != '\0' || port == 0 || port > UINT16_MAX) {
        return GR_EINVAL;
    }
    *ret = (uint16_t)port;
    return 0;
}

int address_parse(const char *text, struct settings_address *ret)
{
    struct settings_address parsed = {.port = 0};
    const char *colon = strrchr(text, ':');
    if (colon == NULL || parse_port(colon + 1, &parsed.port) != 0) {
        return GR_EINVAL;
    }
    size_t len = (size_t)(colon - text);
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof parsed.host) {
        return GR_EINVAL;
    }
    memcpy(parsed.host, text, len);
    *ret = parsed;
    return 0;
}

void address_format(const struct settings_address *address, char ret[ADDRESS_TEXT_MAX])
{
    bool is_v6 = strchr(address->host, ':') != NULL;
    snprintf(ret, ADDRESS_TEXT_MAX, is_v6 ? "[%s]:%u" : "%s:%u", address->host, address->port);
}

bool address_is_wildcard(const struct settings_address *address)
{
    return strcmp(address->host, "0.0.0.0") == 0 || strcmp(address->host, "::") == 0 ||
           strcmp(address->host, "*") == 0 || address->host[0] == '\0';
}

int address_numeric(const struct settings_address *address, struct sockaddr_storage *ret)
{
    memset(ret, 0, sizeof *ret);
    if (uv_ip4_addr(address->host, address->port, (struct sockaddr_in *)ret) == 0 ||
        uv_ip6_addr(address->host, address->port, (struct sockaddr_in6 *)ret) == 0) {
        return 0;
    }
    return GR_EINVAL;
}

void address_of_socket(const struct sockaddr_storage *socket, char ret[ADDRESS_TEXT_MAX])
{
    struct settings_address address = {.host = "?"};
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)socket;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)socket;
    if (socket->ss_family == AF_INET) {
        uv_ip4_name(v4, address.host, sizeof address.host);
        address.port = ntohs(v4->sin_port);
    } else if (socket->ss_family == AF_INET6) {
        uv_ip6_name(v6, address.host, sizeof address.host);
        address.port = ntohs(v6->sin6_port);
    }
    address_format(&address, ret);
}

bool address_next(const char **list, struct settings_address *ret)
{
    while (**list != '\0') {
        char text[ADDRESS_TEXT_MAX] = "";
        size_t len = strcspn(*list, ",");
        snprintf(text, sizeof text, "%.*s", (int)(len < sizeof text ? len : 0), *list);
        *list += len + ((*list)[len] == ',' ? 1 : 0);
        if (address_parse(text, ret) == 0) {
            return true;
        }
    }
    return false;
}
