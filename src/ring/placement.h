/* The fold: which nodes own each partition, worked out from the membership log alone.
 *
 * P1  Equal logs give equal tables on every machine: integers only, no iteration over addresses.
 * P2  A partition's owners are distinct nodes; there are min(N, members) of them.
 * P3  Owners lie in distinct zones as far as zones exist, until spread would load a zone to 1.5 times its share.
 * P4  Loads follow weights: nodes of equal weight own counts that differ by at most one where zones allow it.
 * P5  A join moves to the joiner what it ends up with, and little else; a leave moves what the leaver held.
 * P6  A replacement renames: the table is the old one with the new node wherever the old one was, owners in the same
 *     order, and so is every table after that. Only the zone may be another, as the entry says.
 */
#ifndef GR_RING_PLACEMENT_H
#define GR_RING_PLACEMENT_H

#include "ring/log.h"

#define RING_REPLICAS_MAX 7u
#define RING_MEMBERS_MAX 1024u

struct placement; /* opaque; immutable once built */

/* Fold the log into a table for `partitions` partitions of `replicas` copies each.
 * A join that finds RING_MEMBERS_MAX members has no effect.
 * Errors: GR_EINVAL (partitions not a power of two up to RING_SLOTS, replicas 0 or over RING_REPLICAS_MAX),
 * GR_ENOMEM. */
int placement_build(const struct ring_log *log, uint32_t partitions, unsigned replicas, struct placement **ret);
void placement_free(struct placement *placement);

uint32_t placement_partitions(const struct placement *placement);

/* Copies actually kept: min(replicas, members). */
unsigned placement_replicas(const struct placement *placement);

unsigned placement_members(const struct placement *placement);

/* Node id of member `index`, in ascending order of id; index < placement_members. */
uint64_t placement_member(const struct placement *placement, unsigned index);

/* The owners of a partition, in preference order: placement_replicas node ids, valid as long as the placement. */
const uint64_t *placement_owners(const struct placement *placement, uint16_t partition);

/* The place of a node among the owners of a partition, or -1. */
int placement_owner_place(const struct placement *placement, uint16_t partition, uint64_t node);

/* The preference list: the owners, then who would stand in for them by rendezvous score, zones of the owners first
 * (node/quorum.h takes the first that are healthy). Writes at most `max` node ids; returns how many. */
unsigned placement_preference(const struct placement *placement, uint16_t partition, uint64_t *ret, unsigned max);

/* How many (partition, replica) pieces a node owns; 0 for a stranger. */
uint32_t placement_pieces(const struct placement *placement, uint64_t node);

/* Weight and zone of a member as the log has them. NULL zone and weight 0 for a stranger. */
uint16_t placement_weight(const struct placement *placement, uint64_t node);
const char *placement_zone(const struct placement *placement, uint64_t node);

/* Who has the place that this node had: it is fenced, and what is kept for it is theirs. 0: it gave its place to
 * nobody. Whose successor has been replaced as well gets the last of them. */
uint64_t placement_successor(const struct placement *placement, uint64_t node);

/* Whose place a node took at some time; 0: nobody's. */
uint64_t placement_predecessor(const struct placement *placement, uint64_t node);

#endif
