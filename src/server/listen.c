#include "server/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

static int explain(int error, const struct settings_address *address, const char *flag, char *text, size_t size)
{
    unsigned port = address->port;
    switch (error) {
    case EADDRINUSE:
        snprintf(text, size, "port %u of %s is in use: stop what uses it, or give %s another port", port, address->host,
                 flag);
        return GR_EINUSE;
    case EACCES:
        snprintf(text, size, "no permission to listen on port %u of %s: give %s a port above 1023", port, address->host,
                 flag);
        return GR_EACCES;
    case EADDRNOTAVAIL:
        snprintf(text, size, "%s is not an address of this machine: give %s one that is, or 0.0.0.0 for all",
                 address->host, flag);
        return GR_EINVAL;
    default:
        snprintf(text, size, "cannot listen on port %u of %s (%s): %s", port, address->host, flag, strerror(error));
        return GR_EIO;
    }
}

static int open_bound(const struct addrinfo *found, int *ret)
{
    int on = 1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return errno;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, found->ai_addr, found->ai_addrlen) != 0) {
        int error = errno;
        close(fd);
        return error;
    }
    *ret = fd;
    return 0;
}

int listen_bind(const struct settings_address *address, const char *flag, uv_tcp_t *ret, char *error_text,
                size_t error_size)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found;
    char port[8];
    int fd = -1;
    snprintf(port, sizeof port, "%u", address->port);
    int error = getaddrinfo(strcmp(address->host, "*") == 0 ? NULL : address->host, port, &hints, &found);
    if (error != 0) {
        snprintf(error_text, error_size, "cannot find the host %s of %s: %s", address->host, flag, gai_strerror(error));
        return GR_EINVAL;
    }
    error = open_bound(found, &fd);
    freeaddrinfo(found);
    if (error == 0) {
        error = -uv_tcp_open(ret, fd);
    }
    return error == 0 ? 0 : explain(error, address, flag, error_text, error_size);
}

int listen_start(uv_tcp_t *tcp, int backlog, uv_connection_cb on_connection, const struct settings_address *address,
                 const char *flag, char *error_text, size_t error_size)
{
    int status = uv_listen((uv_stream_t *)tcp, backlog, on_connection);
    return status == 0 ? 0 : explain(-status, address, flag, error_text, error_size);
}
