#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hlc.h"
#include "node/internal.h"
#include "unit/node/reaper.h"

#define FIRST (ONE_SELF + 1)
#define PARTITION 3u

static const struct dot DOT = {.actor = 8, .hlc = (uint64_t)1600000000000 << HLC_COUNTER_BITS};

static void raise_to(struct one_node *one, uint64_t hlc)
{
    env_begin(&one->node->env, one->now);
    floor_raise(one->node, PARTITION, hlc);
}

static void it_is_kept_before_a_tombstone_goes(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, FIRST, 0);
    struct blob *tombstone = reaper_tombstone(&one, key, DOT);
    reaper_put(&one, key, tombstone);
    struct wire_message reap = {.type = WIRE_reap};
    reap.reap.key = key;
    reap.reap.digest = object_digest(blob_bytes(tombstone));
    one_hear(&one, FIRST, &reap);
    one_loaded(&one, 0, tombstone);
    unsigned count;
    const struct effect *effects = node_effects(one.node, &count);
    assert_int_equal(effects[0].kind, EFFECT_SAVE);
    assert_int_equal(effects[1].kind, EFFECT_STORE);
    one_stored(&one, 0);
    uint64_t floor = floor_of(one.node, ring_partition(ring_slot(key), one.node->membership.partitions));
    assert_in_range(floor, DOT.hlc, DOT.hlc + ((REAPER_AFTER_MS / 2 + 1) << HLC_COUNTER_BITS));
    one_done(&one);
}

static void it_never_falls_and_outlives_a_restart(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node again;
    reaper_start(&one);
    raise_to(&one, DOT.hlc);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 1);
    assert_true(node_clock(one.node) >= DOT.hlc);
    raise_to(&one, DOT.hlc - 1);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 0);
    struct node_config config = one_config();
    config.holds_data = true;
    config.state = node_state(one.node);
    one_start(&again, &config, 0);
    assert_int_equal(floor_of(again.node, PARTITION), DOT.hlc);
    assert_int_equal(floor_of(again.node, PARTITION + 1), 0);
    one_done(&again);
    one_done(&one);
}

static void it_is_part_of_the_root_and_co_owners_take_the_greater(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    uint64_t root = floor_root(one.node, PARTITION);
    struct wire_message tree = {.type = WIRE_tree, .tree = {.request = 5, .partition = PARTITION, .floor = DOT.hlc}};
    one_hear(&one, FIRST, &tree);
    assert_int_equal(one_sent(&one, FIRST, WIRE_tree_ack)->tree_ack.floor, DOT.hlc);
    assert_true(floor_root(one.node, PARTITION) != root);
    tree.tree.floor = 0;
    one_hear(&one, FIRST, &tree);
    assert_int_equal(one_sent(&one, FIRST, WIRE_tree_ack)->tree_ack.floor, DOT.hlc);
    one_done(&one);
}

static void what_is_no_list_of_floors_is_corrupt(void **state)
{
    (void)state;
    static const uint8_t encoded[] = {3, 0, 9, 0, 0, 0, 0, 0, 0, 0, 3, 0, 9, 0, 0, 0, 0, 0, 0, 0};
    struct floors *floors = calloc(1, sizeof *floors);
    floors_init(floors);
    assert_int_equal(floors_restore(floors, bytes_of(encoded, 9)), GR_ECORRUPT);
    assert_int_equal(floors_restore(floors, bytes_of(encoded, 10)), 0);
    assert_true(bytes_equal(floors_encode(floors), bytes_of(encoded, 10)));
    assert_int_equal(floors_restore(floors, bytes_of(encoded + 10, 10)), GR_ECORRUPT);
    floors_done(floors);
    free(floors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_kept_before_a_tombstone_goes),
        cmocka_unit_test(it_never_falls_and_outlives_a_restart),
        cmocka_unit_test(it_is_part_of_the_root_and_co_owners_take_the_greater),
        cmocka_unit_test(what_is_no_list_of_floors_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
