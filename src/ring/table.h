/* What the fold comes to, as others read it: built once, never changed. Internal to the room. */
#ifndef GR_RING_TABLE_H
#define GR_RING_TABLE_H

#include "ring/placement.h"

struct placement_member {
    uint64_t id;
    uint32_t pieces;
    uint16_t weight;
    char zone[RING_ZONE_MAX + 1];
};

struct placement {
    uint32_t partitions;
    unsigned replicas; /* copies kept: min(wanted, members) */
    unsigned count;
    struct placement_member *members; /* by id */
    uint64_t *owners;                 /* replicas ids a partition, in preference order */
};

/* The member of this id, or NULL. */
const struct placement_member *placement_find(const struct placement *placement, uint64_t id);

/* Put the owners of every partition into preference order (lead.c). Errors: GR_ENOMEM. */
int placement_order_owners(struct placement *placement);

#endif
