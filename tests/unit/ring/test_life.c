#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ring/life.h"
#include "unit/ring/cells.h"

#define OLD 7u
#define NEW 8u
#define OTHER 9u

/* OLD and node 3 are members. */
static void start(struct ring_log *log)
{
    ring_log_init(log);
    cell_add(log, cell_join(1, OLD, 1, ""));
    cell_add(log, cell_join(2, 3, 1, ""));
}

static void a_replacement_takes_the_place_for_good(void **state)
{
    (void)state;
    struct ring_log log;
    start(&log);
    cell_add(&log, cell_replace(10, NEW, OLD, ""));
    assert_true(cell_is_member(&log, NEW));
    assert_false(cell_is_member(&log, OLD));
    struct ring_entry again = cell_join(20, OLD, 1, "");
    again.incarnation = 5;
    cell_add(&log, again);
    cell_add(&log, cell_replace(21, OLD, 3, ""));
    assert_false(cell_is_member(&log, OLD)); /* fenced, by whatever way it comes */
    assert_true(cell_is_member(&log, 3));
    cell_add(&log, cell_change(30, NEW, RING_LEAVE));
    assert_false(cell_is_member(&log, NEW)); /* a member like any other */
    ring_log_done(&log);
}

static void of_two_replacements_the_first_in_the_log_counts(void **state)
{
    (void)state;
    struct ring_log log;
    start(&log);
    cell_add(&log, cell_replace(12, NEW, OLD, ""));
    assert_true(cell_is_member(&log, NEW));
    cell_add(&log, cell_replace(10, OTHER, OLD, "")); /* heard later, made earlier */
    assert_true(cell_is_member(&log, OTHER));
    assert_false(cell_is_member(&log, NEW));
    ring_log_done(&log);
}

/* The one that lost is fenced by nobody: it may still take another place. */
static void who_came_second_may_replace_another(void **state)
{
    (void)state;
    struct ring_log log;
    start(&log);
    cell_add(&log, cell_replace(10, OTHER, OLD, ""));
    cell_add(&log, cell_replace(12, NEW, OLD, ""));
    cell_add(&log, cell_replace(14, NEW, 3, ""));
    assert_true(cell_is_member(&log, OTHER));
    assert_true(cell_is_member(&log, NEW));
    assert_false(cell_is_member(&log, 3));
    ring_log_done(&log);
}

static void who_is_no_member_has_no_place_to_give(void **state)
{
    (void)state;
    struct ring_log log;
    start(&log);
    cell_add(&log, cell_replace(10, NEW, 4242, ""));
    assert_false(cell_is_member(&log, NEW));
    cell_add(&log, cell_change(11, OLD, RING_LEAVE));
    cell_add(&log, cell_replace(12, NEW, OLD, ""));
    assert_false(cell_is_member(&log, NEW));
    cell_add(&log, cell_join(13, OLD, 1, "")); /* nor is it fenced */
    assert_true(cell_is_member(&log, OLD));
    ring_log_done(&log);
}

static void a_member_takes_no_second_place(void **state)
{
    (void)state;
    struct ring_log log;
    start(&log);
    cell_add(&log, cell_replace(10, 3, OLD, ""));
    assert_true(cell_is_member(&log, OLD));
    assert_true(cell_is_member(&log, 3));
    ring_log_done(&log);
}

static void a_place_may_be_given_on(void **state)
{
    (void)state;
    struct ring_log log;
    start(&log);
    cell_add(&log, cell_replace(10, NEW, OLD, ""));
    cell_add(&log, cell_replace(20, OTHER, NEW, ""));
    assert_false(cell_is_member(&log, NEW));
    assert_true(cell_is_member(&log, OTHER));
    struct placement *table = cell_build(&log, 16, 2);
    assert_int_equal(placement_successor(table, OLD), OTHER);
    assert_int_equal(placement_successor(table, NEW), OTHER);
    assert_int_equal(placement_successor(table, OTHER), 0);
    assert_int_equal(placement_predecessor(table, OTHER), NEW);
    assert_int_equal(placement_predecessor(table, NEW), OLD);
    assert_int_equal(placement_predecessor(table, 3), 0);
    placement_free(table);
    ring_log_done(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replacement_takes_the_place_for_good),
        cmocka_unit_test(of_two_replacements_the_first_in_the_log_counts),
        cmocka_unit_test(who_came_second_may_replace_another),
        cmocka_unit_test(who_is_no_member_has_no_place_to_give),
        cmocka_unit_test(a_member_takes_no_second_place),
        cmocka_unit_test(a_place_may_be_given_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
