/* Repairing one key: a read for nobody, of this node and one co-owner or of all owners, whose read repair does the work
 * (read.h D3). */
#ifndef GR_NODE_REPAIR_H
#define GR_NODE_REPAIR_H

#include "node/read.h"

/* Read the key here and at `peer` (0: at all owners), and send whoever has less the merge. With a peer, sync_repaired
 * is called once, perhaps before returning: status 0 when both sides have said what they hold, and the own copy holds
 * the merge durably. Where this node is in doubt (doubt.h), or its copy fails its check while the peer has none, all
 * owners are read before anything is done; what only this node has of it then goes (discard.h).
 * Errors: GR_EBUSY (no read is free; sync_repaired is not called). */
int repair_key(struct node *node, uint16_t slot, struct bytes key, uint64_t peer);

/* All who were asked have answered, or time is up (read.c). */
void repair_concluded(struct node *node, struct read *read);

#endif
