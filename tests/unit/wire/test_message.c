/* Every message of wire/messages.h, whatever its fields: random ones, cut ones, changed ones, ones at their bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/rng.h"
#include "wire/message.h"

#define BYTES_MAX 200
#define BUFFER_MAX (1 << 20)

static const unsigned types[] = {
#define TYPE(name, number, text) number,
    WIRE_MESSAGES(TYPE)
#undef TYPE
};
#define TYPES (sizeof types / sizeof types[0])

static uint8_t pool[2 * BYTES_MAX];

static uint64_t random_number(struct rng *rng, uint64_t bound)
{
    return rng_chance(rng, 100000) ? bound : rng_between(rng, 0, bound);
}

static struct bytes random_bytes(struct rng *rng, uint64_t bound)
{
    return bytes_of(pool + rng_below(rng, BYTES_MAX), rng_between(rng, 0, bound < BYTES_MAX ? bound : BYTES_MAX));
}

#define RANDOM_U8(bound) (uint8_t) random_number(rng, bound)
#define RANDOM_U16(bound) (uint16_t) random_number(rng, bound)
#define RANDOM_U32(bound) (uint32_t) random_number(rng, bound)
#define RANDOM_U64(bound) random_number(rng, bound)
#define RANDOM_BYTES(bound) random_bytes(rng, bound)
#define RANDOM_FIELD(type, field, bound, text) m->field = RANDOM_##type(bound);
#define RANDOM_CASE(name, number, text)         \
    case WIRE_##name: {                         \
        struct wire_##name *m = &message->name; \
        WIRE_FIELDS_##name(RANDOM_FIELD) break; \
    }

static void make(struct wire_message *message, unsigned type, struct rng *rng)
{
    message->type = (enum wire_type)type;
    switch (message->type) {
        WIRE_MESSAGES(RANDOM_CASE)
    }
}

#define EQUAL_U8(x, y) assert_int_equal(x, y);
#define EQUAL_U16(x, y) assert_int_equal(x, y);
#define EQUAL_U32(x, y) assert_int_equal(x, y);
#define EQUAL_U64(x, y) assert_int_equal(x, y);
#define EQUAL_BYTES(x, y) assert_true(bytes_equal(x, y));
#define EQUAL_FIELD(type, field, bound, text) EQUAL_##type(x->field, y->field)
#define EQUAL_CASE(name, number, text)          \
    case WIRE_##name: {                         \
        const struct wire_##name *x = &a->name; \
        const struct wire_##name *y = &b->name; \
        WIRE_FIELDS_##name(EQUAL_FIELD) break;  \
    }

static void assert_same(const struct wire_message *a, const struct wire_message *b)
{
    assert_int_equal(a->type, b->type);
    switch (a->type) {
        WIRE_MESSAGES(EQUAL_CASE)
    }
}

static int set_up(void **state)
{
    static struct buffer buffer;
    buffer_init(&buffer, BUFFER_MAX);
    *state = &buffer;
    for (size_t i = 0; i < sizeof pool; i++) {
        pool[i] = (uint8_t)(i * 7 + i / 256);
    }
    return 0;
}

static int tear_down(void **state)
{
    buffer_done(*state);
    return 0;
}

static struct bytes encode(struct buffer *buffer, const struct wire_message *message)
{
    buffer->len = 0;
    assert_null(wire_invalid(message));
    assert_int_equal(wire_encode(message, buffer), 0);
    assert_int_equal(buffer->len, wire_frame_size(message));
    return buffer_bytes(buffer);
}

/* From a copy that ends where the bytes end, so that the sanitizer sees a read past them. */
static long decode_exactly(struct bytes frame, size_t *ret_need)
{
    struct wire_message back;
    const char *reason = NULL;
    uint8_t *copy = malloc(frame.len == 0 ? 1 : frame.len);
    assert_non_null(copy);
    if (frame.len > 0) {
        memcpy(copy, frame.data, frame.len);
    }
    long used = wire_decode(bytes_of(copy, frame.len), &back, ret_need, &reason);
    assert_true((used < 0) == (reason != NULL));
    free(copy);
    return used;
}

/* Give a changed frame the checksum it should have. */
static void sign(uint8_t *frame, size_t len)
{
    struct reader r = reader_of(bytes_of(frame, 8));
    struct writer w = writer_of(frame + 8, 8);
    writer_u64(&w, hash_bytes_seeded(bytes_of(frame + WIRE_HEADER_BYTES, len - WIRE_HEADER_BYTES), reader_u64(&r)));
}

