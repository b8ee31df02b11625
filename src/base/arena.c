#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) uint8_t data[];
};

void arena_init(struct arena *arena, size_t block_bytes)
{
    *arena = (struct arena){.block_bytes = block_bytes};
}

static void free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_done(struct arena *arena)
{
    free_blocks(arena->first);
    arena->first = arena->current = NULL;
}

void arena_clear(struct arena *arena)
{
    if (arena->first == NULL) {
        return;
    }
    free_blocks(arena->first->next);
    arena->first->next = NULL;
    arena->current = arena->first;
    if (arena->first->size > arena->block_bytes) {
        free(arena->first); /* one huge value must not pin its memory for ever */
        arena->first = arena->current = NULL;
        return;
    }
    arena->first->used = 0;
}

static struct arena_block *add_block(struct arena *arena, size_t len)
{
    size_t size = len > arena->block_bytes ? len : arena->block_bytes;
    struct arena_block *block = malloc(sizeof *block + size);
    if (block == NULL) {
        return NULL;
    }
    *block = (struct arena_block){.size = size};
    if (arena->current == NULL) {
        arena->first = block;
    } else {
        arena->current->next = block;
    }
    arena->current = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t len)
{
    if (len > SIZE_MAX / 2) {
        return NULL;
    }
    len = (len + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct arena_block *block = arena->current;
    if (block == NULL || block->size - block->used < len) {
        block = add_block(arena, len);
        if (block == NULL) {
            return NULL;
        }
    }
    void *piece = block->data + block->used;
    block->used += len;
    return piece;
}

struct bytes arena_copy(struct arena *arena, struct bytes bytes)
{
    uint8_t *copy = arena_alloc(arena, bytes.len == 0 ? 1 : bytes.len);
    if (copy == NULL) {
        return BYTES_EMPTY;
    }
    if (bytes.len > 0) {
        memcpy(copy, bytes.data, bytes.len);
    }
    return bytes_of(copy, bytes.len);
}
