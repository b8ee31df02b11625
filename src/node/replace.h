/* A node that lost its disk for good gives its place to another id (design.md section 5, `gramme cluster replace`).
 *
 * X1  The new id gets exactly the partitions of the old one (ring/log.h RING_REPLACE), and fills them from the other
 *     owners (fill.h).
 * X2  The old id is fenced: no member speaks of keys with it again, and when it learns of the entry it stops for good.
 */
#ifndef GR_NODE_REPLACE_H
#define GR_NODE_REPLACE_H

#include "node/origin.h"

struct node;

/* OP_REPLACE: request.offset gives its place to request.number. */
void replace_request(struct node *node, const struct origin *origin, const struct request *request);

/* The log has changed: has this node been replaced? Then it stops (EFFECT_REFUSED). Has it taken a place? Then it
 * fills. */
void replace_check(struct node *node);

#endif
