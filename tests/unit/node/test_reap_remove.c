#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hlc.h"
#include "node/save.h"
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

/* More orders than there are items: the rest is dropped, and nothing is kept. */
static void orders_beyond_the_bound_are_dropped(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
    start(&one, &key, &tombstone);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 1000; i++) {
            order(&one, FIRST, key, tombstone); /* all in one lane, waiting for its load */
        }
        assert_int_equal(one.loads_open, 1);
        one_loaded(&one, 0, NULL);
        assert_int_equal(one.stores_open, 0);
    }
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
        cmocka_unit_test(orders_beyond_the_bound_are_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
