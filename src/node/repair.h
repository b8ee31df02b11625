/* Repairing one key: a read for nobody, of this node and one co-owner or of all owners, whose read repair does the work
 * (read.h D3). */
#ifndef GR_NODE_REPAIR_H
#define GR_NODE_REPAIR_H

#include <stdint.h>

#include "base/bytes.h"

struct node;

/* Read the key here and at `peer` (0: at all owners), send whoever has less the merge, then call sync_repaired once,
 * perhaps before returning. Status 0: both sides answered, and a copy that was less here is durable now or on its way.
 * Errors: GR_EBUSY (no read is free; sync_repaired is not called). */
int repair_key(struct node *node, uint16_t slot, struct bytes key, uint64_t peer);

#endif