static void every_message_comes_back(void **state)
{
    struct rng rng;
    rng_init(&rng, 15);
    for (unsigned run = 0; run < 300 * TYPES; run++) {
        struct wire_message message;
        struct wire_message back;
        const char *reason = NULL;
        size_t need = 77;
        make(&message, types[run % TYPES], &rng);
        struct bytes frame = encode(*state, &message);
        assert_int_equal(wire_decode(frame, &back, &need, &reason), frame.len);
        assert_int_equal(need, 77);
        assert_same(&message, &back);
    }
}

static void frames_follow_one_another(void **state)
{
    struct buffer *buffer = *state;
    struct rng rng;
    struct wire_message messages[TYPES];
    rng_init(&rng, 16);
    buffer->len = 0;
    for (unsigned i = 0; i < TYPES; i++) {
        make(&messages[i], types[i], &rng);
        assert_int_equal(wire_encode(&messages[i], buffer), 0);
    }
    struct bytes left = buffer_bytes(buffer);
    for (unsigned i = 0; i < TYPES; i++) {
        struct wire_message back;
        long used = wire_decode(left, &back, NULL, NULL);
        assert_int_equal(used, wire_frame_size(&messages[i]));
        assert_same(&messages[i], &back);
        left = bytes_of(left.data + used, left.len - (size_t)used);
    }
    assert_int_equal(left.len, 0);
    assert_int_equal(wire_decode(left, &messages[0], NULL, NULL), 0);
}

static void a_cut_frame_says_what_it_needs(void **state)
{
    struct rng rng;
    rng_init(&rng, 17);
    for (unsigned run = 0; run < 3 * TYPES; run++) {
        struct wire_message message;
        make(&message, types[run % TYPES], &rng);
        struct bytes frame = encode(*state, &message);
        for (size_t len = 0; len < frame.len; len++) {
            size_t need = 0;
            assert_int_equal(decode_exactly(bytes_of(frame.data, len), &need), 0);
            assert_int_equal(need, len < WIRE_HEADER_BYTES ? WIRE_HEADER_BYTES : frame.len);
        }
    }
}

