#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/trees.h"

#define PARTITIONS 1024u
#define SLOT 100u /* of partition 6 */
#define PARTITION 6u

static void start(struct trees *trees)
{
    assert_int_equal(trees_init(trees, NULL, 0), 0);
}

static void the_order_of_stores_does_not_matter(void **state)
{
    (void)state;
    struct trees a;
    struct trees b;
    start(&a);
    start(&b);
    trees_change(&a, SLOT, bytes_of_text("k"), 0, 7);
    trees_change(&a, SLOT, bytes_of_text("l"), 0, 8);
    trees_change(&a, SLOT, bytes_of_text("k"), 7, 9);
    trees_change(&b, SLOT, bytes_of_text("l"), 0, 8);
    assert_true(trees_root(&a, PARTITION, PARTITIONS) != trees_root(&b, PARTITION, PARTITIONS));
    trees_change(&b, SLOT, bytes_of_text("k"), 0, 9);
    assert_int_equal(trees_root(&a, PARTITION, PARTITIONS), trees_root(&b, PARTITION, PARTITIONS));
    trees_change(&a, SLOT, bytes_of_text("k"), 9, 0);
    trees_change(&a, SLOT, bytes_of_text("l"), 8, 0);
    assert_int_equal(trees_root(&a, PARTITION, PARTITIONS), 0);
    trees_done(&a);
    trees_done(&b);
}

static void compare_names_the_leaves_that_differ(void **state)
{
    (void)state;
    struct trees a;
    struct trees b;
    struct arena arena;
    uint16_t leaves[LEAF_SLOTS / PARTITIONS];
    start(&a);
    start(&b);
    arena_init(&arena, 4096);
    trees_change(&a, SLOT, bytes_of_text("k"), 0, 7);
    struct bytes encoded = trees_encode(&a, PARTITION, PARTITIONS, &arena);
    assert_int_equal(trees_compare(&b, PARTITION, PARTITIONS, encoded, leaves), 0);
    for (uint32_t i = 0; i < LEAF_SLOTS / PARTITIONS; i++) {
        assert_int_equal(leaves[i], i == SLOT % 16 ? 1u << leaf_of(bytes_of_text("k")) : 0);
    }
    trees_doubt(&b, SLOT + 1);
    assert_int_equal(trees_compare(&b, PARTITION, PARTITIONS, encoded, leaves), 0);
    assert_int_equal(leaves[SLOT % 16 + 1], UINT16_MAX);
    encoded.len--;
    assert_int_equal(trees_compare(&b, PARTITION, PARTITIONS, encoded, leaves), GR_EPROTO);
    arena_done(&arena);
    trees_done(&a);
    trees_done(&b);
}

static void a_doubt_lasts_until_the_slot_is_counted(void **state)
{
    (void)state;
    struct trees trees;
    uint64_t counted[LEAVES] = {3};
    start(&trees);
    assert_int_equal(trees_next_doubt(&trees, 0), LEAF_SLOTS);
    trees_doubt(&trees, SLOT);
    trees_doubt(&trees, SLOT);
    assert_int_equal(trees_next_doubt(&trees, SLOT), SLOT); /* once around */
    assert_true(trees_has_doubts(&trees, PARTITION, PARTITIONS));
    assert_false(trees_has_doubts(&trees, PARTITION + 1, PARTITIONS));
    trees_set(&trees, SLOT, counted);
    assert_false(trees_has_doubts(&trees, PARTITION, PARTITIONS));
    assert_int_equal(trees_slot(&trees, SLOT)[0], 3);
    trees_done(&trees);
}

static void a_leaf_that_cannot_be_is_refused(void **state)
{
    (void)state;
    struct trees trees;
    struct leaf_sum leaf = {.slot = SLOT, .leaf = LEAVES, .sum = 1};
    assert_int_equal(trees_init(&trees, &leaf, 1), GR_EINVAL);
    trees_done(&trees);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_stores_does_not_matter),
        cmocka_unit_test(compare_names_the_leaves_that_differ),
        cmocka_unit_test(a_doubt_lasts_until_the_slot_is_counted),
        cmocka_unit_test(a_leaf_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
