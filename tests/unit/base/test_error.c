#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

static void every_error_has_its_own_number_name_and_text(void **state)
{
    (void)state;
#define CHECK(error, value, text)                      \
    assert_int_equal(error, value);                    \
    assert_true((error) < 0);                          \
    assert_string_equal(gr_error_name(error), #error); \
    assert_string_equal(gr_error_text(error), text);
    GR_ERRORS(CHECK)
#undef CHECK
}

static void other_numbers_have_a_text_too(void **state)
{
    (void)state;
    assert_string_equal(gr_error_text(0), "ok");
    assert_string_equal(gr_error_name(0), "ok");
    assert_string_equal(gr_error_text(-9999), "unknown error");
    assert_string_equal(gr_error_text(1), "unknown error");
    assert_string_equal(gr_error_name(-9999), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_its_own_number_name_and_text),
        cmocka_unit_test(other_numbers_have_a_text_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
