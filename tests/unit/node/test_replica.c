#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hlc.h"
#include "node/internal.h"
#include "unit/node/one_node.h"

#define COORDINATOR (ONE_SELF + 1)

/* Four members with N = 3: some keys belong to the other three. */
static void start(struct one_node *one)
{
    struct node_config config = one_config();
    one_start(one, &config, 3);
}

static void hear_put(struct one_node *one, struct bytes key, struct dot dot)
{
    struct blob *object = one_object(one, key, "v", dot);
    struct wire_message put = {.type = WIRE_put};
    put.put.request = 9;
    put.put.key = key;
    put.put.object = blob_bytes(object);
    one_hear(one, COORDINATOR, &put);
    blob_unref(object);
}

static void hear_get(struct one_node *one, struct bytes key)
{
    struct wire_message get = {.type = WIRE_get};
    get.get.request = 9;
    get.get.key = key;
    one_hear(one, COORDINATOR, &get);
}

/* Delivered before, deleted, and forgotten; its sender's removal of it was lost. */
static void a_doubtful_hint_below_the_floor_is_not_taken(void **state)
{
    (void)state;
    const struct dot dot = {.actor = 8, .hlc = 100};
    for (uint64_t floor = dot.hlc - 1; floor <= dot.hlc; floor++) {
        struct one_node one;
        start(&one);
        struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
        env_begin(&one.node->env, one.now);
        floor_raise(one.node, ring_partition(ring_slot(key), one.node->membership.partitions), floor);
        struct blob *object = one_object(&one, key, "v", dot);
        struct wire_message put = {.type = WIRE_put};
        put.put.doubtful = 1;
        put.put.key = key;
        put.put.object = blob_bytes(object);
        one_hear(&one, COORDINATOR, &put);
        one_loaded(&one, 0, NULL);
        assert_int_equal(one_count(&one, EFFECT_STORE), floor < dot.hlc);
        blob_unref(object);
        one_done(&one);
    }
}

static const struct dot void_dot = {.actor = 8, .hlc = 100};
static const struct dot young_dot = {.actor = 9, .hlc = 300};
#define FLOOR 200u

/* Two values of different writers. */
static struct blob *siblings(struct bytes key)
{
    struct entry entries[] = {{.dot = void_dot, .payload = bytes_of_text("old")},
                              {.dot = young_dot, .payload = bytes_of_text("new")}};
    struct object object;
    object_init(&object, CONFLICT_SIBLINGS);
    context_add(&object.context, void_dot);
    context_add(&object.context, young_dot);
    object.entries = entries;
    object.count = 2;
    struct blob *blob = blob_new(object_encoded_size(&object));
    assert_non_null(blob);
    object_encode(&object, key, blob->data);
    return blob;
}

/* One value above the floor, one below. */
static struct bytes hear_mixed_hint(struct one_node *one, bool is_filling)
{
    struct bytes key = one_key_of(one, 0, ONE_SELF, 0);
    env_begin(&one->node->env, one->now);
    floor_raise(one->node, ring_partition(ring_slot(key), one->node->membership.partitions), FLOOR);
    if (is_filling) {
        fill_start_all(one->node, false);
    }
    struct blob *object = siblings(key);
    struct wire_message put = {.type = WIRE_put};
    put.put.request = 9;
    put.put.doubtful = 1;
    put.put.key = key;
    put.put.object = blob_bytes(object);
    one_hear(one, COORDINATOR, &put);
    blob_unref(object);
    return key;
}

static void of_a_doubtful_hint_what_is_void_is_left_out(void **state)
{
    (void)state;
    struct one_node one;
    struct object stored;
    start(&one);
    struct bytes key = hear_mixed_hint(&one, false);
    one_loaded(&one, 0, NULL);
    struct bytes value = blob_bytes(one_effect(&one, EFFECT_STORE, 0)->store.value);
    assert_int_equal(object_decode(value, key, &one.arena, &stored), 0);
    assert_int_equal(stored.count, 1);
    assert_true(dot_equal(stored.entries[0].dot, young_dot));
    assert_true(context_covers(&stored.context, void_dot)); /* and ends it elsewhere */
    one_stored(&one, 0);
    assert_int_equal(one_sent(&one, COORDINATOR, WIRE_put_ack)->put_ack.error, 0);
    one_done(&one);
}

/* Of the one value it may be said that it is held here; of the other nothing. */
static void while_something_may_be_missing_a_doubtful_hint_stays_where_it_is(void **state)
{
    (void)state;
    for (unsigned knows_all = 0; knows_all < 2; knows_all++) {
        struct one_node one;
        start(&one);
        struct bytes key = hear_mixed_hint(&one, true);
        one_loaded(&one, 0, knows_all ? siblings(key) : one_object(&one, key, "new", void_dot));
        assert_int_equal(one_count(&one, EFFECT_STORE), 0);
        const struct wire_message *ack = one_sent(&one, COORDINATOR, WIRE_put_ack);
        assert_int_equal(ack->put_ack.error, knows_all ? 0 : -GR_ENOCOPY);
        one_done(&one);
    }
}

