#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/log.h"

#define WALL_US 1769860800123456u /* 2026-01-31T12:00:00.123Z */

static const char *format(const struct log_field *fields)
{
    static char line[LOG_LINE_MAX];
    log_format(line, SETTINGS_WARN, WALL_US, fields);
    return line;
}

static void test_line_has_time_level_and_fields(void **state)
{
    (void)state;
    const struct log_field fields[] = {LOG_MSG("stopping"), LOG_NUMBER("port", 6379), LOG_ID("node", 0xabc), LOG_END};
    assert_string_equal(format(fields), "ts=2026-01-31T12:00:00.123Z level=warn msg=stopping port=6379 "
                                        "node=0000000000000abc\n");
}

static void test_values_are_quoted_when_they_must_be(void **state)
{
    (void)state;
    const struct log_field fields[] = {LOG_TEXT("a", "two words"), LOG_TEXT("b", "say \"no\"\\"), LOG_TEXT("c", ""),
                                       LOG_TEXT("d", "x=1"),       LOG_TEXT("e", NULL),           LOG_END};
    assert_non_null(strstr(format(fields), " a=\"two words\" b=\"say \\\"no\\\"\\\\\" c=\"\" d=\"x=1\" e=\"\"\n"));
}

static void test_no_value_can_break_the_line(void **state)
{
    (void)state;
    const struct log_field fields[] = {LOG_TEXT("a", "one\ntwo\r\x1b[31m\x7f"), LOG_END};
    assert_non_null(strstr(format(fields), " a=\"one\\ntwo\\x0d\\x1b[31m\\x7f\"\n"));
}

static void test_long_line_is_cut_and_ends(void **state)
{
    (void)state;
    static char text[3 * LOG_LINE_MAX];
    memset(text, 'x', sizeof text - 1);
    const struct log_field fields[] = {LOG_MSG(text), LOG_TEXT("b", text), LOG_END};
    const char *line = format(fields);
    assert_int_equal(strlen(line), LOG_LINE_MAX - 1);
    assert_int_equal(line[LOG_LINE_MAX - 2], '\n');
}

static void test_limit_lets_one_through_each_interval(void **state)
{
    (void)state;
    struct log_limit limit = {0};
    uint64_t suppressed = 99;
    assert_true(log_limit_pass(&limit, 1000, 500, &suppressed));
    assert_int_equal(suppressed, 0);
    assert_false(log_limit_pass(&limit, 1001, 500, &suppressed));
    assert_false(log_limit_pass(&limit, 1499, 500, &suppressed));
    assert_true(log_limit_pass(&limit, 1500, 500, &suppressed));
    assert_int_equal(suppressed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_has_time_level_and_fields),
        cmocka_unit_test(test_values_are_quoted_when_they_must_be),
        cmocka_unit_test(test_no_value_can_break_the_line),
        cmocka_unit_test(test_long_line_is_cut_and_ends),
        cmocka_unit_test(test_limit_lets_one_through_each_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
