#include "store_test.h"

#include "store/deltas.h"

static void test_changes_of_a_slot_are_summed(void **state)
{
    (void)state;
    static struct deltas deltas;
    deltas_add(&deltas, 16383, 1);
    deltas_add(&deltas, 0, -1);
    deltas_add(&deltas, 16383, 1);
    deltas_add(&deltas, 5, 0);
    assert_int_equal(deltas.touched_count, 2);
    assert_int_equal(deltas.touched[0], 16383);
    assert_int_equal(deltas.by_slot[16383], 2);
    assert_int_equal(deltas.by_slot[0], -1);
    deltas_add(&deltas, 16383, -1);
    deltas_add(&deltas, 16383, -1);
    assert_int_equal(deltas.by_slot[16383], 0);
    assert_int_equal(deltas.touched_count, 2);
}

static void test_cleared_deltas_are_empty(void **state)
{
    (void)state;
    static struct deltas deltas, empty;
    for (unsigned slot = 0; slot < KEY_SLOTS; slot++) {
        deltas_add(&deltas, (uint16_t)slot, 1);
    }
    assert_int_equal(deltas.touched_count, KEY_SLOTS);
    deltas_clear(&deltas);
    assert_int_equal(deltas.touched_count, 0);
    assert_memory_equal(deltas.by_slot, empty.by_slot, sizeof empty.by_slot);
    assert_memory_equal(deltas.is_touched, empty.is_touched, sizeof empty.is_touched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes_of_a_slot_are_summed),
        cmocka_unit_test(test_cleared_deltas_are_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
