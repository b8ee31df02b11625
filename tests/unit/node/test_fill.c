#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "base/error.h"
#include "node/internal.h"
#include "unit/node/one_node.h"

#define PARTITIONS 16u
#define PEERS 2u

/* A member of a ring of three, started again from what it saved; its store has lost something. */
static void restart(struct one_node *one, struct bytes saved, bool salvaged)
{
    struct node_config config = one_config();
    config.holds_data = true;
    config.salvaged = salvaged;
    config.state = saved;
    one_start(one, &config, 0);
}

static void start(struct one_node *one)
{
    struct node_config config = one_config();
    struct one_node before;
    one_start(&before, &config, PEERS);
    restart(one, node_state(before.node), true);
    one_done(&before);
    assert_int_equal(node_stats(one->node)->partitions_filling, PARTITIONS);
}

/* The peer holds nothing of the partitions, like this node: their roots are equal. */
static void hear_roots(struct one_node *one, uint64_t peer, unsigned partitions)
{
    uint8_t raw[PARTITIONS * WIRE_ROOT_BYTES];
    struct writer w = writer_of(raw, sizeof raw);
    for (unsigned i = 0; i < partitions; i++) {
        writer_u16(&w, (uint16_t)i);
        writer_u64(&w, 0);
    }
    struct wire_message roots = {.type = WIRE_roots};
    roots.roots.roots = bytes_of(raw, (size_t)(w.next - raw));
    one_hear(one, peer, &roots);
    assert_int_equal(one_sent(one, peer, WIRE_roots_ack)->roots_ack.differing.len, 0);
}

static void a_partition_fills_until_all_owners_were_compared(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    hear_roots(&one, ONE_SELF + 1, 4);
    assert_int_equal(node_stats(one.node)->partitions_filling, PARTITIONS);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 1);
    one_stored(&one, 0);
    hear_roots(&one, ONE_SELF + 2, 4);
    assert_int_equal(node_stats(one.node)->partitions_filling, PARTITIONS - 4);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 0);
    one_tick(&one, SAVE_PAUSE_MS);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 1); /* for all four */
    one_stored(&one, 0);
    hear_roots(&one, ONE_SELF + 2, 4);
    one_tick(&one, SAVE_PAUSE_MS);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 0);
    one_done(&one);
}

static void a_restart_does_not_forget_what_is_filling(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node again;
    start(&one);
    hear_roots(&one, ONE_SELF + 1, PARTITIONS);
    hear_roots(&one, ONE_SELF + 2, PARTITIONS - 1);
    restart(&again, node_state(one.node), false);
    assert_int_equal(node_stats(again.node)->partitions_filling, 1);
    hear_roots(&again, ONE_SELF + 2, PARTITIONS); /* the other one need not be compared again */
    assert_int_equal(node_stats(again.node)->partitions_filling, 0);
    one_done(&again);
    one_done(&one);
}

/* U4: and is over when the partition has filled. */
static void what_a_salvage_left_is_in_doubt(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node again;
    start(&one);
    assert_int_equal(fill_standing(one.node, 0), FILL_DOUBTFUL);
    assert_true(one.node->fill.hints_in_doubt);
    restart(&again, node_state(one.node), false);
    assert_true(again.node->fill.hints_in_doubt);
    assert_int_equal(fill_standing(again.node, 0), FILL_DOUBTFUL);
    hear_roots(&again, ONE_SELF + 1, 1);
    assert_int_equal(fill_standing(again.node, 0), FILL_DOUBTFUL);
    hear_roots(&again, ONE_SELF + 2, 1);
    assert_int_equal(fill_standing(again.node, 0), FILL_WHOLE);
    assert_int_equal(fill_standing(again.node, 1), FILL_DOUBTFUL);
    one_done(&again);
    one_done(&one);
}

static void settle_hints(struct one_node *one)
{
    env_begin(&one->node->env, one->now);
    fill_settle_hints(one->node);
}

/* U4: the figures decide, once they are known to be all. */
static void hints_are_in_doubt_until_none_is_left(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    one.node->handoff.state = HANDOFF_RESTING;
    one.node->hints.counted = false;
    settle_hints(&one);
    assert_true(fill_doubts_hints(one.node));
    one.node->hints.counted = one.node->hints.unknown = true; /* some are in no figure */
    settle_hints(&one);
    assert_true(fill_doubts_hints(one.node));
    one.node->hints.unknown = false;
    hints_counted(one.node, ONE_SELF + 1, 9);
    settle_hints(&one);
    assert_true(fill_doubts_hints(one.node));
    hints_forget(one.node, ONE_SELF + 1);
    assert_true(fill_doubts_hints(one.node)); /* asking ends nothing */
    settle_hints(&one);
    assert_false(fill_doubts_hints(one.node));
    assert_int_equal(one_count(&one, EFFECT_SAVE), 1);
    one_done(&one);
}

static void with_one_owner_there_is_nobody_to_fill_from(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node again;
    struct node_config config = one_config();
    one_start(&one, &config, 0);
    restart(&again, node_state(one.node), true);
    assert_int_equal(node_stats(again.node)->partitions_filling, 0);
    one_done(&again);
    one_done(&one);
}

static void absent_while_filling_is_no_answer(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    struct wire_message get = {.type = WIRE_get};
    get.get.request = 9;
    get.get.key = bytes_of_text("k");
    one_hear(&one, ONE_SELF + 1, &get);
    one_loaded(&one, 0, NULL);
    assert_int_equal(one_sent(&one, ONE_SELF + 1, WIRE_get_ack)->get_ack.error, -GR_ENOCOPY);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partition_fills_until_all_owners_were_compared),
        cmocka_unit_test(a_restart_does_not_forget_what_is_filling),
        cmocka_unit_test(what_a_salvage_left_is_in_doubt),
        cmocka_unit_test(hints_are_in_doubt_until_none_is_left),
        cmocka_unit_test(with_one_owner_there_is_nobody_to_fill_from),
        cmocka_unit_test(absent_while_filling_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
