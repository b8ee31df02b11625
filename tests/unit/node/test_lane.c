#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/internal.h"
#include "unit/node/hinter.h"

/* A ring of one node: a write is a load, a store and a reply. */
static struct bytes start_alone(struct one_node *one)
{
    struct node_config config = one_config();
    one_start(one, &config, 0);
    return bytes_of_text("k");
}

static void assert_stores(struct one_node *one, unsigned place, struct bytes key, const char *value, int live_delta)
{
    const struct effect *store = one_effect(one, EFFECT_STORE, place);
    assert_non_null(store);
    assert_true(bytes_equal(one_value_of(one, key, blob_bytes(store->store.value)), bytes_of_text(value)));
    assert_int_equal(store->store.live_delta, live_delta);
}

static struct dot stored_dot(struct one_node *one, unsigned place, struct bytes key)
{
    return one_dot_of(one, key, blob_bytes(one_effect(one, EFFECT_STORE, place)->store.value));
}

static void visitors_wait_for_one_load_and_store_in_their_order(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start_alone(&one);
    one_put(&one, key, "a");
    one_put(&one, key, "b");
    assert_int_equal(one.loads_open, 1);
    assert_int_equal(one.stores_open, 0);
    one_loaded(&one, 0, NULL);
    assert_int_equal(one_count(&one, EFFECT_STORE), 2);
    assert_stores(&one, 0, key, "a", 1);
    assert_stores(&one, 1, key, "b", 0);
    assert_true(dot_compare(stored_dot(&one, 0, key), stored_dot(&one, 1, key)) < 0);
    one_serve(&one);
    assert_int_equal(one.replies, 2);
    assert_true(node_is_idle(one.node));
    one_done(&one);
}

static void a_visitor_builds_on_what_is_not_stored_yet(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start_alone(&one);
    one_put(&one, key, "a");
    one_loaded(&one, 0, NULL);
    struct dot first = stored_dot(&one, 0, key);
    one_put(&one, key, "b");
    assert_int_equal(one.loads_open, 0);
    assert_stores(&one, 0, key, "b", 0);
    assert_true(dot_compare(first, stored_dot(&one, 0, key)) < 0);
    one_serve(&one);
    one_done(&one);
}

static void after_a_failed_store_the_key_is_read_again(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start_alone(&one);
    one_put(&one, key, "a");
    one_loaded(&one, 0, NULL);
    one_put(&one, key, "b");
    one_stored(&one, GR_EIO);
    one_put(&one, key, "c");
    assert_int_equal(one.stores_open, 1); /* of b: c waits for its end, as nobody knows what is on disk before */
    assert_int_equal(one.loads_open, 0);
    one_stored(&one, GR_EIO);
    assert_int_equal(one.loads_open, 1);
    assert_int_equal(one.stores_open, 0);
    one_loaded(&one, 0, NULL);
    assert_stores(&one, 0, key, "c", 1); /* not on top of a or b, which are not there */
    one_serve(&one);
    assert_int_equal(one.replies, 3);
    assert_int_equal(one.status, 0);
    assert_true(node_is_idle(one.node));
    one_done(&one);
}

static void a_failed_load_is_each_visitors_failure(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start_alone(&one);
    one_put(&one, key, "a");
    one_put(&one, key, "b");
    one_loaded(&one, GR_EIO, NULL);
    assert_int_equal(one_count(&one, EFFECT_REPLY), 2);
    assert_int_equal(one_effect(&one, EFFECT_REPLY, 0)->reply.status, GR_ENOQUORUM); /* there is no other owner */
    assert_int_equal(one_effect(&one, EFFECT_REPLY, 1)->reply.status, GR_ENOQUORUM);
    assert_int_equal(one.stores_open, 0);
    one_put(&one, key, "c");
    assert_int_equal(one.loads_open, 1);
    one_serve(&one);
    assert_int_equal(one.status, 0);
    one_done(&one);
}

/* --- hints --- */

struct visitor {
    struct lane_visitor visitor;
    struct lane *lane;
    int status;
    unsigned visits;
};

static void note_visit(struct node *node, struct lane_visitor *visitor, struct lane *lane, int status)
{
    (void)node;
    struct visitor *me = (struct visitor *)visitor;
    me->lane = lane;
    me->status = status;
    me->visits++;
}

/* Enter outside a step; the load that this may ask for is noted. */
static void enter(struct one_node *one, uint64_t owner, struct bytes key, struct visitor *visitor)
{
    *visitor = (struct visitor){.visitor = {.visit = note_visit}};
    env_begin(&one->node->env, one->now);
    assert_int_equal(lane_enter(one->node, owner, ring_slot(key), key, &visitor->visitor), 0);
    const struct effect *load = one_effect(one, EFFECT_LOAD, 0);
    if (load != NULL) {
        assert_int_equal(load->load.owner, owner);
        one->loads[one->loads_open++] = load->load.token;
    }
}

