#include "base/buffer.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/error.h"

#define BUFFER_FIRST_BYTES 256

void buffer_init(struct buffer *buffer, size_t max_bytes)
{
    *buffer = (struct buffer){.max_bytes = max_bytes};
}

void buffer_done(struct buffer *buffer)
{
    free(buffer->data);
    buffer->data = NULL;
    buffer->len = buffer->capacity = 0;
}

void buffer_clear(struct buffer *buffer, size_t keep_bytes)
{
    if (buffer->capacity > keep_bytes) {
        buffer_done(buffer);
    }
    buffer->len = 0;
}

static size_t grown_capacity(const struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity == 0 ? BUFFER_FIRST_BYTES : buffer->capacity;
    while (capacity < needed) {
        capacity *= 2;
    }
    return capacity > buffer->max_bytes ? buffer->max_bytes : capacity;
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t more)
{
    GR_ASSERT_LE(buffer->len, buffer->capacity);
    if (more > buffer->max_bytes || buffer->len > buffer->max_bytes - more) {
        return NULL;
    }
    size_t needed = buffer->len + more;
    if (needed > buffer->capacity) {
        size_t capacity = grown_capacity(buffer, needed);
        uint8_t *data = realloc(buffer->data, capacity);
        if (data == NULL) {
            return NULL;
        }
        buffer->data = data;
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->len;
}

int buffer_append(struct buffer *buffer, struct bytes bytes)
{
    if (bytes.len == 0) {
        return 0;
    }
    uint8_t *place = buffer_reserve(buffer, bytes.len);
    if (place == NULL) {
        return bytes.len > buffer->max_bytes - buffer->len ? GR_ETOOBIG : GR_ENOMEM;
    }
    memcpy(place, bytes.data, bytes.len);
    buffer->len += bytes.len;
    return 0;
}

void buffer_consume(struct buffer *buffer, size_t count)
{
    GR_ASSERT_LE(count, buffer->len);
    buffer->len -= count;
    if (buffer->len > 0 && count > 0) {
        memmove(buffer->data, buffer->data + count, buffer->len);
    }
}
