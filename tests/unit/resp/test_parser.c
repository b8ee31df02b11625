#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "resp/parser.h"

/* Parse one command out of a text given as a whole; its arguments joined by '|' in `shown`. */
static enum parser_verdict parse(const char *text, size_t len, char *shown, size_t shown_size, char *error)
{
    struct parser parser;
    parser_init(&parser);
    uint8_t *data = malloc(len + 1);
    memcpy(data, text, len);
    enum parser_verdict verdict = parser_run(&parser, data, len);
    shown[0] = '\0';
    size_t used = 0;
    for (uint32_t i = 0; verdict == PARSER_COMMAND && i < parser.args_count; i++) {
        used += (size_t)snprintf(shown + used, shown_size - used, "%s%.*s", i == 0 ? "" : "|", (int)parser.args[i].len,
                                 (const char *)data + parser.args[i].offset);
    }
    snprintf(error, 64, "%s", parser.error);
    parser_done(&parser);
    free(data);
    return verdict;
}

static void expect_command(const char *text, const char *wanted)
{
    char shown[256], error[64];
    assert_int_equal(parse(text, strlen(text), shown, sizeof shown, error), PARSER_COMMAND);
    assert_string_equal(shown, wanted);
}

static void expect_error(const char *text, const char *wanted)
{
    char shown[256], error[64];
    assert_int_equal(parse(text, strlen(text), shown, sizeof shown, error), PARSER_ERROR);
    assert_string_equal(error, wanted);
}

static void expect_more(const char *text)
{
    char shown[256], error[64];
    assert_int_equal(parse(text, strlen(text), shown, sizeof shown, error), PARSER_MORE);
}

static void reads_arrays_of_bulk_strings(void **state)
{
    (void)state;
    expect_command("*1\r\n$4\r\nPING\r\n", "PING");
    expect_command("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$0\r\n\r\n", "SET|a|");
    expect_command("*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n", "GET|a\r\nb");
    expect_command("*0\r\n", "");
    expect_command("*-1\r\n", "");
    expect_command("*-10\r\n", "");
}

static void reads_lines_of_words(void **state)
{
    (void)state;
    expect_command("PING\r\n", "PING");
    expect_command("  SET\ta  b \n", "SET|a|b");
    expect_command("\r\n", "");
    expect_command("\n", "");
    expect_command("SET a \"b c\"\r\n", "SET|a|b c");
    expect_command("SET a 'b \\' c'\r\n", "SET|a|b ' c");
    expect_command("SET a \"\\x41\\n\\\"\\q\\x4\"\r\n", "SET|a|A\n\"qx4");
    expect_command("SET a \"\" ''\r\n", "SET|a||");
    expect_command("SET pre\"quoted\"\r\n", "SET|prequoted");
}

static void tells_redis_errors(void **state)
{
    (void)state;
    expect_error("*a\r\n", "invalid multibulk length");
    expect_error("*\r\n", "invalid multibulk length");
    expect_error("*1048577\r\n", "invalid multibulk length");
    expect_error("*99999999999999999999\r\n", "invalid multibulk length");
    expect_error("*1\r\nx\r\n", "expected '$', got 'x'");
    expect_error("*1\r\n*1\r\n", "expected '$', got '*'");
    expect_error("*1\r\n\r\n", "expected '$', got '\r'");
    expect_error("*1\r\n$-1\r\n", "invalid bulk length");
    expect_error("*1\r\n$a\r\n", "invalid bulk length");
    expect_error("*1\r\n$01\r\n", "invalid bulk length");
    expect_error("*1\r\n$16777217\r\n", "invalid bulk length");
    expect_error("*1\r\n$536870912\r\n", "invalid bulk length");
    expect_error("SET a \"b\r\n", "unbalanced quotes in request");
    expect_error("SET a \"b\"c\r\n", "unbalanced quotes in request");
    expect_error("SET a 'b\r\n", "unbalanced quotes in request");
}

