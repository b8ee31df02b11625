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

/* How a repair does. */
enum repair {
    REPAIR_DONE,      /* here nothing more is to be done */
    REPAIR_UNDER_WAY, /* the own copy is being changed; the end is told by sync_repaired, if anybody asked for that */
    REPAIR_UNDECIDED, /* nothing was done: what is in doubt, or damaged and held by nobody else, has to be decided */
};

/* Send the merge to every owner that answered with something else, or cannot tell (D3). It is UNDECIDED only if
 * `tells`. While it is UNDER_WAY an error towards another owner is told at the end.
 * Errors: GR_EBUSY, those of parts_send and of read_merge_encoded. */
int read_repair(struct node *node, const struct read *read, bool tells, enum repair *ret);

#endif
