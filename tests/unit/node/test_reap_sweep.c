#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hlc.h"
#include "node/internal.h"
#include "node/reap_state.h"
#include "unit/node/reaper.h"

#define EIGHT_BYTES "12345678" /* an object with such a value is as long as a tombstone with more dots */

static const struct dot DOT = {.actor = 8, .hlc = (uint64_t)1600000000000 << HLC_COUNTER_BITS};

static void a_store_without_objects_is_not_read(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    assert_false(reaper_scans(&one));
    one_done(&one);
}

static void only_the_first_owner_sweeps(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 1, ONE_SELF, 0);
    struct blob *tombstone = reaper_tombstone(&one, key, DOT);
    reaper_put(&one, key, tombstone);
    assert_false(reaper_scans(&one));
    blob_unref(tombstone);
    one_done(&one);
}

static void a_slot_is_read_again_only_after_a_store(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    struct blob *value = one_object(&one, key, "v", DOT);
    reaper_put(&one, key, value);
    assert_true(reaper_scans(&one));
    assert_false(reaper_find(&one, key, value)); /* by its length it is no tombstone */
    assert_false(reaper_scans(&one));
    struct blob *newer = one_object(&one, key, "w", (struct dot){.actor = 8, .hlc = DOT.hlc + 2});
    reaper_put(&one, key, newer);
    assert_true(reaper_scans(&one));
    blob_unref(newer);
    blob_unref(value);
    one_done(&one);
}

static void a_value_is_not_asked_about(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    struct blob *value = one_object(&one, key, EIGHT_BYTES, DOT);
    reaper_put(&one, key, value);
    assert_true(reaper_scans(&one));
    assert_true(reaper_find(&one, key, value));
    assert_null(one_sent(&one, ONE_SELF + 1, WIRE_get));
    assert_false(reaper_scans(&one));
    blob_unref(value);
    one_done(&one);
}

/* Whether it is a tombstone is not known: the slot may not count as free of them. */
static void a_copy_that_cannot_be_read_is_looked_at_again(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    struct blob *tombstone = reaper_tombstone(&one, key, DOT);
    reaper_put(&one, key, tombstone);
    struct blob *rotten = blob_copy(blob_bytes(tombstone));
    rotten->data[rotten->len - 1] ^= 1;
    for (unsigned i = 0; i < 3; i++) {
        assert_true(reaper_scans(&one));
        assert_true(reaper_find(&one, key, rotten));
        assert_null(one_sent(&one, ONE_SELF + 1, WIRE_get));
    }
    blob_unref(rotten);
    blob_unref(tombstone);
    one_done(&one);
}

static void a_page_that_lies_is_left(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    struct bytes other = one_key_of(&one, 0, ONE_SELF, 1);
    struct blob *tombstone = reaper_tombstone(&one, key, DOT);
    reaper_put(&one, key, tombstone);
    assert_true(reaper_scans(&one));
    assert_false(reaper_find(&one, other, tombstone)); /* of another slot */
    assert_true(reaper_scans(&one));
    one_scanned(&one, GR_EIO, NULL); /* the read has failed */
    assert_true(reaper_scans(&one));
    blob_unref(tombstone);
    one_done(&one);
}

/* P6: owners have room for so many removals. */
static void it_rests_when_it_has_ordered_enough_for_a_second(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    struct blob *tombstone = reaper_tombstone(&one, key, DOT);
    reaper_put(&one, key, tombstone);
    struct reap_state *sweep = one.node->reap.state;
    sweep->second_ms = one.now.mono_ms + REAPER_PASSES_MS;
    sweep->ordered = REAP_RATE;
    assert_false(reaper_scans(&one));
    assert_true(reaper_scans(&one));
    assert_int_equal(sweep->ordered, 0);
    blob_unref(tombstone);
    one_done(&one);
}

/* Likewise while what it has ordered waits here itself, as the floors cannot be kept so fast. */
static void it_rests_while_its_own_removals_fill_the_room(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    struct blob *tombstone = reaper_tombstone(&one, key, DOT);
    reaper_put(&one, key, tombstone);
    struct tombstone *items[REAP_ITEMS];
    for (unsigned i = 0; i < REAP_ITEMS; i++) {
        items[i] = reap_take(one.node, 0, key);
    }
    assert_false(reaper_scans(&one));
    for (unsigned i = 0; i < REAP_BATCH; i++) {
        reap_give(one.node, items[i]);
    }
    assert_true(reaper_scans(&one));
    assert_int_equal(reap_own_items(one.node->reap.state), REAP_ITEMS - REAP_BATCH);
    blob_unref(tombstone);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_without_objects_is_not_read),
        cmocka_unit_test(only_the_first_owner_sweeps),
        cmocka_unit_test(a_slot_is_read_again_only_after_a_store),
        cmocka_unit_test(a_value_is_not_asked_about),
        cmocka_unit_test(a_copy_that_cannot_be_read_is_looked_at_again),
        cmocka_unit_test(a_page_that_lies_is_left),
        cmocka_unit_test(it_rests_when_it_has_ordered_enough_for_a_second),
        cmocka_unit_test(it_rests_while_its_own_removals_fill_the_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
