#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

/* Part of the disk and wire formats, and of placement: these values may never change. */
static void values_are_pinned(void **state)
{
    (void)state;
    assert_int_equal(hash_bytes(BYTES_EMPTY), 0x2d06800538d394c2);
    assert_int_equal(hash_bytes_seeded(BYTES_EMPTY, 0), 0x2d06800538d394c2);
    assert_int_equal(hash_bytes(bytes_of_text("gramme")), 0xe25630ab2095fb86);
    assert_int_equal(hash_bytes_seeded(bytes_of_text("gramme"), 1), 0xc56860cea7ce590d);
    assert_int_equal(hash_pair(1, 2), 0x7ee86c281446bef);
}

static void seeds_and_order_matter(void **state)
{
    (void)state;
    assert_true(hash_bytes_seeded(bytes_of_text("a"), 1) != hash_bytes_seeded(bytes_of_text("a"), 2));
    assert_true(hash_pair(1, 2) != hash_pair(2, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_pinned),
        cmocka_unit_test(seeds_and_order_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
