#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "unit/node/one_node.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(visitors_wait_for_one_load_and_store_in_their_order),
        cmocka_unit_test(a_visitor_builds_on_what_is_not_stored_yet),
        cmocka_unit_test(after_a_failed_store_the_key_is_read_again),
        cmocka_unit_test(a_failed_load_is_each_visitors_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
