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

static void order(struct one_node *one, struct bytes key, struct blob *tombstone, uint64_t floor)
{
    struct wire_message reap = {.type = WIRE_reap};
    reap.reap.key = key;
    reap.reap.floor = floor;
    reap.reap.digest = object_digest(blob_bytes(tombstone));
    one_hear(one, FIRST, &reap);
    if (one->loads_open > 0) {
        one_loaded(one, 0, blob_ref(tombstone));
    }
}

static void it_is_kept_before_a_tombstone_goes(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, FIRST, 0);
    struct blob *tombstone = reaper_tombstone(&one, key, DOT);
    reaper_put(&one, key, tombstone);
    order(&one, key, tombstone, DOT.hlc + 1000);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 1);
    assert_int_equal(one_count(&one, EFFECT_STORE), 0);
    one_stored(&one, 0);
    if (one.loads_open > 0) {
        one_loaded(&one, 0, blob_ref(tombstone));
    }
    assert_int_equal(one_count(&one, EFFECT_SAVE), 0);
    assert_int_equal(one_count(&one, EFFECT_STORE), 1);
    one_stored(&one, 0);
    uint64_t floor = floor_of(one.node, ring_partition(ring_slot(key), one.node->membership.partitions));
    assert_int_equal(floor, DOT.hlc + 1000);
    blob_unref(tombstone);
    one_done(&one);
}

/* L3, with a floor as far ahead of the wall clock as a clock follows. */
static void what_is_written_after_a_removal_is_above_the_floor(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, FIRST, 0);
    uint64_t ahead = hlc_from_ms(one.now.wall_ms + HLC_AHEAD_MAX_MS);
    struct blob *tombstone = reaper_tombstone(&one, key, (struct dot){.actor = 8, .hlc = ahead - 4});
    reaper_put(&one, key, tombstone);
    order(&one, key, tombstone, ahead - 1);
    one_stored(&one, 0);
    if (one.loads_open > 0) {
        one_loaded(&one, 0, blob_ref(tombstone));
    }
    one_stored(&one, 0);
    assert_int_equal(node_stats(one.node)->tombstones_reaped, 1);
    one_put(&one, key, "later");
    if (one.loads_open > 0) {
        one_loaded(&one, 0, NULL);
    }
    const struct effect *store = one_effect(&one, EFFECT_STORE, 0);
    assert_true(one_dot_of(&one, key, blob_bytes(store->store.value)).hlc >= ahead);
    blob_unref(tombstone);
    one_done(&one);
}

/* save.h I2 */
static void many_are_kept_by_one_save(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct wire_message tree = {.type = WIRE_tree, .tree = {.request = 5, .partition = 0, .floor = DOT.hlc}};
    one_hear(&one, FIRST, &tree);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 1);
    for (tree.tree.partition = 1; tree.tree.partition < 4; tree.tree.partition++) {
        one_hear(&one, FIRST, &tree);
        assert_int_equal(one_count(&one, EFFECT_SAVE), 0);
    }
    one_stored(&one, 0);
    assert_true(floor_is_kept(one.node, 0, DOT.hlc));
    assert_false(floor_is_kept(one.node, 1, DOT.hlc));
    one_tick(&one, SAVE_PAUSE_MS - 1);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 0);
    one_tick(&one, 1);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 1);
    one_stored(&one, 0);
    assert_true(floor_is_kept(one.node, 1, DOT.hlc) && floor_is_kept(one.node, 3, DOT.hlc));
    one_done(&one);
}

/* One message must not make all that a partition holds look deleted, for ever. */
static void one_of_the_far_future_is_not_taken(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    uint64_t clock = node_clock(one.node);
    struct wire_message tree = {.type = WIRE_tree, .tree = {.request = 5, .partition = PARTITION}};
    uint64_t too_far = hlc_from_ms(one.now.wall_ms + FLOOR_AHEAD_MAX_MS + 1);
    const uint64_t floors[] = {WIRE_HLC_MAX, HLC_OUTSIDE_MAX, too_far};
    for (unsigned i = 0; i < sizeof floors / sizeof *floors; i++) {
        tree.tree.floor = floors[i];
        one_hear(&one, FIRST, &tree);
        assert_int_equal(one_sent(&one, FIRST, WIRE_tree_ack)->tree_ack.floor, 0);
        assert_int_equal(one_count(&one, EFFECT_SAVE), 0);
    }
    assert_int_equal(node_clock(one.node), clock);
    one.now.wall_ms++;
    one_hear(&one, FIRST, &tree); /* in time it is */
    assert_int_equal(one_sent(&one, FIRST, WIRE_tree_ack)->tree_ack.floor, too_far);
    assert_int_equal(node_clock(one.node), clock); /* which does not follow so far */
    one_done(&one);
}

/* L3: a clock that is far behind, and a floor that a co-owner names. */
static void an_owner_writes_above_a_floor_that_its_clock_does_not_follow(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    uint16_t partition = ring_partition(ring_slot(key), one.node->membership.partitions);
    uint64_t ahead = hlc_from_ms(one.now.wall_ms + FLOOR_AHEAD_MAX_MS);
    struct wire_message tree = {.type = WIRE_tree, .tree = {.request = 5, .partition = partition, .floor = ahead}};
    one_hear(&one, FIRST, &tree);
    one_stored(&one, 0);
    assert_true(node_clock(one.node) < ahead);
    assert_int_equal(floor_of(one.node, partition), ahead);
    one_put(&one, key, "v");
    if (one.loads_open > 0) {
        one_loaded(&one, 0, NULL);
    }
    const struct effect *store = one_effect(&one, EFFECT_STORE, 0);
    assert_true(one_dot_of(&one, key, blob_bytes(store->store.value)).hlc > ahead);
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
    assert_true(floor_is_kept(again.node, PARTITION, DOT.hlc));
    assert_true(node_clock(again.node) >= DOT.hlc);
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
    static const uint8_t beyond[] = {4, 0, 0, 0, 0, 0, 0, 0, 0, 0x80};
    struct floors *floors = calloc(1, sizeof *floors);
    uint64_t highest;
    floors_init(floors);
    assert_int_equal(floors_restore(floors, bytes_of(encoded, 9), &highest), GR_ECORRUPT);
    assert_int_equal(floors_restore(floors, bytes_of(beyond, sizeof beyond), &highest), GR_ECORRUPT);
    assert_int_equal(floors_restore(floors, bytes_of(encoded, 10), &highest), 0);
    assert_int_equal(highest, 9);
    assert_true(bytes_equal(floors_encode(floors), bytes_of(encoded, 10)));
    assert_int_equal(floors_restore(floors, bytes_of(encoded + 10, 10), &highest), GR_ECORRUPT);
    floors_done(floors);
    free(floors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_kept_before_a_tombstone_goes),
        cmocka_unit_test(what_is_written_after_a_removal_is_above_the_floor),
        cmocka_unit_test(many_are_kept_by_one_save),
        cmocka_unit_test(one_of_the_far_future_is_not_taken),
        cmocka_unit_test(an_owner_writes_above_a_floor_that_its_clock_does_not_follow),
        cmocka_unit_test(it_never_falls_and_outlives_a_restart),
        cmocka_unit_test(it_is_part_of_the_root_and_co_owners_take_the_greater),
        cmocka_unit_test(what_is_no_list_of_floors_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
