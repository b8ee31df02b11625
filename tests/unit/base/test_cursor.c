#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"

static void numbers_are_little_endian(void **state)
{
    (void)state;
    uint8_t raw[15];
    struct writer w = writer_of(raw, sizeof raw);
    writer_u8(&w, 0x01);
    writer_u16(&w, 0x0302);
    writer_u32(&w, 0x07060504);
    writer_u64(&w, 0x0f0e0d0c0b0a0908);
    assert_ptr_equal(w.next, w.end);
    for (unsigned i = 0; i < sizeof raw; i++) {
        assert_int_equal(raw[i], i + 1);
    }
    struct reader r = reader_of(bytes_of(raw, sizeof raw));
    assert_int_equal(reader_u8(&r), 0x01);
    assert_int_equal(reader_u16(&r), 0x0302);
    assert_int_equal(reader_u32(&r), 0x07060504);
    assert_int_equal(reader_u64(&r), 0x0f0e0d0c0b0a0908);
    assert_int_equal(reader_left(&r), 0);
    assert_false(r.failed);
}

static void a_reader_past_the_end_stays_failed(void **state)
{
    (void)state;
    uint8_t raw[5] = {1, 2, 3, 4, 5};
    struct reader r = reader_of(bytes_of(raw, sizeof raw));
    assert_int_equal(reader_u64(&r), 0);
    assert_true(r.failed);
    assert_int_equal(reader_u8(&r), 0);
    assert_int_equal(reader_take(&r, 1).len, 0);
    assert_true(r.failed);
}

static void a_take_is_bounded_however_long(void **state)
{
    (void)state;
    uint8_t raw[5] = {1, 2, 3, 4, 5};
    struct reader r = reader_of(bytes_of(raw, sizeof raw));
    assert_true(bytes_equal(reader_take(&r, 5), bytes_of(raw, 5)));
    assert_int_equal(reader_take(&r, 0).len, 0);
    assert_false(r.failed);
    reader_take(&r, SIZE_MAX);
    assert_true(r.failed);
}

static void nothing_can_be_read_from_nothing(void **state)
{
    (void)state;
    struct reader r = reader_of(BYTES_EMPTY);
    assert_int_equal(reader_left(&r), 0);
    assert_int_equal(reader_take(&r, 0).len, 0);
    assert_false(r.failed);
    assert_int_equal(reader_u8(&r), 0);
    assert_true(r.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_little_endian),
        cmocka_unit_test(a_reader_past_the_end_stays_failed),
        cmocka_unit_test(a_take_is_bounded_however_long),
        cmocka_unit_test(nothing_can_be_read_from_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
