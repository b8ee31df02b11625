#include "node/state.h"

#include "base/cursor.h"
#include "base/error.h"

int state_join(struct buffer *ret, struct bytes membership, struct bytes fill)
{
    uint8_t length[4];
    struct writer w = writer_of(length, sizeof length);
    writer_u32(&w, (uint32_t)fill.len);
    buffer_clear(ret, SIZE_MAX);
    int error = buffer_append(ret, membership);
    if (fill.len == 0) {
        return error;
    }
    error = error == 0 ? buffer_append(ret, bytes_of(length, sizeof length)) : error;
    return error == 0 ? buffer_append(ret, fill) : error;
}

int state_split(struct bytes state, struct bytes *ret_membership, struct bytes *ret_fill)
{
    struct reader r = reader_of(state);
    reader_take(&r, reader_u32(&r));
    reader_take(&r, reader_u32(&r));
    if (r.failed) {
        return GR_ECORRUPT;
    }
    size_t len = (size_t)(r.next - state.data);
    struct bytes fill = reader_left(&r) > 0 ? reader_take(&r, reader_u32(&r)) : BYTES_EMPTY;
    if (r.failed || reader_left(&r) > 0) {
        return GR_ECORRUPT;
    }
    *ret_membership = bytes_of(state.data, len);
    *ret_fill = fill;
    return 0;
}
