#include "cli/dev_ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* 0, or the errno of trying. */
static int try_port(unsigned port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1; /* as the node does: connections of an earlier run in TIME_WAIT are no obstacle */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    bool can = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 1) == 0;
    int error = can ? 0 : errno;
    close(fd);
    return error;
}

bool dev_ports_check(unsigned port, unsigned nodes)
{
    static const struct {
        const char *use;
        unsigned offset;
    } kinds[] = {{"clients", 0}, {"peers", DEV_PEER_OFFSET}};
    for (unsigned node = 0; node < nodes; node++) {
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            unsigned wanted = port + node + kinds[i].offset;
            int error = try_port(wanted);
            if (error != 0) {
                fprintf(stderr,
                        "gramme dev: port %u (%s of node %u) cannot be used: %s\n"
                        "Stop what uses it, or choose other ports with --port. Nothing was started.\n",
                        wanted, kinds[i].use, node + 1, strerror(error));
                return false;
            }
        }
    }
    return true;
}
