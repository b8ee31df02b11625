/* What the copies of a key say together. */
#ifndef GR_NODE_READ_MERGE_H
#define GR_NODE_READ_MERGE_H

#include "node/read.h"

/* The merge of all copies that were acked, decoded into scratch; an absent object if none has the key.
 * Errors: GR_ECORRUPT, GR_EVERSION, GR_ENOMEM. */
int read_merge(struct node *node, const struct read *read, struct object *ret);

/* The same, encoded: one reference for the caller, NULL if no copy has the key. */
int read_merge_encoded(struct node *node, const struct read *read, struct blob **ret);

/* Send the merge to every replica that answered with something else (D3). */
void read_repair(struct node *node, const struct read *read);

#endif
