/* Removing an own copy that no other owner has anything of: one that fails its check, or one that a salvage has brought
 * up and that was deleted long ago (doubt.h). It stays in the files that were put aside, if there are any; here it is
 * removed in its lane, and counted.
 */
#ifndef GR_NODE_DISCARD_H
#define GR_NODE_DISCARD_H

#include "base/blob.h"
#include "node/lane.h"
#include "node/pool.h"

struct node;

#define DISCARD_ITEMS 64u /* at a time; more is GR_EBUSY */

struct discard {
    struct pooled pooled;
    uint64_t digest; /* of what is to go; 0: one that fails its check */
    struct blob *key;
    struct lane *lane; /* while the store is open */
    struct lane_visitor visitor;
};

struct discards {
    struct pool pool;
};

/* Errors: GR_ENOMEM. */
int discards_init(struct discards *discards);
void discards_done(struct discards *discards);

/* Remove the own copy if it still has this digest; 0: if it still fails its check. 0: it is on its way,
 * sync_repaired is called at the end. Errors: GR_EBUSY. */
int discard_copy(struct node *node, uint16_t slot, struct bytes key, uint64_t digest);

void discard_stored(struct node *node, uint64_t id, int status);

#endif
