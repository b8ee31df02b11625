#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/hlc.h"
#include "base/rng.h"
#include "version/object.h"

#define ENTRIES_MAX 12
#define RAW_MAX 4096

static const struct bytes key = {(const uint8_t *)"cart:9", 6};
static const uint8_t letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

struct made {
    struct object object;
    struct entry entries[ENTRIES_MAX];
};

static struct bytes random_payload(struct rng *rng)
{
    return bytes_of(letters, rng_below(rng, sizeof letters));
}

static void make_last_write(struct made *made, struct rng *rng)
{
    struct dot dot = {rng_between(rng, 1, UINT64_MAX), rng_below(rng, HLC_END)};
    context_add(&made->object.context, dot);
    made->object.count = (uint32_t)rng_below(rng, 2);
    made->entries[0] = (struct entry){.payload = random_payload(rng), .dot = dot};
}

/* Clocks that increase from entry to entry satisfy O2, and each lies below every clock of the context. */
static void make_siblings(struct made *made, struct rng *rng)
{
    uint64_t actors = rng_between(rng, 1, CONTEXT_MAX);
    for (uint64_t actor = 1; actor <= actors; actor++) {
        context_add(&made->object.context, (struct dot){actor, rng_between(rng, ENTRIES_MAX, 1000)});
    }
    made->object.count = (uint32_t)rng_below(rng, ENTRIES_MAX + 1);
    for (uint32_t i = 0; i < made->object.count; i++) {
        struct dot dot = {rng_between(rng, 1, actors), i};
        made->entries[i] = (struct entry){.payload = random_payload(rng), .dot = dot};
    }
}

static void make(struct made *made, struct rng *rng)
{
    enum conflict_policy policy = rng_chance(rng, 300000) ? CONFLICT_LWW : CONFLICT_SIBLINGS;
    object_init(&made->object, policy);
    made->object.entries = made->entries;
    if (policy == CONFLICT_LWW) {
        make_last_write(made, rng);
    } else {
        make_siblings(made, rng);
    }
}

/* A copy that ends where the bytes end, so that the sanitizer sees a read past them. */
static int decode_exactly(const uint8_t *raw, size_t len, struct arena *arena, struct object *ret)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, raw, len);
    int error = object_decode(bytes_of(copy, len), key, arena, ret);
    free(copy);
    return error;
}

static void sign(uint8_t *raw, size_t len)
{
    struct writer w = writer_of(raw, 8);
    writer_u64(&w, hash_bytes_seeded(bytes_of(raw + 8, len - 8), hash_bytes(key)));
}

static void encoded_objects_come_back(void **state)
{
    (void)state;
    struct rng rng;
    struct arena arena;
    rng_init(&rng, 9);
    arena_init(&arena, 4096);
    for (unsigned run = 0; run < 2000; run++) {
        uint8_t raw[RAW_MAX];
        struct made made;
        struct object back;
        make(&made, &rng);
        size_t size = object_encoded_size(&made.object);
        assert_true(size <= sizeof raw);
        object_encode(&made.object, key, raw);
        assert_int_equal(object_decode(bytes_of(raw, size), key, &arena, &back), 0);
        assert_true(object_equal(&made.object, &back));
        assert_true(object_digest(bytes_of(raw, size)) != 0);
        arena_clear(&arena);
    }
    arena_done(&arena);
}

static void an_absent_object_comes_back(void **state)
{
    (void)state;
    uint8_t raw[RAW_MAX];
    struct arena arena;
    struct object absent;
    struct object back;
    arena_init(&arena, 4096);
    object_init(&absent, CONFLICT_SIBLINGS);
    object_encode(&absent, key, raw);
    assert_int_equal(object_decode(bytes_of(raw, object_encoded_size(&absent)), key, &arena, &back), 0);
    assert_true(object_is_absent(&back));
    assert_true(object_equal(&absent, &back));
    arena_done(&arena);
}

