/* "host:port" as users write it: "127.0.0.1:6379", "db1:6379", "[::1]:6379". No name is looked up here. */
#ifndef GR_SERVER_SETTINGS_ADDRESS_H
#define GR_SERVER_SETTINGS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "server/settings.h"

#define SETTINGS_ADDRESS_TEXT_MAX 263 /* bytes of "[host]:port" with its terminator */

/* False when `text` is no host with a port of 1..65535; `ret` is untouched then. */
bool settings_address_parse(const char *text, struct settings_address *ret);

/* A comma-separated list of at least one address, without blanks? */
bool settings_address_list_is_valid(const char *text);

/* Back to text, with brackets around an IPv6 host; "" when not set. */
void settings_address_format(const struct settings_address *address, char *ret_text, size_t text_size);

#endif
