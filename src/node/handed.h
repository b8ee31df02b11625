/* Which hand-overs this node has taken up: a message that the network delivers twice must not append twice.
 *
 * A hand-over is named by the life of the node that forwarded it and a value of its clock, which a restart does not
 * repeat as it would a request number. Names are kept by hash, in sets of HANDED_WAYS; a name goes when as many later
 * ones have come into its set.
 */
#ifndef GR_NODE_HANDED_H
#define GR_NODE_HANDED_H

#include "wire/message.h"

#define HANDED_SETS 512u
#define HANDED_WAYS 8u /* 4096 names: at 50,000 a second the last 80 ms, which is what a network may do */

struct handed {
    uint64_t names[HANDED_SETS][HANDED_WAYS];
    uint8_t next[HANDED_SETS]; /* the place of the oldest */
};

/* Remember the hand-over. False if it is remembered already. */
bool handed_is_new(struct handed *handed, const struct wire_forward *message);

#endif
