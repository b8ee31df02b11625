/* Whether one node is a member, step by step through its entries in the order of the log. The one place where this is
 * decided: ring_log_is_member and the fold both ask here.
 *
 * V1  The incarnation never falls. What belongs to an earlier one (a LEAVE ordered before a node came back anew, but
 *     heard after) is stale and changes nothing.
 */
#ifndef GR_RING_LIFE_H
#define GR_RING_LIFE_H

#include "ring/log.h"

struct ring_life {
    uint32_t incarnation; /* the highest that joined or left so far */
    bool member;
};

/* Take the node's next entry. Returns whether it counts; false for one that is stale, and for any but a JOIN while the
 * node is no member. */
bool ring_life_step(struct ring_life *life, const struct ring_entry *entry);

#endif