/* A longer length within bounds makes the frame incomplete; everything else is noticed at once. */
static void every_changed_bit_is_noticed(void **state)
{
    struct rng rng;
    rng_init(&rng, 18);
    for (unsigned run = 0; run < 3 * TYPES; run++) {
        struct wire_message message;
        make(&message, types[run % TYPES], &rng);
        struct bytes frame = encode(*state, &message);
        uint8_t *raw = ((struct buffer *)*state)->data;
        for (size_t bit = 0; bit < frame.len * 8; bit++) {
            raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
            long used = decode_exactly(frame, NULL);
            assert_true(used == GR_EPROTO || (used == 0 && bit < 5 * 8));
            raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

/* What passes under a right checksum is a message: it encodes to the same bytes. */
static void signed_garbage_is_refused_or_a_message(void **state)
{
    struct rng rng;
    struct buffer again;
    unsigned refused = 0;
    rng_init(&rng, 19);
    buffer_init(&again, BUFFER_MAX);
    for (unsigned run = 0; run < 1000 * TYPES; run++) {
        struct wire_message message;
        struct wire_message back;
        const char *reason = NULL;
        make(&message, types[run % TYPES], &rng);
        struct bytes frame = encode(*state, &message);
        uint8_t *raw = ((struct buffer *)*state)->data;
        raw[rng_between(&rng, WIRE_HEADER_BYTES, frame.len - 1)] = (uint8_t)rng_below(&rng, 256);
        sign(raw, frame.len);
        long used = wire_decode(frame, &back, NULL, &reason);
        if (used > 0) {
            assert_true(bytes_equal(encode(&again, &back), frame));
        }
        refused += used < 0 ? 1 : 0;
    }
    assert_in_range(refused, 20 * TYPES, 900 * TYPES);
    buffer_done(&again);
}

static long decode_header(uint32_t length, uint8_t type, uint32_t reserved, const char **ret_reason)
{
    uint8_t raw[WIRE_HEADER_BYTES];
    struct writer w = writer_of(raw, sizeof raw);
    struct wire_message back;
    writer_u32(&w, length);
    writer_u8(&w, type);
    writer_number(&w, reserved, 3);
    writer_u64(&w, 0);
    return wire_decode(bytes_of(raw, sizeof raw), &back, NULL, ret_reason);
}

/* Before any memory is asked for: the header alone decides. */
static void headers_are_bounded(void **state)
{
    (void)state;
    const char *reason = NULL;
    for (unsigned type = 0; type < 256; type++) {
        size_t max = wire_body_max(type);
        if (max == 0) {
            assert_int_equal(decode_header(1, (uint8_t)type, 0, &reason), GR_EPROTO);
            assert_string_equal(wire_name(type), "unknown");
        } else {
            assert_int_equal(decode_header((uint32_t)max, (uint8_t)type, 0, &reason), 0);
            assert_int_equal(decode_header((uint32_t)max + 1, (uint8_t)type, 0, &reason), GR_EPROTO);
            assert_int_equal(decode_header(UINT32_MAX, (uint8_t)type, 0, &reason), GR_EPROTO);
            assert_int_equal(decode_header((uint32_t)max, (uint8_t)type, 1, &reason), GR_EPROTO);
            assert_int_equal(decode_header((uint32_t)max, (uint8_t)type, 0x800000, &reason), GR_EPROTO);
        }
    }
}

static void bytes_after_the_last_field_are_refused(void **state)
{
    struct wire_message message = {.type = WIRE_refused, .refused = {.code = 1, .text = bytes_of_text("no")}};
    struct wire_message back;
    const char *reason = NULL;
    struct buffer *buffer = *state;
    encode(buffer, &message);
    assert_int_equal(buffer_append(buffer, bytes_of_text("!")), 0);
    buffer->data[0]++;
    sign(buffer->data, buffer->len);
    assert_int_equal(wire_decode(buffer_bytes(buffer), &back, NULL, &reason), GR_EPROTO);
    assert_string_equal(reason, "bytes after the last field");
}

static void a_full_buffer_is_left_as_it_was(void **state)
{
    (void)state;
    struct buffer small;
    struct wire_message message = {.type = WIRE_gossip};
    size_t size = wire_frame_size(&message);
    buffer_init(&small, 2 * size - 1);
    assert_int_equal(wire_encode(&message, &small), 0);
    assert_int_equal(wire_encode(&message, &small), GR_ETOOBIG);
    assert_int_equal(small.len, size);
    buffer_done(&small);
}

/* For each field of each message: its bound is allowed, one more is not, and the reason names the field. */
static uint64_t limit_of(unsigned width)
{
    return width == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * width) - 1;
}

static void assert_bound(const struct wire_message *message, const char *field, bool beyond)
{
    const char *reason = wire_invalid(message);
    if (!beyond) {
        assert_null(reason);
        return;
    }
    assert_non_null(reason);
    assert_memory_equal(reason, field, strlen(field));
}

#define BOUND_NUMBER(ctype, field, bound)               \
    m->field = (ctype)(bound);                          \
    assert_bound(&message, #field, false);              \
    if ((uint64_t)(bound) != limit_of(sizeof(ctype))) { \
        m->field = (ctype)((bound) + 1);                \
        assert_bound(&message, #field, true);           \
    }                                                   \
    m->field = (ctype)(bound);
#define BOUND_U8(field, bound) BOUND_NUMBER(uint8_t, field, bound)
#define BOUND_U16(field, bound) BOUND_NUMBER(uint16_t, field, bound)
#define BOUND_U32(field, bound) BOUND_NUMBER(uint32_t, field, bound)
#define BOUND_U64(field, bound) BOUND_NUMBER(uint64_t, field, bound)
#define BOUND_BYTES(field, bound)                   \
    m->field = bytes_of(pool, (size_t)(bound) + 1); \
    assert_bound(&message, #field, true);           \
    m->field.len = (bound);                         \
    assert_bound(&message, #field, false);
#define BOUND_FIELD(type, field, bound, text) BOUND_##type(field, bound)
#define BOUND_OF(name, number, text)                                                                     \
    static void bounds_of_##name(void)                                                                   \
    {                                                                                                    \
        struct wire_message message = {.type = WIRE_##name};                                             \
        struct wire_##name *m = &message.name;                                                           \
        WIRE_FIELDS_##name(BOUND_FIELD)                                                                  \
            assert_int_equal(wire_frame_size(&message), WIRE_HEADER_BYTES + wire_body_max(WIRE_##name)); \
        assert_string_equal(wire_name(WIRE_##name), #name);                                              \
    }
WIRE_MESSAGES(BOUND_OF)

static void every_field_has_its_bound(void **state)
{
    (void)state;
#define CALL(name, number, text) bounds_of_##name();
    WIRE_MESSAGES(CALL)
#undef CALL
    struct wire_message unknown = {.type = (enum wire_type)200};
    assert_non_null(wire_invalid(&unknown));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_comes_back),
        cmocka_unit_test(frames_follow_one_another),
        cmocka_unit_test(a_cut_frame_says_what_it_needs),
        cmocka_unit_test(every_changed_bit_is_noticed),
        cmocka_unit_test(signed_garbage_is_refused_or_a_message),
        cmocka_unit_test(headers_are_bounded),
        cmocka_unit_test(bytes_after_the_last_field_are_refused),
        cmocka_unit_test(a_full_buffer_is_left_as_it_was),
        cmocka_unit_test(every_field_has_its_bound),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
