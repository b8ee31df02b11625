#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hlc.h"
#include "node/internal.h"
#include "node/reap_state.h"
#include "node/sync_state.h"
#include "unit/node/reaper.h"

#define FIRST (ONE_SELF + 1)

static const struct dot DOT = {.actor = 8, .hlc = (uint64_t)1600000000000 << HLC_COUNTER_BITS};

static void order(struct one_node *one, uint64_t from, struct bytes key, const struct blob *tombstone)
{
    struct wire_message reap = {.type = WIRE_reap};
    reap.reap.key = key;
    reap.reap.floor = DOT.hlc;
    reap.reap.digest = object_digest(blob_bytes(tombstone));
    one_hear(one, from, &reap);
}

static void start(struct one_node *one, struct bytes *ret_key, struct blob **ret_tombstone)
{
    reaper_start(one);
    while (reaper_compares(one, SYNC_LATER_MS)) { /* as those do who meet */
    }
    *ret_key = one_key_of(one, 0, FIRST, 0);
    *ret_tombstone = reaper_tombstone(one, *ret_key, DOT);
    reaper_put(one, *ret_key, *ret_tombstone);
}

/* Ordered by the first owner, and the copy is what was proven: next its floor is kept. */
static void start_removal(struct one_node *one, struct bytes *ret_key, struct blob **ret_tombstone)
{
    start(one, ret_key, ret_tombstone);
    order(one, FIRST, *ret_key, *ret_tombstone);
    one_loaded(one, 0, blob_ref(*ret_tombstone));
}

static void end(struct one_node *one, struct blob *tombstone)
{
    blob_unref(tombstone);
    one_done(one);
}

/* The save of the floor is over; what waits for it looks at its copy again. */
static void keep_floor(struct one_node *one, int status, struct blob *tombstone)
{
    assert_int_equal(one_count(one, EFFECT_STORE), 0);
    one_stored(one, status);
    if (one->loads_open > 0) {
        one_loaded(one, 0, blob_ref(tombstone));
    }
}

/* P6: not at once, and not as late as the comparison that comes now and then. */
static bool compares_later(struct one_node *one)
{
    return !reaper_compares(one, SYNC_LATER_MS / 2) && reaper_compares(one, SYNC_LATER_MS);
}

static uint64_t left(const struct one_node *one)
{
    return node_stats(one->node)->tombstones_left;
}

static void what_was_proven_is_removed(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start_removal(&one, &key, &tombstone);
    keep_floor(&one, 0, tombstone);
    assert_null(one_effect(&one, EFFECT_STORE, 0)->store.value);
    assert_true(one_effect(&one, EFFECT_STORE, 0)->store.clock >= DOT.hlc);
    order(&one, FIRST, key, tombstone); /* twice: there is nothing any more */
    assert_int_equal(one.stores_open, 1);
    one_stored(&one, 0);
    assert_int_equal(node_stats(one.node)->tombstones_reaped, 1);
    assert_int_equal(left(&one), 0);
    assert_false(reaper_compares(&one, 2 * SYNC_LATER_MS));
    end(&one, tombstone);
}

static void another_copy_stays(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start(&one, &key, &tombstone);
    order(&one, FIRST, key, tombstone);
    one_loaded(&one, 0, one_object(&one, key, "v", DOT));
    assert_int_equal(one.stores_open, 0);
    end(&one, tombstone);
}

/* Its digest is right, but it is no tombstone: a member that lies removes nothing that is worth having. */
static void a_value_is_never_removed(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start(&one, &key, &tombstone);
    struct blob *value = one_object(&one, key, "v", DOT);
    order(&one, FIRST, key, value);
    one_loaded(&one, 0, value);
    assert_int_equal(one.stores_open, 0);
    end(&one, tombstone);
}

static void only_the_first_owner_is_believed(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start(&one, &key, &tombstone);
    uint64_t refused = node_stats(one.node)->messages_refused;
    order(&one, ONE_SELF + 2, key, tombstone);
    assert_int_equal(one.loads_open, 0);
    assert_int_equal(node_stats(one.node)->messages_refused, refused + 1);
    end(&one, tombstone);
}

static void a_copy_that_cannot_be_read_stays(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start(&one, &key, &tombstone);
    order(&one, FIRST, key, tombstone);
    one_loaded(&one, GR_EIO, NULL);
    assert_int_equal(one.stores_open, 0);
    end(&one, tombstone);
}

