/* A fixed number of equal items, found again by an id that is never used twice.
 *
 * Ids travel in messages and store tokens; an answer that comes after its item was given back finds nothing, even
 * when the place has a new item. An id is  kind (5 bits) | generation (35) | place (24).
 */
#ifndef GR_NODE_POOL_H
#define GR_NODE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_ITEMS_MAX (1u << 24)
#define POOL_KIND_SHIFT 59

enum pool_kind {
    POOL_WRITE = 1,
    POOL_READ,
    POOL_FORWARD,
    POOL_COUNT,
    POOL_REPLICA_PUT,
    POOL_REPLICA_GET,
    POOL_LANE,
    POOL_DELIVERY, /* a hint on its way to its owner */
    POOL_HINT_SCAN,
    POOL_SYNC,    /* of anti-entropy: what it asks and reads */
    POOL_LISTING, /* a list being read for a co-owner */
    POOL_MEND,
    POOL_REAP,
    POOL_SCRUB,
    POOL_CLOCK,   /* the clock being kept */
    POOL_DISCARD, /* what is in doubt or damaged, asked for at all owners */
    POOL_SAVE,    /* node_state being kept */
};

/* The first member of every pooled item. */
struct pooled {
    uint64_t id;
    bool live;
};

struct pool {
    uint8_t *items;
    uint32_t *free_places;
    uint32_t *given_places; /* given back in this step: free from the next on */
    size_t item_bytes;
    uint32_t capacity;
    uint64_t first_generation; /* of an item's first id */
    uint32_t free_count;
    uint32_t given_count;
    uint32_t used_places; /* places at and above this one have never been taken */
    enum pool_kind kind;
};

/* Errors: GR_ENOMEM. */
int pool_init(struct pool *pool, enum pool_kind kind, size_t item_bytes, uint32_t capacity);

/* Of a new pool: begin its ids at a random place, where they go to peers. An answer to a request of an earlier life of
 * this node must not pass for the answer to one of this life. */
void pool_scatter_ids(struct pool *pool, uint64_t random);
void pool_done(struct pool *pool);

/* An item with a new id, or NULL when all are taken. What it held when last given back is still in it; an item never
 * taken before is zero. */
void *pool_take(struct pool *pool);

/* Give an item back. Its id is gone at once; its memory stays as it is until pool_settle, since effects of this step
 * may point into it. */
void pool_give(struct pool *pool, void *item);

/* A new step begins: what was given back may be taken again. */
void pool_settle(struct pool *pool);

/* The live item of this id, or NULL. */
void *pool_find(const struct pool *pool, uint64_t id);

/* The live items in order of place: *cursor starts at 0; NULL at the end. The item returned may be given back. */
void *pool_next(const struct pool *pool, uint32_t *cursor);

/* The same over every item that was ever taken, live or not: for freeing what they hold. */
void *pool_next_used(const struct pool *pool, uint32_t *cursor);

static inline uint32_t pool_taken(const struct pool *pool)
{
    return pool->capacity - pool->free_count - pool->given_count;
}

/* Is it time to give up items that only linger? One in sixteen is kept free, since what is given back in a step is free
 * only in the next. */
static inline bool pool_is_scarce(const struct pool *pool)
{
    return pool->free_count <= pool->capacity / 16;
}

static inline enum pool_kind pool_kind_of(uint64_t id)
{
    return (enum pool_kind)(id >> POOL_KIND_SHIFT);
}

/* A store token of something of that kind that is not in a pool, as there is one at most. */
static inline uint64_t pool_token(enum pool_kind kind, uint64_t number)
{
    return (uint64_t)kind << POOL_KIND_SHIFT | number;
}

#endif
