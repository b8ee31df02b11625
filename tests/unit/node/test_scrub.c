#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "ring/slot.h"
#include "unit/node/one_node.h"

#define SCANS_MAX 20000u

static void start(struct one_node *one, unsigned peers)
{
    struct node_config config = one_config();
    one_start(one, &config, peers);
}

static void ask(struct one_node *one, bool expect_begun)
{
    one_ask(one, (struct request){.op = OP_SCRUB});
    assert_int_equal(one_effect(one, EFFECT_REPLY, 0)->reply.applied, expect_begun);
    assert_int_equal(node_stats(one->node)->scrub_running, 1);
}

/* The scan of a slot that the scrub asks for next, or of the hints; all before it find nothing. */
static const struct effect *go_to(struct one_node *one, bool hints, uint16_t slot)
{
    for (unsigned i = 0; i < SCANS_MAX; i++) {
        one_tick(one, 1);
        const struct effect *scan = one_effect(one, EFFECT_SCAN, 0);
        if (scan != NULL && scan->scan.values && scan->scan.hints == hints && (hints || scan->scan.slot == slot)) {
            return scan;
        }
        if (one->scans_open > 0) {
            one_scanned(one, 0, page_new(1));
        }
    }
    return NULL;
}

static struct page *page_of(struct bytes key, struct bytes value)
{
    struct page *page = page_new(4096);
    assert_int_equal(page_add(page, 0, key, value, true), 0);
    return page;
}

static void every_slot_is_read_then_the_hints(void **state)
{
    (void)state;
    struct one_node one;
    start(&one, 0);
    ask(&one, true);
    ask(&one, false);
    struct bytes key = bytes_of_text("k");
    assert_non_null(go_to(&one, false, ring_slot(key)));
    struct blob *object = one_object(&one, key, "v", (struct dot){.actor = 8, .hlc = 1});
    one_scanned(&one, 0, page_of(key, blob_bytes(object)));
    blob_unref(object);
    assert_int_equal(node_stats(one.node)->objects_scrubbed, 1);
    assert_non_null(go_to(&one, false, RING_SLOTS - 1));
    one_scanned(&one, 0, page_new(1));
    assert_non_null(go_to(&one, true, 0));
    one_scanned(&one, 0, page_new(1));
    one_tick(&one, 1);
    assert_int_equal(node_stats(one.node)->scrub_running, 0);
    assert_int_equal(node_stats(one.node)->objects_corrupt, 0);
    assert_int_equal(node_stats(one.node)->scrubs_ended, 1);
    ask(&one, true);
    assert_int_equal(node_stats(one.node)->objects_scrubbed, 0); /* counted anew */
    assert_int_equal(node_stats(one.node)->scrubs_ended, 1);
    one_done(&one);
}

/* A scrub begins, and reads what is no object. Returns its key. */
static struct bytes find_damaged(struct one_node *one)
{
    struct bytes key = bytes_of_text("k");
    ask(one, true);
    assert_non_null(go_to(one, false, ring_slot(key)));
    one_scanned(one, 0, page_of(key, bytes_of_text("12345678 no object")));
    return key;
}

static void a_bad_object_is_counted_and_repaired(void **state)
{
    (void)state;
    struct one_node one;
    start(&one, 2);
    struct bytes key = find_damaged(&one);
    assert_int_equal(node_stats(one.node)->objects_corrupt, 1);
    one_tick(&one, 1);
    assert_true(bytes_equal(one_effect(&one, EFFECT_LOAD, 0)->load.key, key));
    assert_int_equal(node_stats(one.node)->scrub_damaged, 1);
    assert_int_equal(node_stats(one.node)->scrub_repairs, 1);
    one_done(&one);
}

static void what_nobody_else_has_is_not_called_repaired(void **state)
{
    (void)state;
    struct one_node one;
    start(&one, 0);
    find_damaged(&one);
    one_tick(&one, 1);
    assert_int_equal(node_stats(one.node)->scrub_damaged, 1);
    assert_int_equal(node_stats(one.node)->scrub_repairs, 0);
    one_done(&one);
}

static void a_long_slot_is_read_page_by_page(void **state)
{
    (void)state;
    struct one_node one;
    start(&one, 0);
    ask(&one, true);
    struct bytes key = bytes_of_text("k");
    assert_non_null(go_to(&one, false, ring_slot(key)));
    struct blob *object = one_object(&one, key, "v", (struct dot){.actor = 8, .hlc = 1});
    struct page *page = page_of(key, blob_bytes(object));
    blob_unref(object);
    page->more = true;
    one_scanned(&one, 0, page);
    one_tick(&one, 1);
    const struct effect *scan = one_effect(&one, EFFECT_SCAN, 0);
    assert_int_equal(scan->scan.slot, ring_slot(key));
    assert_true(scan->scan.resumes);
    assert_false(scan->scan.counts); /* the first page has */
    assert_true(bytes_equal(scan->scan.after, key));
    one_done(&one);
}

static void a_slot_that_cannot_be_read_does_not_stop_it(void **state)
{
    (void)state;
    struct one_node one;
    start(&one, 0);
    ask(&one, true);
    assert_non_null(go_to(&one, false, 5));
    one_scanned(&one, GR_ECORRUPT, NULL);
    assert_int_equal(node_stats(one.node)->store_errors, 1);
    assert_int_equal(node_stats(one.node)->objects_corrupt, 1);
    assert_non_null(go_to(&one, false, 6));
    one_scanned(&one, GR_ENOMEM, NULL);
    assert_int_equal(node_stats(one.node)->store_errors, 2);
    assert_int_equal(node_stats(one.node)->scrub_slots_unread, 2);
    assert_int_equal(node_stats(one.node)->objects_corrupt, 1);
    assert_non_null(go_to(&one, false, 7));
    one_done(&one);
}

/* A full engine is asked again for the same. */
static void a_busy_engine_is_asked_again(void **state)
{
    (void)state;
    struct one_node one;
    start(&one, 0);
    ask(&one, true);
    assert_non_null(go_to(&one, false, 5));
    one_scanned(&one, GR_EBUSY, NULL);
    one_tick(&one, 50);
    assert_int_equal(one_effect(&one, EFFECT_SCAN, 0)->scan.slot, 5);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_slot_is_read_then_the_hints),
        cmocka_unit_test(a_bad_object_is_counted_and_repaired),
        cmocka_unit_test(what_nobody_else_has_is_not_called_repaired),
        cmocka_unit_test(a_long_slot_is_read_page_by_page),
        cmocka_unit_test(a_slot_that_cannot_be_read_does_not_stop_it),
        cmocka_unit_test(a_busy_engine_is_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
