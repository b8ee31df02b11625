#include "server/advertise.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "server/address.h"

/* A connected datagram socket sends nothing, and knows which local address it would send from. */
static bool host_towards(const struct settings_address *seed, struct settings_address *ret)
{
    struct sockaddr_storage remote;
    struct sockaddr_storage local = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof local;
    if (address_numeric(seed, &remote) != 0) {
        return false;
    }
    int fd = socket(remote.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    bool known = connect(fd, (const struct sockaddr *)&remote, sizeof remote) == 0 &&
                 getsockname(fd, (struct sockaddr *)&local, &len) == 0;
    close(fd);
    char text[ADDRESS_TEXT_MAX];
    address_of_socket(&local, text);
    return known && address_parse(text, ret) == 0;
}

static bool host_of_interface(struct settings_address *ret)
{
    uv_interface_address_t *list;
    int count;
    bool found = false;
    if (uv_interface_addresses(&list, &count) != 0) {
        return false;
    }
    for (int i = 0; i < count && !found; i++) {
        if (!list[i].is_internal && list[i].address.address4.sin_family == AF_INET) {
            found = uv_ip4_name(&list[i].address.address4, ret->host, sizeof ret->host) == 0;
        }
    }
    uv_free_interface_addresses(list, count);
    return found;
}

static struct settings_address reachable_host(const struct settings *settings)
{
    struct settings_address found = {.host = "127.0.0.1"};
    struct settings_address seed;
    const char *seeds = settings->join == NULL ? "" : settings->join;
    while (address_next(&seeds, &seed)) {
        if (host_towards(&seed, &found)) {
            return found;
        }
    }
    host_of_interface(&found);
    return found;
}

static void advertise_one(const struct settings *settings, const struct settings_address *bound, char *ret)
{
    struct settings_address address = *bound;
    char text[ADDRESS_TEXT_MAX] = "";
    if (address.port == 0) {
        ret[0] = '\0';
        return;
    }
    if (address_is_wildcard(bound)) {
        address = reachable_host(settings);
        address.port = bound->port;
    }
    address_format(&address, text);
    snprintf(ret, MEMBER_ADDRESS_MAX + 1, "%.*s", MEMBER_ADDRESS_MAX, text);
}

void advertise_addresses(const struct settings *settings, struct member *ret)
{
    advertise_one(settings, &settings->listen, ret->client);
    advertise_one(settings, &settings->peer, ret->peer);
    advertise_one(settings, &settings->http, ret->http);
}
