#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/leaf.h"

/* Part of the disk and peer formats: these may never change. */
static void test_leaves_of_keys_are_fixed(void **state)
{
    (void)state;
    assert_int_equal(leaf_of(BYTES_EMPTY), 0x2d06800538d394c2u % LEAVES);
    assert_int_equal(leaf_of(bytes_of_text("k")), hash_bytes(bytes_of_text("k")) % LEAVES);
}

static void test_keys_spread_over_all_leaves(void **state)
{
    (void)state;
    unsigned by_leaf[LEAVES] = {0};
    char key[16];
    for (unsigned i = 0; i < 16000; i++) {
        snprintf(key, sizeof key, "key:%u", i);
        by_leaf[leaf_of(bytes_of_text(key))]++;
    }
    for (unsigned leaf = 0; leaf < LEAVES; leaf++) {
        assert_in_range(by_leaf[leaf], 850, 1150);
    }
}

static void test_digest_is_the_first_8_bytes(void **state)
{
    (void)state;
    assert_true(leaf_digest(bytes_of_text("12345678 and more")) == 0x3837363534333231u);
    assert_true(leaf_digest(bytes_of_text("1234567")) == 0);
    assert_true(leaf_digest(BYTES_EMPTY) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaves_of_keys_are_fixed),
        cmocka_unit_test(test_keys_spread_over_all_leaves),
        cmocka_unit_test(test_digest_is_the_first_8_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
