/* A growable run of bytes with a bound: what is written to a socket, read from one, or put together for a reply. */
#ifndef GR_BASE_BUFFER_H
#define GR_BASE_BUFFER_H

#include "base/bytes.h"

struct buffer {
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t max_bytes; /* never grows past this */
};

/* An empty buffer that may grow to `max_bytes`. Allocates nothing yet. */
void buffer_init(struct buffer *buffer, size_t max_bytes);
void buffer_done(struct buffer *buffer);

/* Forget the content; keeps at most `keep_bytes` of capacity for reuse. */
void buffer_clear(struct buffer *buffer, size_t keep_bytes);

/* Room for `more` bytes behind the content; write there, then add to len. NULL with the content untouched when that
 * would pass the bound or memory is out. */
uint8_t *buffer_reserve(struct buffer *buffer, size_t more);

/* Append. Errors: GR_ETOOBIG (bound), GR_ENOMEM; the content is untouched then. */
int buffer_append(struct buffer *buffer, struct bytes bytes);

/* Drop `count` bytes from the front; count <= len. */
void buffer_consume(struct buffer *buffer, size_t count);

static inline struct bytes buffer_bytes(const struct buffer *buffer)
{
    return bytes_of(buffer->data, buffer->len);
}

#endif