static void waits_for_the_rest(void **state)
{
    (void)state;
    expect_more("");
    expect_more("*");
    expect_more("*1");
    expect_more("*1\r");
    expect_more("*1\r\n$4\r\nPIN");
    expect_more("*1\r\n$4\r\nPING\r");
    expect_more("PING");
    expect_more("*1\r\nx");
    expect_more("*1\r\n$16777216\r\n");
    expect_more("*1048576\r\n");
}

static void expect_too_long(const char *start, const char *wanted)
{
    size_t start_len = strlen(start), len = start_len + PARSER_LINE_MAX + 1;
    char *text = malloc(len);
    char shown[256], error[64];
    memset(text, '1', len);
    memcpy(text, start, start_len);
    assert_int_equal(parse(text, len, shown, sizeof shown, error), PARSER_ERROR);
    assert_string_equal(error, wanted);
    free(text);
}

static void bounds_lines_without_end(void **state)
{
    (void)state;
    expect_too_long("GET ", "too big inline request");
    expect_too_long("*", "too big mbulk count string");
    expect_too_long("*1\r\n$", "too big bulk count string");
}

/* Whatever the pieces, the same commands come out, and memory stays in proportion to what arrived. */
static void pieces_make_no_difference(void **state)
{
    (void)state;
    static const char text[] =
        "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\n1\r\n2 \r\nPING \"x y\"\r\n*0\r\n\r\n*2\r\n$3\r\nGET\r\n"
        "$1\r\na\r\n";
    struct rng rng;
    rng_init(&rng, 7);
    for (int round = 0; round < 300; round++) {
        uint8_t data[sizeof text];
        struct parser parser;
        size_t start = 0, end = 0, commands = 0, args = 0;
        parser_init(&parser);
        memcpy(data, text, sizeof text);
        while (end < sizeof text - 1) {
            end += round == 0 ? 1 : rng_between(&rng, 1, 9);
            end = end > sizeof text - 1 ? sizeof text - 1 : end;
            while (parser_run(&parser, data + start, end - start) == PARSER_COMMAND) {
                commands++;
                args += parser.args_count;
                start += parser_next(&parser);
            }
        }
        assert_int_equal(commands, 5);
        assert_int_equal(args, 7);
        assert_int_equal(start, end);
        parser_done(&parser);
    }
}

static void a_claimed_count_costs_nothing(void **state)
{
    (void)state;
    uint8_t data[] = "*1048576\r\n$1\r\na\r\n";
    struct parser parser;
    parser_init(&parser);
    assert_int_equal(parser_run(&parser, data, sizeof data - 1), PARSER_MORE);
    assert_true(parser.args_capacity <= 8);
    parser_done(&parser);
}

static void a_command_is_bounded(void **state)
{
    (void)state;
    size_t len = PARSER_COMMAND_MAX + 100;
    uint8_t *data = calloc(1, len);
    struct parser parser;
    size_t used = (size_t)snprintf((char *)data, len, "*9\r\n");
    while (used + PARSER_BULK_MAX + 20 < len) {
        used += (size_t)snprintf((char *)data + used, len - used, "$%u\r\n", PARSER_BULK_MAX);
        used += PARSER_BULK_MAX + 2;
    }
    memcpy(data + used, "$16777216\r\n", 11);
    parser_init(&parser);
    assert_int_equal(parser_run(&parser, data, len), PARSER_ERROR);
    assert_string_equal(parser.error, "too big request");
    parser_done(&parser);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_arrays_of_bulk_strings),
        cmocka_unit_test(reads_lines_of_words),
        cmocka_unit_test(tells_redis_errors),
        cmocka_unit_test(waits_for_the_rest),
        cmocka_unit_test(bounds_lines_without_end),
        cmocka_unit_test(pieces_make_no_difference),
        cmocka_unit_test(a_claimed_count_costs_nothing),
        cmocka_unit_test(a_command_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
