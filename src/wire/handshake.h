/* Who may speak to whom: the first message each way on every peer connection.
 *
 * The dialler says hello first; the other side answers with its own hello, or refused and closes. A node without a
 * cluster (id 0) may speak to one that has a cluster, to join it; two without, or two of different clusters, may not.
 */
#ifndef GR_WIRE_HANDSHAKE_H
#define GR_WIRE_HANDSHAKE_H

#include "wire/message.h"

struct handshake_self {
    uint64_t cluster; /* 0: none yet */
    uint64_t node;
};

/* Our hello. */
struct wire_message handshake_hello(const struct handshake_self *self);

/* Look at the other side's hello. Returns 0 and the protocol version both speak, or why not, with `ret_text` (static)
 * for the refused message and the log.
 * Errors: GR_EPROTO (no hello, or magic wrong), GR_EVERSION, GR_EFOREIGN, GR_EINVAL (node id 0 or our own). */
int handshake_check(const struct handshake_self *self, const struct wire_message *hello, uint16_t *ret_version,
                    const char **ret_text);

#endif
