/* Which nodes this one has a link to: known from the shell's events alone. */
#ifndef GR_NODE_PEERS_H
#define GR_NODE_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "ring/placement.h"

#define PEERS_OTHERS_MAX 128u /* no members: who wants to join, and who was asked to be let in */
#define PEERS_MAX (RING_MEMBERS_MAX + PEERS_OTHERS_MAX)

struct peers {
    uint32_t count;
    uint64_t up[PEERS_MAX]; /* sorted */
};

/* Returns false if nothing changed. The shell brings up no more than PEERS_MAX: one that were left out here would keep
 * its link and be cut off for good. */
bool peers_add(struct peers *peers, uint64_t peer);
bool peers_remove(struct peers *peers, uint64_t peer);
bool peers_have(const struct peers *peers, uint64_t peer);

/* One of those up, at random; 0 when none is. */
uint64_t peers_pick(const struct peers *peers, struct rng *rng);

#endif
