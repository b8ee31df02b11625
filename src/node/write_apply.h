/* The heart of a write: from the object in the lane to the object with one more dot. No messages, no states. */
#ifndef GR_NODE_WRITE_APPLY_H
#define GR_NODE_WRITE_APPLY_H

#include "node/write.h"

/* Work out what the write makes of `current` (encoded, empty: absent) merged with what its quorum read found. Sets
 * write->result, write->old, and if result.changes write->dot and write->object. `ret_live_delta` is relative to
 * `current`.
 * Errors: GR_ECORRUPT, GR_EVERSION (current cannot be read), GR_ECONFLICT (depends on one value, there are several, or
 * would leave too many: write->siblings), GR_ETOOBIG, GR_EOVERTAKEN (the origin's dot is not the newest; write->floor
 * is), GR_ENOMEM. */
int write_apply(struct node *node, struct write *write, struct bytes current, int8_t *ret_live_delta);

#endif
