/* What the copies of a key say together. */
#ifndef GR_NODE_READ_MERGE_H
#define GR_NODE_READ_MERGE_H

#include "node/read.h"

/* The merge of all copies that were acked, without what is void (doubt.h), decoded into scratch; an absent object if
 * none has the key.
 * Errors: GR_ECORRUPT, GR_EVERSION, GR_ENOMEM. */
int read_merge(struct node *node, const struct read *read, struct object *ret);

/* The same, encoded: one reference for the caller, NULL if no copy has the key. */
int read_merge_encoded(struct node *node, const struct read *read, struct blob **ret);

/* Send the merge to every owner that answered with something else, or cannot tell (D3). Returns how the own copy does:
 * 0, nothing is to be done; 1, it is being brought up to date, and sync_repaired will be called at the end if
 * `tells`; GR_ENOENT, if `tells`: nothing was done, as what is in doubt, or damaged and held by nobody else, has to be
 * decided; or GR_EBUSY and what read_merge_encoded says. */
int read_repair(struct node *node, const struct read *read, bool tells);

#endif
