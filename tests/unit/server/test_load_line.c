#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/load_line.h"

static void join(struct load_line *line, unsigned number)
{
    char key[16];
    snprintf(key, sizeof key, "key %u", number);
    struct engine_key at = {number, (uint16_t)(number + 1), bytes_of_text(key)};
    assert_int_equal(load_line_join(line, number + 2, &at, number + 3), 0);
}

static void expect(struct load_line *line, unsigned number)
{
    char key[16];
    snprintf(key, sizeof key, "key %u", number);
    struct waiting_load *load = load_line_leave(line);
    assert_int_equal(load->at.owner, number);
    assert_int_equal(load->at.slot, number + 1);
    assert_true(bytes_equal(load->at.key, bytes_of_text(key)));
    assert_int_equal(load->token, number + 2);
    assert_int_equal(load->since_ms, number + 3);
    free(load);
}

static void first_come_first_served_with_the_key_copied(void **state)
{
    (void)state;
    struct load_line line = {0};
    assert_true(load_line_is_empty(&line));
    join(&line, 1);
    join(&line, 2);
    expect(&line, 1);
    join(&line, 3);
    expect(&line, 2);
    expect(&line, 3);
    assert_true(load_line_is_empty(&line));
    join(&line, 4);
    join(&line, 5);
    load_line_done(&line);
    assert_true(load_line_is_empty(&line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_come_first_served_with_the_key_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
