#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resp/output.h"

static void write_each(struct output *out)
{
    output_status(out, "OK");
    output_integer(out, INT64_MIN);
    output_bulk(out, bytes_of_text("a\r\nb"));
    output_null(out);
    output_verbatim(out, bytes_of_text("text"));
    output_array(out, 1);
    output_map(out, 1);
    output_set(out, 1);
    output_error(out, "ERR two\r\nlines");
}

static void expect(uint8_t proto, const char *wanted)
{
    struct buffer buffer;
    buffer_init(&buffer, 4096);
    struct output out = output_of(&buffer, proto);
    write_each(&out);
    assert_false(out.failed);
    assert_int_equal(buffer.len, strlen(wanted));
    assert_memory_equal(buffer.data, wanted, buffer.len);
    buffer_done(&buffer);
}

static void each_type_in_resp2(void **state)
{
    (void)state;
    expect(2, "+OK\r\n:-9223372036854775808\r\n$4\r\na\r\nb\r\n$-1\r\n$4\r\ntext\r\n"
              "*1\r\n*2\r\n*1\r\n-ERR two  lines\r\n");
}

static void each_type_in_resp3(void **state)
{
    (void)state;
    expect(3, "+OK\r\n:-9223372036854775808\r\n$4\r\na\r\nb\r\n_\r\n=8\r\ntxt:text\r\n"
              "*1\r\n%1\r\n~1\r\n-ERR two  lines\r\n");
}

static void a_full_buffer_is_noticed_once(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 8);
    struct output out = output_of(&buffer, 2);
    output_bulk(&out, bytes_of_text("too much for it"));
    assert_true(out.failed);
    size_t len = buffer.len;
    output_status(&out, "");
    assert_int_equal(buffer.len, len);
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_in_resp2),
        cmocka_unit_test(each_type_in_resp3),
        cmocka_unit_test(a_full_buffer_is_noticed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