static void an_object_and_each_owners_hint_have_lanes_of_their_own(void **state)
{
    (void)state;
    struct one_node one;
    struct visitor object, first, second, again;
    struct bytes key = start_alone(&one);
    enter(&one, 0, key, &object);
    enter(&one, 8, key, &first);
    enter(&one, 9, key, &second);
    enter(&one, 8, key, &again);
    assert_int_equal(one.loads_open, 3);
    one_loaded(&one, 0, NULL);
    assert_int_equal(object.visits, 1);
    assert_int_equal(first.visits + second.visits + again.visits, 0);
    one_loaded(&one, 0, one_object(&one, key, "kept for 8", (struct dot){.actor = 3, .hlc = 5}));
    assert_int_equal(first.visits, 1);
    assert_int_equal(again.visits, 1);
    assert_ptr_equal(first.lane, again.lane);
    assert_int_equal(second.visits, 0);
    one_loaded(&one, GR_EIO, NULL);
    assert_int_equal(second.status, GR_EIO);
    assert_true(node_is_idle(one.node));
    one_done(&one);
}

/* A stand-in's hint goes to its owner while the next write comes: it finds nothing below it. */
static void who_visits_behind_a_removal_finds_nothing(void **state)
{
    (void)state;
    struct one_node one;
    hinter_start(&one, 4);
    struct bytes key = one_key_of_others(&one, 0);
    uint64_t owner = one_owner(&one, key, 0);
    struct blob *kept = hinter_object(&one, key, "old", 1);
    one_peer_down(&one, owner);
    hinter_keep(&one, owner, key, blob_ref(kept));
    one_peer_up(&one, owner);
    assert_non_null(hinter_scan(&one));
    hinter_find(&one, owner, key, blob_bytes(kept));
    hinter_put_ack(&one, owner, one_sent(&one, owner, WIRE_put)->put.request, 0, DOT_NONE);
    one_loaded(&one, 0, kept);
    assert_null(one_effect(&one, EFFECT_STORE, 0)->store.value);
    struct blob *later = hinter_object(&one, key, "new", 0);
    hinter_hear(&one, owner, key, later);
    assert_int_equal(one.loads_open, 0);
    assert_true(bytes_equal(blob_bytes(one_effect(&one, EFFECT_STORE, 0)->store.value), blob_bytes(later)));
    one_stored(&one, 0);
    assert_int_equal(node_stats(one.node)->hints_pending, 1); /* the later one */
    one_stored(&one, 0);
    assert_int_equal(node_stats(one.node)->hints_pending, 1);
    assert_int_equal(node_stats(one.node)->hints_bytes, later->len);
    blob_unref(later);
    one_done(&one);
}

/* What was to go may be there still. */
static void after_a_failed_removal_the_hint_is_read_again(void **state)
{
    (void)state;
    struct one_node one;
    hinter_start(&one, 4);
    struct bytes key = one_key_of_others(&one, 0);
    uint64_t owner = one_owner(&one, key, 0);
    struct blob *kept = hinter_object(&one, key, "old", 1);
    struct blob *later = hinter_object(&one, key, "new", 0);
    one_peer_down(&one, owner);
    hinter_keep(&one, owner, key, blob_ref(kept));
    one_peer_up(&one, owner);
    assert_non_null(hinter_scan(&one));
    hinter_find(&one, owner, key, blob_bytes(kept));
    hinter_put_ack(&one, owner, one_sent(&one, owner, WIRE_put)->put.request, 0, DOT_NONE);
    one_loaded(&one, 0, blob_ref(kept));
    one_stored(&one, GR_EIO);
    hinter_hear(&one, owner, key, later);
    assert_int_equal(one.loads_open, 1);
    one_loaded(&one, 0, kept);
    one_stored(&one, 0);
    assert_int_equal(node_stats(one.node)->hints_pending, 1);
    blob_unref(later);
    one_done(&one);
}

static void a_failed_store_of_a_hint_casts_no_doubt_on_the_objects(void **state)
{
    (void)state;
    struct one_node one;
    hinter_start(&one, 4);
    struct bytes key = one_key_of_others(&one, 0);
    struct blob *object = hinter_object(&one, key, "v", 0);
    hinter_hear(&one, one_owner(&one, key, 0), key, object);
    one_loaded(&one, 0, NULL);
    assert_int_equal(one_effect(&one, EFFECT_STORE, 0)->store.leaf_delta, 0);
    one_stored(&one, GR_EIO);
    assert_false(trees_is_doubtful(&one.node->trees, ring_slot(key)));
    blob_unref(object);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(visitors_wait_for_one_load_and_store_in_their_order),
        cmocka_unit_test(a_visitor_builds_on_what_is_not_stored_yet),
        cmocka_unit_test(after_a_failed_store_the_key_is_read_again),
        cmocka_unit_test(a_failed_load_is_each_visitors_failure),
        cmocka_unit_test(an_object_and_each_owners_hint_have_lanes_of_their_own),
        cmocka_unit_test(who_visits_behind_a_removal_finds_nothing),
        cmocka_unit_test(after_a_failed_removal_the_hint_is_read_again),
        cmocka_unit_test(a_failed_store_of_a_hint_casts_no_doubt_on_the_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
