/* Received bytes, in chunks that commands in flight keep alive.
 *
 * Commands are views into the chunk they arrived in, so that a value is not copied on its way to the node. A chunk is
 * counted: the input holds one reference, each command in flight one.
 *
 * An input stays where it is in memory, and outlives its chunks: they tell it when they go.
 *
 * I1  Bytes that a command in flight points to never move.
 * I2  A chunk grows by doubling, and only when its bytes have arrived: a length that is merely claimed costs nothing.
 * I3  Every byte of a command that arrives in pieces is copied at most twice on average.
 */
#ifndef GR_RESP_INPUT_H
#define GR_RESP_INPUT_H

#include "base/bytes.h"

/* First size of a chunk: a pipeline of some hundred small commands in one read. */
#define INPUT_CHUNK_BYTES 16384u
/* With less room than this a new chunk is begun: a read should be worth its system call. */
#define INPUT_ROOM_MIN 1024u

struct input_chunk;

struct input {
    struct input_chunk *chunk; /* NULL: none yet */
    size_t start;              /* of the bytes not yet consumed */
    size_t end;
    size_t held_bytes; /* of this chunk, and of earlier ones that commands in flight hold */
};

void input_init(struct input *input);
void input_done(struct input *input);

/* Where to put received bytes; at least 1, usually INPUT_ROOM_MIN. NULL when out of memory. */
uint8_t *input_reserve(struct input *input, size_t *ret_size);
void input_received(struct input *input, size_t count);

/* Give back a large chunk of which nothing is pending. */
void input_trim(struct input *input);

/* What is not consumed; valid until input_reserve or input_trim. */
uint8_t *input_data(const struct input *input);
size_t input_len(const struct input *input);

/* Bytes of memory held for input: by the current chunk, and by all that are still referred to. */
size_t input_capacity(const struct input *input);
size_t input_held(const struct input *input);

/* Drop `count` bytes from the front; they stay in memory while the chunk is held. */
void input_consume(struct input *input, size_t count);

/* One more reference to the current chunk: its consumed bytes stay where they are until the release. */
struct input_chunk *input_hold(const struct input *input);
/* NULL is allowed. */
void input_chunk_release(struct input_chunk *chunk);

#endif
