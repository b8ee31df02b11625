/* Listening sockets, and errors that say what to do. Binding comes first, before any data is touched; listening may
 * come later (clients are not let in while the node is joining). */
#ifndef GR_SERVER_LISTEN_H
#define GR_SERVER_LISTEN_H

#include <uv.h>

#include "server/settings.h"

/* Bind `ret`, which is initialised, to the first address the host has. `flag` ("--listen") is named in `error_text`.
 * Errors: GR_EINUSE, GR_EACCES, GR_EINVAL (the host is unknown or not of this machine), GR_EIO. */
int listen_bind(const struct settings_address *address, const char *flag, uv_tcp_t *ret, char *error_text,
                size_t error_size);

/* Begin to take connections. Errors as above. */
int listen_start(uv_tcp_t *tcp, int backlog, uv_connection_cb on_connection, const struct settings_address *address,
                 const char *flag, char *error_text, size_t error_size);

#endif
