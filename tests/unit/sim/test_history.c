#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "sim/history.h"

static void a_name_is_read_back(void **state)
{
    (void)state;
    uint8_t text[WRITE_NAME_BYTES];
    for (uint32_t number = 0; number < 100000; number += 777) {
        history_name(number, text);
        assert_int_equal(history_last_name(bytes_of(text, sizeof text)), number);
    }
}

static void the_last_name_counts(void **state)
{
    (void)state;
    assert_int_equal(history_last_name(bytes_of_text("...w00000001;w0000000a;")), 10);
    assert_int_equal(history_last_name(bytes_of_text("w00000001;w0000000a;tail")), 10);
    assert_int_equal(history_last_name(bytes_of_text("w00000001;w0000000x;")), 1);
    assert_true(history_last_name(bytes_of_text("w0000001;")) == NO_WRITE);
    assert_true(history_last_name(BYTES_EMPTY) == NO_WRITE);
}

static void what_was_acknowledged_and_what_refused(void **state)
{
    (void)state;
    struct operation set = {.op = OP_SET, .outcome = OUTCOME_REPLIED, .applied = true};
    assert_true(operation_was_acknowledged(&set));
    assert_false(operation_was_refused(&set));
    set.applied = false;
    assert_false(operation_was_acknowledged(&set));
    assert_true(operation_was_refused(&set));
    set.status = GR_ETIMEOUT;
    assert_false(operation_was_acknowledged(&set));
    assert_false(operation_was_refused(&set));
    set.status = GR_EBUSY;
    assert_true(operation_was_refused(&set));
    set.outcome = OUTCOME_LOST;
    assert_false(operation_was_refused(&set));
    struct operation get = {.op = OP_GET, .outcome = OUTCOME_REPLIED, .found = true};
    assert_false(operation_was_acknowledged(&get));
}

static void names_are_kept_in_their_order(void **state)
{
    (void)state;
    struct history history;
    history_init(&history);
    struct names none = history_keep_names(&history, bytes_of_text("w..."));
    struct names two = history_keep_names(&history, bytes_of_text("..w00000007;w0000000a;"));
    assert_int_equal(none.count, 0);
    assert_int_equal(two.count, 2);
    assert_int_equal(history.names[two.first], 7);
    assert_int_equal(history.names[two.first + 1], 10);
    history_done(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_read_back),
        cmocka_unit_test(names_are_kept_in_their_order),
        cmocka_unit_test(the_last_name_counts),
        cmocka_unit_test(what_was_acknowledged_and_what_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
