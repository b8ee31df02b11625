/* A node that lost its disk for good gives its place to another id (`gramme cluster replace`).
 *
 * X1  The new id gets exactly the partitions of the old one (ring/log.h RING_REPLACE), and fills them from the other
 *     owners (fill.h).
 * X2  The old id is fenced: no member speaks of keys with it again, and when it learns of the entry it stops for good.
 *     Until it does, it may answer clients with what it has: so may any node that is cut off from all others.
 * X3  A place is given away only if the old node is a member and does not answer the node that is asked; and only to a
 *     node that is no member and was never fenced. Two that are asked at once may both agree: the first in the log
 *     counts, and the other new node stops and says why.
 */
#ifndef GR_NODE_REPLACE_H
#define GR_NODE_REPLACE_H

#include "node/origin.h"

struct node;

/* Put into the log that `new` has the place of `old`; the caller announces it (membership_announce). An empty zone
 * means the old one's. On failure `ret_text` says what to do; valid until the next step.
 * Errors: GR_EINVAL (they are the same, the old one is up, the zone does not fit), GR_ENOENT (the old one is no
 * member), GR_EEXIST (the new one is a member, the old one's place is taken), GR_EFENCED (the new one was replaced),
 * GR_EBUSY (log or clock is full), GR_ENOMEM. */
int replace_add(struct node *node, uint64_t old, uint64_t new, struct bytes zone, const char **ret_text);

/* OP_REPLACE: request.offset gives its place to request.number, which joins when it asks to. Asking again for what is
 * so already succeeds. */
void replace_request(struct node *node, const struct origin *origin, const struct request *request);

/* The log has changed: has this node been replaced? Then it stops (EFFECT_REFUSED). Has it taken a place? Then it
 * fills. */
void replace_check(struct node *node);

/* Has this node learnt that it has no place any more? It serves nobody then. */
bool replace_is_over(const struct node *node);

/* The text with ids in the place of each '%', as 16 hex digits; from the step's scratch memory. */
const char *replace_text(struct node *node, const char *pattern, uint64_t first, uint64_t second);

#endif
