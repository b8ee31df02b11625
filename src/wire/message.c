/* Frames: a header that says how long and what, a checksum, a body. */
#include "wire/message.h"

#include "base/error.h"
#include "base/hash.h"
#include "wire/body.h"

size_t wire_frame_size(const struct wire_message *message)
{
    return WIRE_HEADER_BYTES + wire_body_size(message);
}

/* The frame's first 8 bytes as the number that seeds the checksum: a body does not pass under another header. */
static uint64_t start_of_frame(size_t length, unsigned type)
{
    return (uint64_t)length | (uint64_t)type << 32;
}

int wire_encode(const struct wire_message *message, struct buffer *out)
{
    GR_ASSERT(wire_invalid(message) == NULL);
    size_t length = wire_body_size(message);
    size_t size = WIRE_HEADER_BYTES + length;
    uint8_t *frame = buffer_reserve(out, size);
    if (frame == NULL) {
        return size > out->max_bytes - out->len ? GR_ETOOBIG : GR_ENOMEM;
    }
    struct writer body = writer_of(frame + WIRE_HEADER_BYTES, length);
    wire_write_body(message, &body);
    GR_ASSERT(body.next == body.end);
    uint64_t start = start_of_frame(length, message->type);
    struct writer header = writer_of(frame, WIRE_HEADER_BYTES);
    writer_u64(&header, start);
    writer_u64(&header, hash_bytes_seeded(bytes_of(frame + WIRE_HEADER_BYTES, length), start));
    out->len += size;
    return 0;
}

struct header {
    size_t length;
    unsigned type;
    uint64_t start;
    uint64_t checksum;
};

static const char *read_header(struct reader *r, struct header *ret)
{
    ret->start = reader_u64(r);
    ret->checksum = reader_u64(r);
    ret->length = ret->start & UINT32_MAX;
    ret->type = (ret->start >> 32) & UINT8_MAX;
    if (wire_body_max(ret->type) == 0) {
        return "unknown message type";
    }
    if (ret->start != start_of_frame(ret->length, ret->type)) {
        return "reserved bytes are not zero";
    }
    if (ret->length > wire_body_max(ret->type)) {
        return "longer than such a message can be";
    }
    return NULL;
}

static const char *decode_body(const struct header *header, struct bytes body, struct wire_message *ret)
{
    if (hash_bytes_seeded(body, header->start) != header->checksum) {
        return "checksum does not match";
    }
    struct reader r = reader_of(body);
    ret->type = (enum wire_type)header->type;
    wire_read_body(ret, &r);
    if (r.failed) {
        return "a field reaches past the end";
    }
    if (reader_left(&r) > 0) {
        return "bytes after the last field";
    }
    return wire_invalid(ret);
}

/* What to tell about an incomplete frame of `size` bytes. */
static long wait_for(size_t size, size_t *ret_need)
{
    if (ret_need != NULL) {
        *ret_need = size;
    }
    return 0;
}

long wire_decode(struct bytes input, struct wire_message *ret, size_t *ret_need, const char **ret_reason)
{
    if (input.len < WIRE_HEADER_BYTES) {
        return wait_for(WIRE_HEADER_BYTES, ret_need);
    }
    struct reader r = reader_of(input);
    struct header header;
    struct wire_message message;
    const char *reason = read_header(&r, &header);
    if (reason == NULL) {
        if (reader_left(&r) < header.length) {
            return wait_for(WIRE_HEADER_BYTES + header.length, ret_need);
        }
        reason = decode_body(&header, reader_take(&r, header.length), &message);
    }
    if (reason != NULL) {
        *ret_reason = reason;
        return GR_EPROTO;
    }
    *ret = message;
    return (long)(WIRE_HEADER_BYTES + header.length);
}