static void every_changed_byte_is_noticed(void **state)
{
    (void)state;
    struct rng rng;
    struct arena arena;
    rng_init(&rng, 10);
    arena_init(&arena, 4096);
    for (unsigned run = 0; run < 30; run++) {
        uint8_t raw[RAW_MAX];
        struct made made;
        struct object back;
        make(&made, &rng);
        size_t size = object_encoded_size(&made.object);
        object_encode(&made.object, key, raw);
        for (size_t at = 0; at < size; at++) {
            uint8_t change = (uint8_t)rng_between(&rng, 1, 255);
            raw[at] ^= change;
            assert_int_equal(object_decode(bytes_of(raw, size), key, &arena, &back), GR_ECORRUPT);
            raw[at] ^= change;
        }
        arena_clear(&arena);
    }
    arena_done(&arena);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    struct rng rng;
    struct arena arena;
    rng_init(&rng, 11);
    arena_init(&arena, 4096);
    for (unsigned run = 0; run < 30; run++) {
        uint8_t raw[RAW_MAX];
        struct made made;
        struct object back;
        make(&made, &rng);
        size_t size = object_encoded_size(&made.object);
        object_encode(&made.object, key, raw);
        for (size_t len = 0; len < size; len++) {
            assert_int_equal(decode_exactly(raw, len, &arena, &back), GR_ECORRUPT);
            if (len >= 8) {
                sign(raw, len);
                assert_int_equal(decode_exactly(raw, len, &arena, &back), GR_ECORRUPT);
            }
        }
        arena_clear(&arena);
    }
    arena_done(&arena);
}

/* What passes all checks under a right checksum is an object: it encodes to the same bytes. */
static void signed_garbage_is_refused_or_an_object(void **state)
{
    (void)state;
    struct rng rng;
    struct arena arena;
    unsigned refused = 0;
    rng_init(&rng, 12);
    arena_init(&arena, 4096);
    for (unsigned run = 0; run < 20000; run++) {
        uint8_t raw[RAW_MAX];
        uint8_t again[RAW_MAX];
        struct made made;
        struct object back;
        make(&made, &rng);
        size_t size = object_encoded_size(&made.object);
        object_encode(&made.object, key, raw);
        raw[rng_between(&rng, 8, size - 1)] = (uint8_t)rng_below(&rng, 256);
        sign(raw, size);
        int error = object_decode(bytes_of(raw, size), key, &arena, &back);
        if (error == 0) {
            assert_int_equal(object_encoded_size(&back), size);
            object_encode(&back, key, again);
            assert_memory_equal(raw, again, size);
        }
        refused += error != 0 ? 1 : 0;
        arena_clear(&arena);
    }
    assert_in_range(refused, 1000, 19000);
    arena_done(&arena);
}

static void an_object_belongs_to_its_key(void **state)
{
    (void)state;
    uint8_t raw[RAW_MAX];
    struct rng rng;
    struct arena arena;
    struct made made;
    struct object back;
    rng_init(&rng, 13);
    arena_init(&arena, 4096);
    make(&made, &rng);
    object_encode(&made.object, key, raw);
    size_t size = object_encoded_size(&made.object);
    assert_int_equal(object_decode(bytes_of(raw, size), bytes_of_text("cart:8"), &arena, &back), GR_ECORRUPT);
    arena_done(&arena);
}

static int decode_of(const struct object *object)
{
    uint8_t raw[RAW_MAX];
    struct arena arena;
    struct object back;
    arena_init(&arena, 4096);
    object_encode(object, key, raw);
    int error = object_decode(bytes_of(raw, object_encoded_size(object)), key, &arena, &back);
    arena_done(&arena);
    return error;
}

static void broken_rules_are_refused(void **state)
{
    (void)state;
    struct entry entries[2] = {{.payload = bytes_of_text("a"), .dot = {1, 4}}, {.dot = {2, 5}}};
    struct object sound = {
        .policy = CONFLICT_SIBLINGS, .context = {.count = 2, .dots = {{1, 5}, {2, 6}}}, .count = 2, .entries = entries};
    assert_int_equal(decode_of(&sound), 0);
    entries[1].dot = (struct dot){3, 5};
    assert_int_equal(decode_of(&sound), GR_ECORRUPT); /* O1: no such actor */
    entries[1].dot = (struct dot){2, 7};
    assert_int_equal(decode_of(&sound), GR_ECORRUPT); /* O1: later than the context */
    entries[1].dot = (struct dot){1, 4};
    assert_int_equal(decode_of(&sound), GR_ECORRUPT); /* O2: twice */
    entries[1].dot = (struct dot){2, 3};
    assert_int_equal(decode_of(&sound), GR_ECORRUPT); /* O2: out of order */
    entries[1] = (struct entry){.element = bytes_of_text("e"), .dot = {2, 5}};
    assert_int_equal(decode_of(&sound), GR_ECORRUPT); /* a register has no elements */
    sound.count = 1;
    sound.context.dots[0].actor = 3;
    assert_int_equal(decode_of(&sound), GR_ECORRUPT); /* X1 */
    sound.context.dots[0].actor = 0;
    assert_int_equal(decode_of(&sound), GR_ECORRUPT); /* actor 0 */
}

