/* The fold at work: the table as it stands after some entries of the log, and the steps that one more entry takes.
 *
 * Internal to the room; placement.h is what others see. A **place** is a number in [0, partitions x replicas): replica
 * place % replicas of partition place / replicas. A **piece** is an owned place. A **slot** is where a member is kept
 * in `nodes` while it is one; slots are reused, and no choice depends on their numbers. A **seat** is the id under
 * which a member is reckoned with: its own, or that of the node whose place it took; so a replacement changes no
 * choice, and the table is worked out under the seats' names alone.
 *
 * F1  Integers only: quotas are counted in 1/65536 of a piece (FOLD_PIECE), so no compiler can round them its own way.
 * F2  Every choice is a total order that ends in the seat or the place.
 * F3  load of a node is the number of places it owns; no partition has a node twice.
 * F4  A partition has an empty place only while there are fewer than `replicas` members.
 * F5  All memory is taken by fold_new: no step can fail half-way.
 */
#ifndef GR_RING_FOLD_H
#define GR_RING_FOLD_H

#include "ring/life.h"
#include "ring/placement.h"

#define FOLD_PIECE 65536
#define FOLD_NOBODY UINT16_MAX

struct fold_node {
    uint64_t id;     /* its seat */
    uint64_t holder; /* who has the seat: the member */
    int64_t quota;   /* pieces it should own, in 1/FOLD_PIECE */
    uint32_t load;   /* pieces it owns */
    uint16_t weight;
    uint16_t zone; /* index in zones */
    bool live;
};

struct fold_zone {
    char name[RING_ZONE_MAX + 1];
    uint32_t nodes; /* members in it; 0: the index is free */
};

/* What giving a place to another node does to the spread of its partition, best first: fewer, as many or more pairs of
 * replicas in one zone; and BREAKS when a zone would come to hold more than the limit. */
enum fold_effect { FOLD_MENDS, FOLD_KEEPS, FOLD_COSTS, FOLD_BREAKS };

/* A piece that a node might take from a donor; the least `order` is taken first. */
struct fold_candidate {
    uint64_t order;
    uint32_t place;
};

/* The candidates of one donor: a heap inside fold.candidates. */
struct fold_pile {
    uint32_t first;
    uint32_t count;
};

/* Shares of a total being filled up in proportion to weights, under caps (quota.c). */
struct fold_fill {
    uint64_t weight;
    uint64_t cap;
    uint64_t share;
    uint16_t pool; /* whose total it draws from */
    bool full;
};

struct fold_pool {
    uint64_t left;
    uint64_t weight;
};

struct fold {
    uint32_t partitions;
    unsigned replicas; /* wanted; may exceed the members */
    uint16_t *own;     /* slot of the owner of each place, or FOLD_NOBODY */
    struct fold_node nodes[RING_MEMBERS_MAX];
    struct fold_zone zones[RING_MEMBERS_MAX];
    unsigned slots;      /* in use or used once: nodes[slots] and beyond are untouched */
    unsigned zone_slots; /* as slots */
    unsigned members;
    unsigned zones_live;
    struct ring_lives lives; /* of all nodes of the log, once fold_log has begun */
    bool spread_rules;       /* no zone may hold more than zone_limit replicas of a partition */

    /* scratch of single steps */
    struct fold_candidate *candidates; /* one a place */
    struct fold_pile piles[RING_MEMBERS_MAX];
    struct fold_fill fills[RING_MEMBERS_MAX];
    struct fold_fill zone_fills[RING_MEMBERS_MAX];
    struct fold_pool pools[RING_MEMBERS_MAX];
    uint32_t relay_in[RING_MEMBERS_MAX];
    uint32_t relay_out[RING_MEMBERS_MAX];
    uint8_t forgotten[RING_MEMBERS_MAX][RING_MEMBERS_MAX / 8]; /* pairs with nothing to move (even.c) */
};

/* An empty table. NULL when out of memory. */
struct fold *fold_new(uint32_t partitions, unsigned replicas);
void fold_free(struct fold *fold);

/* Apply all entries in order. Once in a fold's life. Errors: GR_ENOMEM. */
int fold_log(struct fold *fold, const struct ring_log *log);

/* Whole steps. join takes an id that is no member, and returns its slot; there must be a slot free. */
unsigned fold_join(struct fold *fold, uint64_t id, uint16_t weight, const char *zone);
void fold_leave(struct fold *fold, unsigned slot);
void fold_change(struct fold *fold, unsigned slot, uint16_t weight, const char *zone);

/* `id` takes the seat, and with it the places and the weight. They stay as they are even if it is in another zone than
 * the member before ("": in the same), as nothing is to be fetched but what was lost; later steps even that out. */
void fold_replace(struct fold *fold, unsigned slot, uint64_t id, const char *zone);

/* Parts of steps. */
void fold_quotas(struct fold *fold); /* quota of all, and spread_rules */
void fold_mend(struct fold *fold);   /* where spread rules: no zone above zone_limit anywhere */
void fold_even(struct fold *fold);   /* move pieces from nodes above their quota to those below */

/* Take pieces until its quota is reached, from donors whose excess is `least_excess` at least, by moves whose effect is
 * no worse than `worst`. */
void fold_steal(struct fold *fold, unsigned slot, int64_t least_excess, enum fold_effect worst);

/* Move one piece's worth from a node to another through a third. Returns whether a way was found (relay.c). */
bool fold_relay(struct fold *fold, unsigned from, unsigned to, enum fold_effect worst);

/* Who should own the place next: the member not in its partition with the least company in its zone, then the lowest
 * excess, then the lowest hash. FOLD_NOBODY if all are in. */
unsigned fold_heir(const struct fold *fold, uint32_t place);

/* Members and zones (fold_members.c). A dropped member still owns its places until they are given away. */
unsigned fold_add_member(struct fold *fold, uint64_t id, uint16_t weight, const char *zone);
void fold_drop_member(struct fold *fold, unsigned slot);
void fold_set_zone(struct fold *fold, unsigned slot, const char *zone);

/* Copies that a partition has: min(replicas, members). */
unsigned fold_copies(const struct fold *fold);

/* Replicas of one partition that one zone may hold while spread rules: ceil(copies / zones). */
unsigned fold_zone_limit(const struct fold *fold);

/* Give a place to another node, or to FOLD_NOBODY; keeps the loads. */
void fold_give(struct fold *fold, uint32_t place, unsigned slot);

bool fold_holds(const struct fold *fold, uint32_t partition, unsigned slot);

/* Replicas of the place's partition, that of the place itself aside, that lie in `zone`. */
unsigned fold_neighbours(const struct fold *fold, uint32_t place, uint16_t zone);

/* The worst effect that is allowed now. */
static inline enum fold_effect fold_worst(const struct fold *fold)
{
    return fold->spread_rules ? FOLD_COSTS : FOLD_BREAKS;
}

enum fold_effect fold_effect(const struct fold *fold, uint32_t place, unsigned slot);

/* Load above quota in 1/FOLD_PIECE; negative when below. */
static inline int64_t fold_excess(const struct fold *fold, unsigned slot)
{
    const struct fold_node *node = &fold->nodes[slot];
    return (int64_t)node->load * FOLD_PIECE - node->quota;
}

static inline uint32_t fold_places(const struct fold *fold)
{
    return fold->partitions * fold->replicas;
}

#endif
