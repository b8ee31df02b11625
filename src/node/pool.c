#include "node/pool.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/error.h"

#define POOL_PLACE_BITS 24
#define POOL_GENERATION_BITS 35

int pool_init(struct pool *pool, enum pool_kind kind, size_t item_bytes, uint32_t capacity)
{
    GR_ASSERT_LE(capacity, POOL_ITEMS_MAX);
    *pool = (struct pool){.kind = kind, .item_bytes = item_bytes, .capacity = capacity, .free_count = capacity};
    pool->items = calloc(capacity, item_bytes);
    pool->free_places = calloc(capacity, sizeof *pool->free_places);
    pool->given_places = calloc(capacity, sizeof *pool->given_places);
    if (pool->items == NULL || pool->free_places == NULL || pool->given_places == NULL) {
        pool_done(pool);
        return GR_ENOMEM;
    }
    for (uint32_t i = 0; i < capacity; i++) {
        pool->free_places[i] = capacity - 1 - i; /* low places first: untouched memory stays untouched */
    }
    return 0;
}

void pool_scatter_ids(struct pool *pool, uint64_t random)
{
    GR_ASSERT_EQ(pool->used_places, 0);
    pool->first_generation = random >> (64 - POOL_GENERATION_BITS);
}

void pool_done(struct pool *pool)
{
    free(pool->items);
    free(pool->free_places);
    free(pool->given_places);
    pool->items = NULL;
    pool->free_places = NULL;
    pool->given_places = NULL;
    pool->used_places = 0;
}

static struct pooled *item_at(const struct pool *pool, uint32_t place)
{
    return (struct pooled *)(void *)(pool->items + (size_t)place * pool->item_bytes);
}

static uint32_t place_of(uint64_t id)
{
    return (uint32_t)(id & (POOL_ITEMS_MAX - 1));
}

void *pool_take(struct pool *pool)
{
    if (pool->free_count == 0) {
        return NULL;
    }
    uint32_t place = pool->free_places[--pool->free_count];
    if (place >= pool->used_places) {
        pool->used_places = place + 1;
    }
    struct pooled *item = item_at(pool, place);
    GR_ASSERT(!item->live);
    uint64_t generation = (item->id == 0 ? pool->first_generation : item->id >> POOL_PLACE_BITS) + 1;
    generation &= (UINT64_C(1) << POOL_GENERATION_BITS) - 1;
    item->id = (uint64_t)pool->kind << POOL_KIND_SHIFT | generation << POOL_PLACE_BITS | place;
    item->live = true;
    return item;
}

void pool_give(struct pool *pool, void *item)
{
    struct pooled *pooled = item;
    GR_ASSERT(pooled->live);
    GR_ASSERT_LT(pool->free_count + pool->given_count, pool->capacity);
    pooled->live = false;
    pool->given_places[pool->given_count++] = place_of(pooled->id);
}

void pool_settle(struct pool *pool)
{
    while (pool->given_count > 0) {
        pool->free_places[pool->free_count++] = pool->given_places[--pool->given_count];
    }
}

void *pool_find(const struct pool *pool, uint64_t id)
{
    uint32_t place = place_of(id);
    if (place >= pool->used_places) {
        return NULL;
    }
    struct pooled *item = item_at(pool, place);
    return item->live && item->id == id ? item : NULL;
}

void *pool_next(const struct pool *pool, uint32_t *cursor)
{
    bool any = pool_taken(pool) > 0; /* after a peak there are many places, and mostly none is taken */
    while (any && *cursor < pool->used_places) {
        struct pooled *item = item_at(pool, (*cursor)++);
        if (item->live) {
            return item;
        }
    }
    return NULL;
}

void *pool_next_used(const struct pool *pool, uint32_t *cursor)
{
    return *cursor < pool->used_places ? item_at(pool, (*cursor)++) : NULL;
}
