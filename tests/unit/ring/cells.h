/* Cells for the tests of the ring: logs made from a seed, and the slow checks of the tables that come of them. */
#ifndef GR_TESTS_RING_CELLS_H
#define GR_TESTS_RING_CELLS_H

#include "base/rng.h"
#include "ring/placement.h"

struct ring_entry cell_join(uint64_t stamp, uint64_t node, uint16_t weight, const char *zone);
struct ring_entry cell_change(uint64_t stamp, uint64_t node, enum ring_change kind);
struct ring_entry cell_replace(uint64_t stamp, uint64_t node, uint64_t replaces, const char *zone);

bool cell_is_member(const struct ring_log *log, uint64_t node);

/* Add an entry that must be new. */
void cell_add(struct ring_log *log, struct ring_entry entry);

/* `nodes` joins with ids from the generator, weights 1..weight_max, and zones taken in turn. */
void cell_grow(struct ring_log *log, struct rng *rng, unsigned nodes, unsigned zones, uint16_t weight_max);

/* One random change of any kind, of a node from 1..nodes, stamped `stamp`. */
void cell_churn(struct ring_log *log, struct rng *rng, uint64_t stamp, unsigned nodes, unsigned zones);

/* Build; must succeed. */
struct placement *cell_build(const struct ring_log *log, uint32_t partitions, unsigned replicas);

bool cell_equal(const struct placement *a, const struct placement *b);

/* P2, the counts and the preference lists, by brute force over the public functions. Asserts. */
void cell_check(const struct placement *placement);

/* The quota of each member by index in pieces, worked out the stupid way: floating point and bisection. Returns whether
 * spread is a rule. */
bool cell_quotas(const struct placement *placement, unsigned replicas, double *ret);

/* Partitions with more than `limit` owners in one zone. */
uint32_t cell_crowded(const struct placement *placement, unsigned limit);

unsigned cell_zones(const struct placement *placement);

/* Pieces that nodes own in `after` and did not own in `before`. */
uint32_t cell_moved(const struct placement *before, const struct placement *after);

/* The largest of load/weight over its mean. */
double cell_unevenness(const struct placement *placement);

/* Partitions whose first owner is the node. */
uint32_t cell_leads(const struct placement *placement, uint64_t node);

#endif
