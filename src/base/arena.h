/* Memory that is handed out piece by piece and given back all at once.
 *
 * A step's scratch and a request's own bytes live in arenas. The first block is kept across arena_clear, so a steady
 * workload stops calling malloc.
 */
#ifndef GR_BASE_ARENA_H
#define GR_BASE_ARENA_H

#include "base/bytes.h"

struct arena_block;

struct arena {
    struct arena_block *first;
    struct arena_block *current;
    size_t block_bytes;
};

/* Blocks are of `block_bytes`, larger for a larger piece. Allocates nothing yet. */
void arena_init(struct arena *arena, size_t block_bytes);

/* Give everything back, and forget all pieces. */
void arena_done(struct arena *arena);

/* Forget all pieces; keep the first block for reuse. */
void arena_clear(struct arena *arena);

/* `len` bytes aligned for any type, valid until arena_clear. NULL when out of memory. */
void *arena_alloc(struct arena *arena, size_t len);

/* A copy of `bytes`, valid until arena_clear. For empty input a view of length 0. Data is NULL when out of memory. */
struct bytes arena_copy(struct arena *arena, struct bytes bytes);

#endif
