#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hlc.h"
#include "node/internal.h"
#include "ring/slot.h"
#include "unit/node/reaper.h"

#define ASKER (ONE_SELF + 1)

static struct wire_message question(const struct one_node *one, struct bytes key)
{
    struct wire_message clear = {.type = WIRE_clear};
    clear.clear.request = 4;
    clear.clear.slot = ring_slot(key);
    clear.clear.log_hash = node_log(one->node)->hash;
    clear.clear.hlc = hlc_from_ms(1600000000000u);
    return clear;
}

static struct wire_clear_ack answer(struct one_node *one, const struct wire_message *clear)
{
    one_hear(one, ASKER, clear);
    reaper_keep_clock(one, 0);
    const struct wire_message *ack = one_sent(one, ASKER, WIRE_clear_ack);
    assert_non_null(ack);
    assert_int_equal(ack->clear_ack.request, clear->clear.request);
    return ack->clear_ack;
}

static void a_quiet_node_is_clear(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct wire_message clear = question(&one, one_key_of(&one, 0, ASKER, 0));
    struct wire_clear_ack first = answer(&one, &clear);
    assert_int_equal(first.clear, 1);
    assert_int_equal(answer(&one, &clear).epoch, first.epoch);
    one_done(&one);
}

static void a_write_under_way_is_not_clear(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    struct wire_message clear = question(&one, key);
    one_put(&one, key, "v");
    assert_int_equal(answer(&one, &clear).clear, 0);
    clear.clear.slot = (uint16_t)(clear.clear.slot ^ 1u); /* another slot's keys are not asked about */
    assert_int_equal(answer(&one, &clear).clear, 1);
    one_serve(&one);
    one_done(&one);
}

static void an_object_that_is_being_stored_is_not_clear(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, ASKER, 0);
    struct blob *object = one_object(&one, key, "v", (struct dot){.actor = 8, .hlc = 2});
    struct wire_message clear = question(&one, key);
    struct wire_message put = {.type = WIRE_put, .put = {.request = 9, .key = key, .object = blob_bytes(object)}};
    one_hear(&one, ASKER, &put);
    assert_int_equal(answer(&one, &clear).clear, 0);
    one_serve(&one);
    assert_int_equal(answer(&one, &clear).clear, 1);
    blob_unref(object);
    one_done(&one);
}

static void a_read_under_way_is_not_clear(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    struct wire_message clear = question(&one, key);
    one_ask(&one, (struct request){.op = OP_GET, .key = key});
    assert_int_equal(answer(&one, &clear).clear, 0);
    one_serve(&one);
    one_done(&one);
}

/* Kept for an owner whom the asker cannot reach. */
static void a_hint_is_not_clear_and_changes_the_epoch(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start_among(&one, 3);
    struct bytes key = one_key_of_others(&one, 0);
    struct blob *object = one_object(&one, key, "v", (struct dot){.actor = 8, .hlc = 2});
    struct wire_message clear = question(&one, key);
    uint64_t epoch = answer(&one, &clear).epoch;
    struct wire_message put = {.type = WIRE_put, .put = {.key = key, .object = blob_bytes(object)}};
    put.put.request = 9;
    put.put.owner = ONE_SELF + 2;
    one_hear(&one, ASKER, &put);
    one_loaded(&one, 0, NULL);
    one_stored(&one, 0);
    struct wire_clear_ack ack = answer(&one, &clear);
    assert_int_equal(ack.clear, 0);
    assert_true(ack.epoch != epoch);
    blob_unref(object);
    one_done(&one);
}

/* A page may hold what a delivery of before has brought to its owner meanwhile. */
static void hints_being_read_are_not_clear(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start_among(&one, 3);
    struct bytes key = one_key_of_others(&one, 0);
    struct blob *object = one_object(&one, key, "v", (struct dot){.actor = 8, .hlc = 2});
    struct wire_message put = {.type = WIRE_put, .put = {.key = key, .object = blob_bytes(object)}};
    struct wire_message clear = question(&one, one_key_of(&one, 0, ASKER, 0));
    put.put.request = 9;
    put.put.owner = ONE_SELF + 2;
    one_hear(&one, ASKER, &put);
    one_loaded(&one, 0, NULL);
    one_stored(&one, 0);
    assert_int_equal(answer(&one, &clear).clear, 1); /* the hint is of another partition */
    for (unsigned i = 0; !one.node->handoff.scan_open; i++) {
        assert_true(i < 100);
        one_tick(&one, 50);
    }
    assert_int_equal(answer(&one, &clear).clear, 0);
    blob_unref(object);
    one_done(&one);
}

static void who_is_in_doubt_of_what_it_holds_is_not_clear(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct wire_message clear = question(&one, one_key_of(&one, 0, ASKER, 0));
    fill_start_all(one.node, false);
    assert_int_equal(answer(&one, &clear).clear, 1); /* what it lacks brings nothing back */
    fill_start_all(one.node, true);
    assert_int_equal(answer(&one, &clear).clear, 0);
    one_done(&one);
}

static void another_membership_is_not_clear(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct wire_message clear = question(&one, one_key_of(&one, 0, ASKER, 0));
    clear.clear.log_hash++;
    assert_int_equal(answer(&one, &clear).clear, 0);
    one_done(&one);
}

static void who_does_not_hear_a_member_is_not_clear(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct wire_message clear = question(&one, one_key_of(&one, 0, ASKER, 0));
    uint64_t epoch = answer(&one, &clear).epoch;
    one_peer_down(&one, ONE_SELF + 2);
    assert_int_equal(answer(&one, &clear).clear, 0);
    one_peer_up(&one, ONE_SELF + 2);
    struct wire_clear_ack ack = answer(&one, &clear);
    assert_int_equal(ack.clear, 1);
    assert_true(ack.epoch != epoch);
    one_done(&one);
}

/* What it would mint next might end in a tombstone that some owner has not removed yet. */
static void a_clock_that_cannot_follow_is_not_clear(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    struct wire_message clear = question(&one, one_key_of(&one, 0, ASKER, 0));
    clear.clear.hlc = hlc_from_ms(one.now.wall_ms + 2 * HLC_AHEAD_MAX_MS);
    assert_int_equal(answer(&one, &clear).clear, 0);
    clear.clear.hlc = WIRE_HLC_MAX;
    assert_int_equal(answer(&one, &clear).clear, 0);
    clear.clear.hlc = hlc_from_ms(one.now.wall_ms + HLC_AHEAD_MAX_MS / 2);
    assert_int_equal(answer(&one, &clear).clear, 1);
    assert_true(node_clock(one.node) >= clear.clear.hlc);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quiet_node_is_clear),
        cmocka_unit_test(a_write_under_way_is_not_clear),
        cmocka_unit_test(an_object_that_is_being_stored_is_not_clear),
        cmocka_unit_test(a_read_under_way_is_not_clear),
        cmocka_unit_test(a_hint_is_not_clear_and_changes_the_epoch),
        cmocka_unit_test(hints_being_read_are_not_clear),
        cmocka_unit_test(who_is_in_doubt_of_what_it_holds_is_not_clear),
        cmocka_unit_test(another_membership_is_not_clear),
        cmocka_unit_test(who_does_not_hear_a_member_is_not_clear),
        cmocka_unit_test(a_clock_that_cannot_follow_is_not_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
