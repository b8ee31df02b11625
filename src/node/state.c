#include "node/state.h"

#include "base/cursor.h"
#include "base/error.h"

/* Errors: of buffer_append. */
static int add(struct buffer *ret, struct bytes part)
{
    uint8_t length[4];
    struct writer w = writer_of(length, sizeof length);
    writer_u32(&w, (uint32_t)part.len);
    int error = buffer_append(ret, bytes_of(length, sizeof length));
    return error == 0 ? buffer_append(ret, part) : error;
}

int state_join(struct buffer *ret, const struct state_parts *parts)
{
    buffer_clear(ret, SIZE_MAX);
    int error = buffer_append(ret, parts->membership);
    if (error == 0 && (parts->fill.len > 0 || parts->floors.len > 0)) {
        error = add(ret, parts->fill);
    }
    return error == 0 && parts->floors.len > 0 ? add(ret, parts->floors) : error;
}

int state_split(struct bytes state, struct state_parts *ret)
{
    struct reader r = reader_of(state);
    reader_take(&r, reader_u32(&r));
    reader_take(&r, reader_u32(&r));
    if (r.failed) {
        return GR_ECORRUPT;
    }
    size_t len = (size_t)(r.next - state.data);
    struct bytes fill = reader_left(&r) > 0 ? reader_take(&r, reader_u32(&r)) : BYTES_EMPTY;
    struct bytes floors = reader_left(&r) > 0 ? reader_take(&r, reader_u32(&r)) : BYTES_EMPTY;
    if (r.failed || reader_left(&r) > 0) {
        return GR_ECORRUPT;
    }
    *ret = (struct state_parts){.membership = bytes_of(state.data, len), .fill = fill, .floors = floors};
    return 0;
}
