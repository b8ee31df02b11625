#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

static void order_is_memcmp_with_prefixes_first(void **state)
{
    (void)state;
    assert_true(bytes_compare(bytes_of_text("a"), bytes_of_text("b")) < 0);
    assert_true(bytes_compare(bytes_of_text("b"), bytes_of_text("a")) > 0);
    assert_true(bytes_compare(bytes_of_text("a"), bytes_of_text("aa")) < 0);
    assert_true(bytes_compare(bytes_of_text("b"), bytes_of_text("aa")) > 0);
    assert_true(bytes_compare(bytes_of("\xff", 1), bytes_of("\x01", 1)) > 0);
    assert_int_equal(bytes_compare(bytes_of_text("same"), bytes_of_text("same")), 0);
}

static void empty_views_are_equal_wherever_they_point(void **state)
{
    (void)state;
    assert_true(bytes_equal(BYTES_EMPTY, bytes_of_text("")));
    assert_int_equal(bytes_compare(BYTES_EMPTY, bytes_of_text("")), 0);
    assert_true(bytes_compare(BYTES_EMPTY, bytes_of_text("a")) < 0);
    assert_false(bytes_equal(BYTES_EMPTY, bytes_of_text("a")));
}

static void zero_bytes_count(void **state)
{
    (void)state;
    assert_false(bytes_equal(bytes_of("a\0b", 3), bytes_of("a\0c", 3)));
    assert_true(bytes_compare(bytes_of("a\0b", 3), bytes_of("a\0c", 3)) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_memcmp_with_prefixes_first),
        cmocka_unit_test(empty_views_are_equal_wherever_they_point),
        cmocka_unit_test(zero_bytes_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