static void an_object_of_others_is_not_taken(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    hear_put(&one, one_key_of_others(&one, 0), (struct dot){.actor = 8, .hlc = 1});
    assert_int_equal(one.loads_open, 0);
    const struct wire_message *ack = one_sent(&one, COORDINATOR, WIRE_put_ack);
    assert_non_null(ack);
    assert_int_equal(ack->put_ack.error, -GR_ENOTOWNER);
    one_done(&one);
}

static void a_key_of_others_is_not_called_absent(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    hear_get(&one, one_key_of_others(&one, 0));
    assert_int_equal(one.loads_open, 0);
    const struct wire_message *ack = one_sent(&one, COORDINATOR, WIRE_get_ack);
    assert_non_null(ack);
    assert_int_equal(ack->get_ack.error, -GR_ENOCOPY);
    one_done(&one);
}

static void an_object_is_acknowledged_when_it_is_durable(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    struct dot dot = {.actor = 8, .hlc = 1};
    hear_put(&one, one_key_of(&one, 0, ONE_SELF, 0), dot);
    one_loaded(&one, 0, NULL);
    assert_null(one_sent(&one, COORDINATOR, WIRE_put_ack));
    one_stored(&one, 0);
    const struct wire_message *ack = one_sent(&one, COORDINATOR, WIRE_put_ack);
    assert_non_null(ack);
    assert_int_equal(ack->put_ack.error, 0);
    assert_int_equal(ack->put_ack.newest_hlc, dot.hlc);
    one_done(&one);
}

/* The second time it is known already, but on its way to the disk still. */
static void an_object_that_came_twice_waits_for_the_store_too(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    hear_put(&one, key, (struct dot){.actor = 8, .hlc = 1});
    one_loaded(&one, 0, NULL);
    hear_put(&one, key, (struct dot){.actor = 8, .hlc = 1});
    assert_null(one_sent(&one, COORDINATOR, WIRE_put_ack));
    one_stored(&one, GR_EIO);
    assert_int_equal(one_sent(&one, COORDINATOR, WIRE_put_ack)->put_ack.error, -GR_EIO);
    one_stored(&one, GR_EIO);
    assert_int_equal(one_sent(&one, COORDINATOR, WIRE_put_ack)->put_ack.error, -GR_EIO);
    assert_true(node_is_idle(one.node));
    one_done(&one);
}

static void a_failed_store_is_told(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    hear_put(&one, one_key_of(&one, 0, ONE_SELF, 0), (struct dot){.actor = 8, .hlc = 1});
    one_loaded(&one, 0, NULL);
    one_stored(&one, GR_ENOSPC);
    assert_int_equal(one_sent(&one, COORDINATOR, WIRE_put_ack)->put_ack.error, -GR_ENOSPC);
    one_done(&one);
}

/* What is minted next is later than what is stored, and a start from the disk's high-water mark is too. */
static void the_clock_follows_what_is_stored(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    struct dot ahead = {.actor = 8, .hlc = hlc_from_ms(one.now.wall_ms + 5000)};
    hear_put(&one, one_key_of(&one, 0, ONE_SELF, 0), ahead);
    one_loaded(&one, 0, NULL);
    assert_true(one_effect(&one, EFFECT_STORE, 0)->store.clock >= ahead.hlc);
    one_stored(&one, 0);
    struct bytes other = one_key_of(&one, 0, ONE_SELF, 1);
    one_put(&one, other, "v");
    one_loaded(&one, 0, NULL);
    struct dot minted = one_dot_of(&one, other, blob_bytes(one_effect(&one, EFFECT_STORE, 0)->store.value));
    assert_true(minted.hlc > ahead.hlc);
    one_serve(&one);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_doubtful_hint_below_the_floor_is_not_taken),
        cmocka_unit_test(of_a_doubtful_hint_what_is_void_is_left_out),
        cmocka_unit_test(while_something_may_be_missing_a_doubtful_hint_stays_where_it_is),
        cmocka_unit_test(an_object_of_others_is_not_taken),
        cmocka_unit_test(a_key_of_others_is_not_called_absent),
        cmocka_unit_test(an_object_is_acknowledged_when_it_is_durable),
        cmocka_unit_test(an_object_that_came_twice_waits_for_the_store_too),
        cmocka_unit_test(a_failed_store_is_told),
        cmocka_unit_test(the_clock_follows_what_is_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
