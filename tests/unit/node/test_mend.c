#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "ring/slot.h"
#include "unit/node/one_node.h"

/* Leaves are verified by the scans that co-owners' questions cause. */
#define PEER (ONE_SELF + 1)

static void start(struct one_node *one)
{
    struct node_config config = one_config();
    one_start(one, &config, 1);
}

static void hear_list(struct one_node *one, uint16_t slot)
{
    struct wire_message list = {.type = WIRE_list};
    list.list.slot = slot;
    list.list.leaves = 1;
    one_hear(one, PEER, &list);
}

/* A page of a slot whose leaf 0 has these sums. */
static void answer(struct one_node *one, uint64_t counted, uint64_t kept)
{
    struct page *page = page_new(100);
    page->counts = true;
    page->counted[0] = counted;
    page->kept[0] = kept;
    one_scanned(one, 0, page);
}

static void mended(struct one_node *one, uint64_t token, int status)
{
    one_step(one, (struct event){.kind = EVENT_STORED, .stored = {.token = token, .status = status}});
}

static uint64_t own_leaf(struct one_node *one, uint16_t slot)
{
    struct wire_message tree = {.type = WIRE_tree};
    tree.tree.partition = ring_partition(slot, 16);
    one_hear(one, PEER, &tree);
    const struct wire_message *ack = one_sent(one, PEER, WIRE_tree_ack);
    return ack->tree_ack.leaves.data[(size_t)(slot % 1024) * LEAVES * sizeof(uint64_t)];
}

static void true_leaves_are_left_alone(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    hear_list(&one, 1);
    answer(&one, 0, 0);
    assert_int_equal(one_count(&one, EFFECT_MEND), 0);
    assert_int_equal(node_stats(one.node)->leaves_mended, 0);
    one_done(&one);
}

static void the_engine_is_told_what_its_leaves_lack(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    hear_list(&one, 1);
    answer(&one, 7, 5);
    const struct effect *mend = one_effect(&one, EFFECT_MEND, 0);
    assert_non_null(mend);
    assert_int_equal(mend->mend.slot, 1);
    assert_int_equal(mend->mend.delta[0], 2);
    assert_int_equal(mend->mend.delta[1], 0);
    assert_int_equal(node_stats(one.node)->leaves_mended, 0);
    mended(&one, mend->mend.token, 0);
    assert_int_equal(node_stats(one.node)->leaves_mended, 1);
    assert_int_equal(own_leaf(&one, 1), 7);
    one_done(&one);
}

/* Y4: both scans have seen the same fault; told twice, it would be another. */
static void a_scan_from_before_a_mend_mends_nothing(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    hear_list(&one, 1);
    hear_list(&one, 1);
    answer(&one, 7, 5);
    uint64_t token = one_effect(&one, EFFECT_MEND, 0)->mend.token;
    mended(&one, token, 0);
    answer(&one, 7, 5);
    assert_int_equal(one_count(&one, EFFECT_MEND), 0);
    one_done(&one);
}

/* And it is not forgotten: the slot is counted again by itself. */
static void one_mend_waits_for_the_other(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    hear_list(&one, 1);
    hear_list(&one, 2);
    answer(&one, 7, 5);
    uint64_t token = one_effect(&one, EFFECT_MEND, 0)->mend.token;
    answer(&one, 9, 8);
    assert_int_equal(one_count(&one, EFFECT_MEND), 0);
    mended(&one, token, 0);
    for (unsigned i = 0; one.scans_open == 0 && i < 100; i++) {
        one_tick(&one, 20);
    }
    answer(&one, 9, 8);
    assert_int_equal(one_effect(&one, EFFECT_MEND, 0)->mend.slot, 2);
    one_done(&one);
}

static void a_failed_mend_is_found_again(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    hear_list(&one, 1);
    answer(&one, 7, 5);
    mended(&one, one_effect(&one, EFFECT_MEND, 0)->mend.token, GR_EIO);
    assert_int_equal(node_stats(one.node)->leaves_mended, 0);
    for (unsigned i = 0; one.scans_open == 0 && i < 100; i++) {
        one_tick(&one, 20);
    }
    answer(&one, 7, 5);
    assert_int_equal(one_count(&one, EFFECT_MEND), 1);
    one_done(&one);
}

/* Its digest is in memory's leaf and not in the count: that says nothing. */
static void a_count_during_a_store_changes_nothing_in_memory(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    struct bytes key = bytes_of_text("k");
    uint16_t slot = ring_slot(key);
    uint64_t before = own_leaf(&one, slot);
    hear_list(&one, slot);
    one_put(&one, key, "v");
    one_loaded(&one, 0, NULL);
    answer(&one, before + 3, before + 3);
    assert_int_equal(own_leaf(&one, slot) == before + 3, 0);
    hear_list(&one, slot);
    answer(&one, before + 3, before + 3); /* asked for while the store is open */
    assert_int_equal(own_leaf(&one, slot) == before + 3, 0);
    assert_int_equal(node_stats(one.node)->leaves_mended, 0);
    one_serve(&one);
    hear_list(&one, slot);
    answer(&one, before + 3, before + 3);
    assert_int_equal(own_leaf(&one, slot), before + 3);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(true_leaves_are_left_alone),
        cmocka_unit_test(the_engine_is_told_what_its_leaves_lack),
        cmocka_unit_test(a_scan_from_before_a_mend_mends_nothing),
        cmocka_unit_test(one_mend_waits_for_the_other),
        cmocka_unit_test(a_failed_mend_is_found_again),
        cmocka_unit_test(a_count_during_a_store_changes_nothing_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
