/* What a node keeps between its lives (EFFECT_SAVE): parts one behind another, each with a u32 length before it.
 *
 *   log entries | member records | what is filling (fill.h)
 *
 * The first two are membership's (membership.h). The third is left out when nothing is filling: so it was before there
 * was any.
 */
#ifndef GR_NODE_STATE_H
#define GR_NODE_STATE_H

#include "base/buffer.h"
#include "base/bytes.h"

/* Put it together in `ret`, which is cleared first. Errors: of buffer_append. */
int state_join(struct buffer *ret, struct bytes membership, struct bytes fill);

/* Take it apart again; the parts borrow `state`. Errors: GR_ECORRUPT. */
int state_split(struct bytes state, struct bytes *ret_membership, struct bytes *ret_fill);

#endif
