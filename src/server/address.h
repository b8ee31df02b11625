/* "host:port" in its forms: text, parsed, and as the kernel has it. IPv6 hosts stand in brackets in text. */
#ifndef GR_SERVER_ADDRESS_H
#define GR_SERVER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "server/settings.h"

#define ADDRESS_TEXT_MAX 264 /* bytes of "[host]:port" with its terminator */

/* Errors: GR_EINVAL (no port, or out of its range; host empty or too long). */
int address_parse(const char *text, struct settings_address *ret);

void address_format(const struct settings_address *address, char ret[ADDRESS_TEXT_MAX]);

/* Does the host mean "every interface"? */
bool address_is_wildcard(const struct settings_address *address);

/* Without asking anyone. Errors: GR_EINVAL (the host is a name). */
int address_numeric(const struct settings_address *address, struct sockaddr_storage *ret);

/* "?:0" for what is neither IPv4 nor IPv6. */
void address_of_socket(const struct sockaddr_storage *socket, char ret[ADDRESS_TEXT_MAX]);

/* Take the next of a comma-separated list; false at its end. `list` moves on. A wrong one is skipped. */
bool address_next(const char **list, struct settings_address *ret);

#endif
