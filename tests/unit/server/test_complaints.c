#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "server/complaints.h"

static struct complaints complaints;
static uint64_t suppressed;

static int setup(void **state)
{
    (void)state;
    complaints = (struct complaints){.count = 0};
    suppressed = 0;
    return 0;
}

static bool is_new(const char *where, const char *what, uint64_t now_ms)
{
    return complaints_is_new(&complaints, where, what, now_ms, &suppressed);
}

static void test_the_same_is_said_once_and_then_with_pauses(void **state)
{
    (void)state;
    unsigned said = 0;
    assert_true(is_new("10.0.0.1", "garbage", 1000));
    assert_false(is_new("10.0.0.1", "garbage", 1001));
    assert_true(is_new("10.0.0.2", "garbage", 1002));
    assert_false(is_new("10.0.0.1", "garbage", 999 + COMPLAINTS_PAUSE_MS));
    assert_true(is_new("10.0.0.1", "garbage", 1000 + COMPLAINTS_PAUSE_MS));
    assert_int_equal(suppressed, 2);
    for (uint64_t second = 61; second <= 24 * 3600; second++) {
        said += is_new("10.0.0.1", "garbage", 1000 * second);
    }
    assert_in_range(said, 24, 30);
    assert_true(suppressed > 3000);
}

static void test_different_ones_are_said_at_once(void **state)
{
    (void)state;
    assert_true(is_new("10.0.0.1", "garbage", 1));
    assert_true(is_new("10.0.0.1", "foreign", 2));
    assert_false(is_new("10.0.0.1", "foreign", 3));
    assert_int_equal(complaints.total, 3);
}

static void test_after_calm_all_begins_anew(void **state)
{
    (void)state;
    assert_true(is_new("10.0.0.1", "garbage", 1));
    assert_false(is_new("10.0.0.1", "garbage", 2));
    assert_true(is_new("10.0.0.1", "garbage", 2 + COMPLAINTS_CALM_MS));
    assert_int_equal(suppressed, 1);
    assert_false(is_new("10.0.0.1", "garbage", 1 + COMPLAINTS_CALM_MS + COMPLAINTS_PAUSE_MS));
    assert_true(is_new("10.0.0.1", "garbage", 2 + COMPLAINTS_CALM_MS + COMPLAINTS_PAUSE_MS));
}

static void test_full_table_forgets_the_oldest(void **state)
{
    (void)state;
    char where[16];
    for (unsigned i = 0; i <= COMPLAINTS_MAX; i++) {
        snprintf(where, sizeof where, "host%u", i);
        assert_true(is_new(where, "garbage", i));
    }
    assert_false(is_new("host1", "garbage", 1000));
    assert_true(is_new("host0", "garbage", 1001));
}

/* Two reasons in turn are new each time, and still not a flood. */
static void test_many_reasons_of_one_address_are_few_lines(void **state)
{
    (void)state;
    unsigned said = 0;
    for (unsigned i = 0; i < 1200; i++) {
        said += is_new("10.0.0.1", i % 2 == 0 ? "garbage" : "foreign", 100 * i);
    }
    assert_in_range(said, COMPLAINTS_FEW, COMPLAINTS_FEW + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_the_same_is_said_once_and_then_with_pauses, setup),
        cmocka_unit_test_setup(test_different_ones_are_said_at_once, setup),
        cmocka_unit_test_setup(test_after_calm_all_begins_anew, setup),
        cmocka_unit_test_setup(test_full_table_forgets_the_oldest, setup),
        cmocka_unit_test_setup(test_many_reasons_of_one_address_are_few_lines, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
