/* What a node keeps between its lives (EFFECT_SAVE): parts one behind another, each with a u32 length before it.
 *
 *   log entries | member records | what is filling (fill.h) | what was forgotten (floor.h)
 *
 * The first two are membership's (membership.h). The others are left out, from the end, when they are empty: so it was
 * before there were any.
 */
#ifndef GR_NODE_STATE_H
#define GR_NODE_STATE_H

#include "base/buffer.h"
#include "base/bytes.h"

struct state_parts {
    struct bytes membership; /* log entries and member records, their lengths before them */
    struct bytes fill;
    struct bytes floors;
};

/* Put it together in `ret`, which is cleared first. Errors: of buffer_append. */
int state_join(struct buffer *ret, const struct state_parts *parts);

/* Take it apart again; the parts borrow `state`. Errors: GR_ECORRUPT. */
int state_split(struct bytes state, struct state_parts *ret);

#endif
