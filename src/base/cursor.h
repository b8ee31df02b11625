/* Reading and writing little-endian numbers and length-prefixed bytes, with every bound checked.
 *
 * A reader that met the end of its input stays failed and yields zeros, so a decoder reads all its fields and asks
 * once. A writer works in memory whose size the caller has worked out, and asserts that it fits.
 */
#ifndef GR_BASE_CURSOR_H
#define GR_BASE_CURSOR_H

#include "base/assert.h"
#include "base/bytes.h"

struct reader {
    const uint8_t *next;
    const uint8_t *end;
    bool failed;
};

static inline struct reader reader_of(struct bytes bytes)
{
    return (struct reader){bytes.data, bytes.len == 0 ? bytes.data : bytes.data + bytes.len, false};
}

static inline size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->next);
}

/* The next `len` bytes, borrowed from the input; empty and failed when there are not as many. */
static inline struct bytes reader_take(struct reader *r, size_t len)
{
    if (r->failed || reader_left(r) < len) {
        r->failed = true;
        return BYTES_EMPTY;
    }
    struct bytes taken = bytes_of(r->next, len);
    if (len > 0) {
        r->next += len;
    }
    return taken;
}

static inline uint64_t reader_number(struct reader *r, unsigned width)
{
    struct bytes raw = reader_take(r, width);
    uint64_t value = 0;
    for (size_t i = 0; i < raw.len; i++) {
        value |= (uint64_t)raw.data[i] << (8 * i);
    }
    return value;
}

static inline uint8_t reader_u8(struct reader *r)
{
    return (uint8_t)reader_number(r, 1);
}
static inline uint16_t reader_u16(struct reader *r)
{
    return (uint16_t)reader_number(r, 2);
}
static inline uint32_t reader_u32(struct reader *r)
{
    return (uint32_t)reader_number(r, 4);
}
static inline uint64_t reader_u64(struct reader *r)
{
    return reader_number(r, 8);
}

struct writer {
    uint8_t *next;
    uint8_t *end;
};

static inline struct writer writer_of(void *data, size_t len)
{
    return (struct writer){data, (uint8_t *)data + len};
}

static inline void writer_bytes(struct writer *w, struct bytes bytes)
{
    GR_ASSERT_LE(bytes.len, (size_t)(w->end - w->next));
    if (bytes.len > 0) {
        memcpy(w->next, bytes.data, bytes.len);
        w->next += bytes.len;
    }
}

static inline void writer_number(struct writer *w, uint64_t value, unsigned width)
{
    GR_ASSERT_LE(width, (size_t)(w->end - w->next));
    for (unsigned i = 0; i < width; i++) {
        *w->next++ = (uint8_t)(value >> (8 * i));
    }
}

static inline void writer_u8(struct writer *w, uint8_t value)
{
    writer_number(w, value, 1);
}
static inline void writer_u16(struct writer *w, uint16_t value)
{
    writer_number(w, value, 2);
}
static inline void writer_u32(struct writer *w, uint32_t value)
{
    writer_number(w, value, 4);
}
static inline void writer_u64(struct writer *w, uint64_t value)
{
    writer_number(w, value, 8);
}

#endif
