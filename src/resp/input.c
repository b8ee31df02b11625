#include "resp/input.h"

#include <stdlib.h>

#include "base/assert.h"

struct input_chunk {
    struct input *input; /* that counts it; outlives it */
    uint32_t refs;
    size_t capacity;
    uint8_t data[];
};

void input_init(struct input *input)
{
    *input = (struct input){0};
}

/* Go on in another chunk, which begins with what is pending. */
static void set_chunk(struct input *input, struct input_chunk *chunk, size_t pending)
{
    input_chunk_release(input->chunk);
    input->chunk = chunk;
    input->start = 0;
    input->end = pending;
}

void input_done(struct input *input)
{
    set_chunk(input, NULL, 0);
}

void input_chunk_release(struct input_chunk *chunk)
{
    if (chunk != NULL && --chunk->refs == 0) {
        chunk->input->held_bytes -= chunk->capacity;
        free(chunk);
    }
}

struct input_chunk *input_hold(const struct input *input)
{
    input->chunk->refs++;
    return input->chunk;
}

size_t input_len(const struct input *input)
{
    return input->end - input->start;
}

uint8_t *input_data(const struct input *input)
{
    return input->chunk == NULL ? NULL : input->chunk->data + input->start;
}

size_t input_capacity(const struct input *input)
{
    return input->chunk == NULL ? 0 : input->chunk->capacity;
}

size_t input_held(const struct input *input)
{
    return input->held_bytes;
}

/* A new chunk for what is pending and as much again, so that the next copy is as far away as what was copied. */
static bool move_to_new_chunk(struct input *input)
{
    size_t pending = input_len(input);
    size_t capacity = INPUT_CHUNK_BYTES;
    while (capacity < 2 * pending) {
        capacity *= 2;
    }
    struct input_chunk *chunk = malloc(sizeof *chunk + capacity);
    if (chunk == NULL) {
        return false;
    }
    *chunk = (struct input_chunk){.input = input, .refs = 1, .capacity = capacity};
    input->held_bytes += capacity;
    if (pending > 0) {
        memcpy(chunk->data, input_data(input), pending);
    }
    set_chunk(input, chunk, pending);
    return true;
}

/* Nobody else looks at the chunk and it starts with what is pending: let the allocator extend it in place. */
static bool grow_in_place(struct input *input)
{
    size_t capacity = 2 * input->chunk->capacity;
    struct input_chunk *chunk = realloc(input->chunk, sizeof *chunk + capacity);
    if (chunk == NULL) {
        return false;
    }
    input->held_bytes += capacity - chunk->capacity;
    chunk->capacity = capacity;
    input->chunk = chunk;
    return true;
}

static bool make_room(struct input *input)
{
    struct input_chunk *chunk = input->chunk;
    size_t pending = input_len(input);
    if (chunk == NULL || chunk->refs > 1) {
        return move_to_new_chunk(input);
    }
    if (input->start == 0) {
        return grow_in_place(input);
    }
    if (pending > input->start) {
        return move_to_new_chunk(input);
    }
    memmove(chunk->data, chunk->data + input->start, pending);
    input->start = 0;
    input->end = pending;
    return true;
}

/* Nothing is pending: start anew, and give a chunk back that a large command has left. */
static void rewind_empty(struct input *input)
{
    if (input->chunk->refs > 1 || input->chunk->capacity > INPUT_CHUNK_BYTES) {
        bool roomy = input->chunk->capacity - input->end >= INPUT_ROOM_MIN;
        if (roomy && input->chunk->capacity == INPUT_CHUNK_BYTES) {
            return;
        }
        set_chunk(input, NULL, 0);
        return;
    }
    input->start = input->end = 0;
}

void input_trim(struct input *input)
{
    if (input->chunk != NULL && input_len(input) == 0) {
        rewind_empty(input);
    }
}

uint8_t *input_reserve(struct input *input, size_t *ret_size)
{
    input_trim(input);
    if (input->chunk == NULL || input->chunk->capacity - input->end < INPUT_ROOM_MIN) {
        bool full = input->chunk == NULL || input->chunk->capacity == input->end;
        if (!make_room(input) && full) {
            return NULL;
        }
    }
    *ret_size = input->chunk->capacity - input->end;
    return input->chunk->data + input->end;
}

void input_received(struct input *input, size_t count)
{
    GR_ASSERT_LE(count, input->chunk->capacity - input->end);
    input->end += count;
}

void input_consume(struct input *input, size_t count)
{
    GR_ASSERT_LE(count, input_len(input));
    input->start += count;
}
