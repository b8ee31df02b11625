/* What the fold comes to, as others read it: built once, never changed. Internal to the room. */
#ifndef GR_RING_TABLE_H
#define GR_RING_TABLE_H

#include "ring/placement.h"

struct placement_member {
    uint64_t id;
    uint64_t seat; /* what scores are made of (fold.h) */
    uint32_t pieces;
    uint16_t weight;
    char zone[RING_ZONE_MAX + 1];
};

/* A node that gave its place away, and to whom. */
struct placement_gift {
    uint64_t from;
    uint64_t to;
};

struct placement {
    uint32_t partitions;
    unsigned replicas; /* copies kept: min(wanted, members) */
    unsigned count;
    struct placement_member *members; /* by id */
    uint64_t *owners;                 /* replicas ids a partition, in preference order */
    struct placement_gift *gifts;     /* by `from` */
    size_t gifts_count;
};

/* The member of this id, or NULL. */
const struct placement_member *placement_find(const struct placement *placement, uint64_t id);

/* Put the owners of every partition into preference order (lead.c), while each member still is under its seat's name.
 * Errors: GR_ENOMEM. */
int placement_order_owners(struct placement *placement);

#endif
