#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "server/complaints.h"

static void test_same_reason_is_new_once(void **state)
{
    (void)state;
    struct complaints complaints = {.count = 0};
    assert_true(complaints_is_new(&complaints, "10.0.0.1", "garbage", 1));
    assert_false(complaints_is_new(&complaints, "10.0.0.1", "garbage", 2));
    assert_true(complaints_is_new(&complaints, "10.0.0.2", "garbage", 3));
    assert_true(complaints_is_new(&complaints, "10.0.0.1", "foreign", 4));
    assert_false(complaints_is_new(&complaints, "10.0.0.1", "foreign", 5));
    assert_true(complaints_is_new(&complaints, "10.0.0.1", "foreign", 4 + COMPLAINTS_AGAIN_MS));
    assert_int_equal(complaints.total, 6);
}

static void test_full_table_forgets_the_oldest(void **state)
{
    (void)state;
    struct complaints complaints = {.count = 0};
    char where[16];
    for (unsigned i = 0; i <= COMPLAINTS_MAX; i++) {
        snprintf(where, sizeof where, "host%u", i);
        assert_true(complaints_is_new(&complaints, where, "garbage", i));
    }
    assert_false(complaints_is_new(&complaints, "host1", "garbage", 1000));
    assert_true(complaints_is_new(&complaints, "host0", "garbage", 1001));
}

/* Two reasons in turn are new each time, and still not a flood. */
static void test_many_reasons_of_one_address_are_few_lines(void **state)
{
    (void)state;
    struct complaints complaints = {.count = 0};
    unsigned said = 0;
    for (unsigned i = 0; i < 1200; i++) {
        said += complaints_is_new(&complaints, "10.0.0.1", i % 2 == 0 ? "garbage" : "foreign", 100 * i);
    }
    assert_in_range(said, COMPLAINTS_FEW, COMPLAINTS_FEW + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_reason_is_new_once),
        cmocka_unit_test(test_full_table_forgets_the_oldest),
        cmocka_unit_test(test_many_reasons_of_one_address_are_few_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