static void a_failed_removal_is_no_removal(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start_removal(&one, &key, &tombstone);
    keep_floor(&one, 0, tombstone);
    one_stored(&one, GR_EIO);
    assert_int_equal(node_stats(one.node)->tombstones_reaped, 0);
    end(&one, tombstone);
}

/* L1: without a floor that is kept a restart would forget that it forgot. */
static void a_tombstone_stays_if_the_floor_cannot_be_kept(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start_removal(&one, &key, &tombstone);
    keep_floor(&one, GR_ENOSPC, tombstone);
    assert_int_equal(one.stores_open + one.loads_open, 0);
    one.now.mono_ms += SAVE_PAUSE_MS;
    order(&one, FIRST, key, tombstone); /* the next attempt saves again */
    one_loaded(&one, 0, blob_ref(tombstone));
    keep_floor(&one, 0, tombstone);
    assert_null(one_effect(&one, EFFECT_STORE, 0)->store.value);
    one_stored(&one, 0);
    assert_int_equal(node_stats(one.node)->tombstones_reaped, 1);
    end(&one, tombstone);
}

static void what_was_written_while_the_floor_was_kept_stays(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start_removal(&one, &key, &tombstone);
    struct dot later = {.actor = 8, .hlc = DOT.hlc + 2};
    struct blob *value = one_object(&one, key, "v", later);
    one_stored(&one, 0);
    assert_int_equal(one.loads_open, 1);
    one_loaded(&one, 0, value);
    assert_int_equal(one.stores_open, 0);
    assert_int_equal(left(&one), 0);
    assert_true(compares_later(&one)); /* others may have had nothing to write it to */
    end(&one, tombstone);
}

/* L3: an order with a floor that no clock has followed is not carried out. */
static void a_floor_ahead_of_the_clock_removes_nothing(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start(&one, &key, &tombstone);
    struct wire_message reap = {.type = WIRE_reap};
    reap.reap.key = key;
    reap.reap.floor = HLC_OUTSIDE_MAX;
    reap.reap.digest = object_digest(blob_bytes(tombstone));
    one_hear(&one, FIRST, &reap);
    one_loaded(&one, 0, blob_ref(tombstone));
    assert_int_equal(one.stores_open, 0);
    reap.reap.floor = DOT.hlc - 1; /* nor one below what is to go */
    one_hear(&one, FIRST, &reap);
    one_loaded(&one, 0, blob_ref(tombstone));
    assert_int_equal(one.stores_open, 0);
    end(&one, tombstone);
}

/* More orders than there is room for: what cannot be taken is counted, and nothing is kept. */
static void orders_beyond_the_bound_are_counted_and_compared(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start(&one, &key, &tombstone);
    for (unsigned round = 1; round <= 2; round++) {
        for (unsigned i = 0; i <= REAP_ORDERS; i++) {
            order(&one, FIRST, key, tombstone); /* all for one lane, which waits for its load */
        }
        assert_int_equal(left(&one), round);
        while (one.loads_open > 0) {
            one_loaded(&one, 0, NULL);
            one_tick(&one, 0);
        }
        assert_int_equal(one.stores_open, 0);
        assert_int_equal(left(&one), round);
    }
    assert_true(compares_later(&one));
    end(&one, tombstone);
}

static void long_keys_take_more_of_the_room(void **state)
{
    (void)state;
    static uint8_t raw[WIRE_KEY_MAX];
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start(&one, &key, &tombstone);
    struct bytes text = bytes_of(raw, sizeof raw);
    while (one_owner(&one, text, 0) != FIRST) {
        raw[0]++;
    }
    for (unsigned i = 0; i < REAP_ORDER_KEYS_BYTES / WIRE_KEY_MAX; i++) {
        order(&one, FIRST, text, tombstone);
    }
    assert_int_equal(left(&one), 0);
    order(&one, FIRST, text, tombstone);
    assert_int_equal(left(&one), 1);
    one_loaded(&one, 0, NULL);
    order(&one, FIRST, text, tombstone);
    assert_int_equal(left(&one), 1);
    end(&one, tombstone);
}

/* What waits for a lane gets one as soon as another has gone. */
static void lanes_are_bounded(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start(&one, &key, &tombstone);
    one.node->reap.state->lanes_max = 2;
    for (unsigned i = 0; i < 5; i++) {
        order(&one, FIRST, one_key_of(&one, 0, FIRST, i), tombstone);
    }
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(one.loads_open, 5 - i < 2 ? 5 - i : 2);
        one_loaded(&one, 0, NULL);
        one_tick(&one, 0);
    }
    assert_int_equal(one.loads_open + left(&one), 0);
    end(&one, tombstone);
}