static void a_last_write_has_one_dot(void **state)
{
    (void)state;
    struct entry entries[2] = {{.dot = {1, 5}}, {.dot = {1, 6}}};
    struct object object = {
        .policy = CONFLICT_LWW, .context = {.count = 1, .dots = {{1, 6}, {2, 7}}}, .count = 1, .entries = entries};
    assert_int_equal(decode_of(&object), GR_ECORRUPT); /* the entry is not the newest write */
    object.entries = entries + 1;
    assert_int_equal(decode_of(&object), 0);
    object.context.count = 2;
    assert_int_equal(decode_of(&object), GR_ECORRUPT);
    object.context.count = 1;
    object.entries = entries;
    object.count = 2;
    assert_int_equal(decode_of(&object), GR_ECORRUPT);
    object.count = 0;
    assert_int_equal(decode_of(&object), 0);
}

/* Change one byte of a sound object of one dot and one entry, and sign it again. `ret_asked`, if not NULL: was memory
 * asked for? */
static int decode_changed(size_t at, uint8_t value, bool *ret_asked)
{
    uint8_t raw[RAW_MAX];
    struct entry entry = {.payload = bytes_of_text("a"), .dot = {1, 6}};
    struct object object = {
        .policy = CONFLICT_SIBLINGS, .context = {.count = 1, .dots = {{1, 6}}}, .count = 1, .entries = &entry};
    struct arena arena;
    struct object back;
    object_encode(&object, key, raw);
    size_t size = object_encoded_size(&object);
    raw[at] = value;
    sign(raw, size);
    arena_init(&arena, 4096);
    int error = object_decode(bytes_of(raw, size), key, &arena, &back);
    if (ret_asked != NULL) {
        *ret_asked = arena.first != NULL;
    }
    arena_done(&arena);
    return error;
}

static int decode_with(size_t at, uint8_t value)
{
    return decode_changed(at, value, NULL);
}

static void header_bytes_are_checked(void **state)
{
    (void)state;
    assert_int_equal(decode_with(8, OBJECT_FORMAT), 0);
    assert_int_equal(decode_with(8, OBJECT_FORMAT + 1), GR_EVERSION);
    assert_int_equal(decode_with(8, 0), GR_ECORRUPT);
    assert_int_equal(decode_with(9, 1), GR_ECORRUPT);
    assert_int_equal(decode_with(10, 2), GR_ECORRUPT);
    assert_int_equal(decode_with(11, 1), GR_ECORRUPT);
}

static void counts_and_lengths_are_not_trusted(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        for (size_t at = 12; at <= 13; at++) { /* dots */
            int expected = at == 12 && value == 1 ? 0 : GR_ECORRUPT;
            assert_int_equal(decode_with(at, (uint8_t)value), at == 13 && value == 0 ? 0 : expected);
        }
        for (size_t at = 31; at <= 33; at++) { /* entries, above the lowest byte */
            assert_int_equal(decode_with(at, (uint8_t)value), value == 0 ? 0 : GR_ECORRUPT);
        }
        for (size_t at = 35; at <= 37; at++) { /* element length, above the lowest byte */
            assert_int_equal(decode_with(at, (uint8_t)value), value == 0 ? 0 : GR_ECORRUPT);
        }
    }
}

static void no_memory_is_asked_for_entries_that_cannot_be_there(void **state)
{
    (void)state;
    bool asked = true;
    assert_int_equal(decode_changed(32, 0x10, &asked), GR_ECORRUPT); /* OBJECT_ENTRIES_MAX and one */
    assert_false(asked);
    assert_int_equal(decode_changed(31, 0x10, &asked), GR_ECORRUPT); /* 4097 */
    assert_false(asked);
    assert_int_equal(decode_changed(30, 1, &asked), 0);
    assert_true(asked);
}

static void a_digest_is_the_leading_checksum(void **state)
{
    (void)state;
    const uint8_t raw[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    assert_int_equal(object_digest(bytes_of(raw, 9)), 0x0807060504030201);
    assert_int_equal(object_digest(bytes_of(raw, 7)), 0);
    assert_int_equal(object_digest(BYTES_EMPTY), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoded_objects_come_back),
        cmocka_unit_test(an_absent_object_comes_back),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(signed_garbage_is_refused_or_an_object),
        cmocka_unit_test(an_object_belongs_to_its_key),
        cmocka_unit_test(broken_rules_are_refused),
        cmocka_unit_test(a_last_write_has_one_dot),
        cmocka_unit_test(header_bytes_are_checked),
        cmocka_unit_test(counts_and_lengths_are_not_trusted),
        cmocka_unit_test(no_memory_is_asked_for_entries_that_cannot_be_there),
        cmocka_unit_test(a_digest_is_the_leading_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
