/* Frames from peers: as they come, then with the length and checksum they should have, else no changed input would get
 * past these. What decodes must encode to the same bytes. */
#include <stdlib.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "wire/message.h"

#define LENGTH_BYTES 4u
#define START_BYTES 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_encodes_to(const struct wire_message *message, struct bytes frame)
{
    struct buffer again;
    buffer_init(&again, frame.len);
    GR_ASSERT_EQ(wire_encode(message, &again), 0);
    GR_ASSERT(bytes_equal(buffer_bytes(&again), frame));
    buffer_done(&again);
}

static void check_decode(struct bytes input)
{
    struct wire_message message;
    const char *reason = NULL;
    size_t need = 0;
    long used = wire_decode(input, &message, &need, &reason);
    if (used > 0) {
        GR_ASSERT_LE((size_t)used, input.len);
        check_encodes_to(&message, bytes_of(input.data, (size_t)used));
    } else if (used == 0) {
        GR_ASSERT_LT(input.len, need);
    } else {
        GR_ASSERT_EQ(used, GR_EPROTO);
        GR_ASSERT(reason != NULL);
    }
}

static void sign(uint8_t *frame, size_t size)
{
    struct writer length = writer_of(frame, LENGTH_BYTES);
    writer_u32(&length, (uint32_t)(size - WIRE_HEADER_BYTES));
    struct reader start = reader_of(bytes_of(frame, START_BYTES));
    struct bytes body = bytes_of(frame + WIRE_HEADER_BYTES, size - WIRE_HEADER_BYTES);
    struct writer checksum = writer_of(frame + START_BYTES, WIRE_HEADER_BYTES - START_BYTES);
    writer_u64(&checksum, hash_bytes_seeded(body, reader_u64(&start)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_decode(bytes_of(data, size));
    if (size < WIRE_HEADER_BYTES) {
        return 0;
    }
    uint8_t *frame = malloc(size);
    GR_ASSERT(frame != NULL);
    memcpy(frame, data, size);
    sign(frame, size);
    check_decode(bytes_of(frame, size));
    free(frame);
    return 0;
}