static void what_cannot_be_removed_is_counted_and_compared(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start_removal(&one, &key, &tombstone);
    keep_floor(&one, GR_ENOSPC, tombstone);
    assert_int_equal(left(&one), 1);
    assert_true(compares_later(&one));
    order(&one, FIRST, key, tombstone);
    one_loaded(&one, GR_EIO, NULL);
    assert_int_equal(left(&one), 2);
    end(&one, tombstone);
}

/* Removed here; then an owner that has not yet removed its own sends it. */
static void what_comes_back_is_compared_once_more(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start_removal(&one, &key, &tombstone);
    keep_floor(&one, 0, tombstone);
    one_stored(&one, 0);
    assert_false(reaper_compares(&one, 2 * SYNC_LATER_MS));
    reaper_put(&one, key, tombstone);
    assert_true(compares_later(&one));
    end(&one, tombstone);
}

/* Both peers compare, and have the same: they have not removed their own yet. */
static void hear_equal_roots(struct one_node *one, struct bytes key)
{
    uint16_t partition = ring_partition(ring_slot(key), one->node->membership.partitions);
    uint8_t raw[WIRE_ROOT_BYTES];
    struct writer w = writer_of(raw, sizeof raw);
    struct wire_message roots = {.type = WIRE_roots};
    writer_u16(&w, partition);
    writer_u64(&w, floor_root(one->node, partition));
    roots.roots.roots = bytes_of(raw, sizeof raw);
    for (uint64_t peer = FIRST; peer < FIRST + 2; peer++) {
        one_hear(one, peer, &roots);
        assert_int_equal(one_sent(one, peer, WIRE_roots_ack)->roots_ack.differing.len, 0);
    }
}

static void what_was_equal_meanwhile_is_compared_all_the_same(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start_removal(&one, &key, &tombstone);
    keep_floor(&one, 0, tombstone);
    one_stored(&one, 0);
    reaper_put(&one, key, tombstone);
    hear_equal_roots(&one, key);
    assert_true(compares_later(&one));
    end(&one, tombstone);
}

/* It was not forgotten here: nothing says that others will. */
static void a_deletion_above_the_floor_is_no_return(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start_removal(&one, &key, &tombstone);
    keep_floor(&one, 0, tombstone);
    one_stored(&one, 0);
    struct blob *later = reaper_tombstone(&one, key, (struct dot){.actor = 8, .hlc = DOT.hlc + 1});
    reaper_put(&one, key, later);
    assert_false(reaper_compares(&one, 2 * SYNC_LATER_MS));
    blob_unref(later);
    end(&one, tombstone);
}

/* Meanwhile it may have been brought back to the others, and they were compared: equal, as this one still had it. */
static void what_goes_late_is_compared(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start_removal(&one, &key, &tombstone);
    assert_false(reaper_compares(&one, SYNC_LATER_MS));
    keep_floor(&one, 0, tombstone);
    one_stored(&one, 0);
    assert_int_equal(left(&one), 0);
    assert_int_equal(node_stats(one.node)->tombstones_reaped, 1);
    assert_true(compares_later(&one));
    end(&one, tombstone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_proven_is_removed),
        cmocka_unit_test(another_copy_stays),
        cmocka_unit_test(a_value_is_never_removed),
        cmocka_unit_test(only_the_first_owner_is_believed),
        cmocka_unit_test(a_copy_that_cannot_be_read_stays),
        cmocka_unit_test(a_failed_removal_is_no_removal),
        cmocka_unit_test(a_tombstone_stays_if_the_floor_cannot_be_kept),
        cmocka_unit_test(what_was_written_while_the_floor_was_kept_stays),
        cmocka_unit_test(a_floor_ahead_of_the_clock_removes_nothing),
        cmocka_unit_test(orders_beyond_the_bound_are_counted_and_compared),
        cmocka_unit_test(long_keys_take_more_of_the_room),
        cmocka_unit_test(lanes_are_bounded),
        cmocka_unit_test(what_cannot_be_removed_is_counted_and_compared),
        cmocka_unit_test(what_comes_back_is_compared_once_more),
        cmocka_unit_test(what_was_equal_meanwhile_is_compared_all_the_same),
        cmocka_unit_test(a_deletion_above_the_floor_is_no_return),
        cmocka_unit_test(what_goes_late_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
