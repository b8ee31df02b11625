/* What clients read when the node could not do what they asked: all texts in one place. */
#ifndef GR_RESP_ERROR_H
#define GR_RESP_ERROR_H

#include "node/request.h"
#include "resp/output.h"
#include "resp/spec.h"

/* The error reply for a status of the node or of submitting (reply->status is not 0). */
void error_write(struct output *out, const struct command_spec *spec, const struct reply *reply);

/* There is no cluster to ask yet. */
#define ERROR_NOT_JOINED "CLUSTERDOWN this node has not joined a cluster yet"

/* Nothing was asked of the node yet. */
#define ERROR_NO_MEMORY "ERR out of memory on this node: nothing was done; try again, or another node"

/* A reply that would pass the bound of what may wait to be sent. */
#define ERROR_KEY_TOO_LONG "ERR key is too long: at most 65535 bytes"
#define ERROR_REPLY_NO_MEMORY \
    "BUSY the reply is dropped: the clients of this node hold all the memory they may (setting memory); try again"
#define ERROR_REPLY_TOO_LARGE "ERR the reply is dropped: more than 64 MiB would wait to be read; ask for less at once"

#endif
