#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/internal.h"
#include "unit/node/hinter.h"

#define PEERS 4u
#define MANY (HANDOFF_WINDOW + 72)

static uint64_t away_owner(struct one_node *one, struct bytes *ret_key)
{
    *ret_key = one_key_of_others(one, 0);
    uint64_t owner = one_owner(one, *ret_key, 0);
    one_peer_down(one, owner);
    hinter_keep(one, owner, *ret_key, hinter_object(one, *ret_key, "v", 0));
    return owner;
}

/* Many hints in a page for an owner of every key. */
static struct page *page_of_many(struct one_node *one, uint64_t owner)
{
    struct page *page = page_new(1u << 20);
    assert_non_null(page);
    for (unsigned i = 0; i < MANY; i++) {
        struct bytes key = one_key_of(one, 0, owner, i);
        struct blob *object = hinter_object(one, key, "v", 0);
        assert_int_equal(page_add(page, owner, key, blob_bytes(object), true), 0);
        blob_unref(object);
    }
    return page;
}

/* The puts sent in the last step. */
static unsigned puts_to(const struct one_node *one, uint64_t peer, uint64_t requests[MANY])
{
    const struct effect *effect;
    unsigned count = 0;
    for (unsigned i = 0; (effect = one_effect(one, EFFECT_SEND, i)) != NULL; i++) {
        if (effect->send.peer == peer && effect->send.message.type == WIRE_put) {
            requests[count++] = effect->send.message.put.request;
        }
    }
    return count;
}

static void nothing_goes_to_an_owner_that_is_away(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    hinter_start(&one, PEERS);
    uint64_t owner = away_owner(&one, &key);
    const struct effect *scan = hinter_scan(&one); /* for what is too old */
    assert_non_null(scan);
    assert_int_equal(scan->scan.owner, owner);
    assert_true(scan->scan.one_owner);
    struct blob *object = hinter_object(&one, key, "v", 0);
    hinter_find(&one, owner, key, blob_bytes(object));
    assert_null(one_sent(&one, owner, WIRE_put));
    assert_null(hinter_scan(&one)); /* and not so soon again */
    one_peer_up(&one, owner);
    one_tick(&one, 0);
    assert_int_equal(one_effect(&one, EFFECT_SCAN, 0)->scan.owner, owner); /* but at once when it is back */
    hinter_find(&one, owner, key, blob_bytes(object));
    assert_non_null(one_sent(&one, owner, WIRE_put));
    blob_unref(object);
    one_done(&one);
}

static void a_suspect_that_answers_gets_its_hints(void **state)
{
    (void)state;
    struct one_node one;
    hinter_start(&one, PEERS);
    struct bytes key = one_key_of_others(&one, 0);
    uint64_t owner = one_owner(&one, key, 0);
    hinter_suspect(&one, owner);
    hinter_keep(&one, owner, key, hinter_object(&one, key, "v", 0));
    one_hear(&one, owner, &(struct wire_message){.type = WIRE_pong});
    one_tick(&one, 0);
    assert_int_equal(one_effect(&one, EFFECT_SCAN, 0)->scan.owner, owner);
    one_serve(&one);
    one_done(&one);
}

/* Acks and removes `count` of them. */
static void settle(struct one_node *one, uint64_t owner, const uint64_t *requests, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct bytes key = one_key_of(one, 0, owner, i);
        hinter_put_ack(one, owner, requests[i], 0, DOT_NONE);
        one_loaded(one, 0, hinter_object(one, key, "v", 0));
        one_stored(one, 0);
    }
}

static void hints_go_in_windows(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    uint64_t requests[MANY];
    hinter_start(&one, PEERS);
    uint64_t owner = away_owner(&one, &key);
    uint64_t wall_ms = one.now.wall_ms;
    struct page *page = page_of_many(&one, owner);
    one_peer_up(&one, owner);
    assert_non_null(hinter_scan(&one));
    one_scanned(&one, 0, page);
    assert_int_equal(puts_to(&one, owner, requests), HANDOFF_WINDOW);
    assert_null(hinter_scan(&one));
    one.now.wall_ms = wall_ms; /* the objects in the lanes are those of the page */
    settle(&one, owner, requests, HANDOFF_WINDOW / 2);
    const struct effect *scan = hinter_scan(&one);
    assert_non_null(scan);
    assert_true(scan->scan.resumes);
    assert_true(bytes_equal(scan->scan.after, one_key_of(&one, 0, owner, HANDOFF_WINDOW - 1)));
    one_serve(&one);
    assert_int_equal(node_stats(one.node)->hints_delivered, HANDOFF_WINDOW / 2);
    one_done(&one);
}

static void a_whole_window_may_time_out_at_once(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    uint64_t requests[MANY];
    hinter_start(&one, PEERS);
    uint64_t owner = away_owner(&one, &key);
    struct page *page = page_of_many(&one, owner);
    one_peer_up(&one, owner);
    assert_non_null(hinter_scan(&one));
    one_scanned(&one, 0, page);
    assert_int_equal(puts_to(&one, owner, requests), HANDOFF_WINDOW);
    hinter_wait(&one, DELIVERY_TIMEOUT_MS - HINTER_SCANS_MS);
    const struct effect *scan = hinter_scan(&one);
    for (unsigned i = 0; i < 2 && scan == NULL; i++) {
        scan = hinter_scan(&one);
    }
    assert_non_null(scan);
    assert_false(scan->scan.resumes); /* from the beginning */
    page = page_of_many(&one, owner);
    one_scanned(&one, 0, page);
    assert_int_equal(puts_to(&one, owner, requests), HANDOFF_WINDOW);
    hinter_put_ack(&one, owner, requests[0] - 1, 0, DOT_NONE); /* of the first time: nobody waits */
    assert_int_equal(one.loads_open, 0);
    one_done(&one);
}

/* O7 */
static void an_owner_without_room_is_sent_fewer_at_a_time(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    uint64_t requests[MANY];
    hinter_start(&one, PEERS);
    uint64_t owner = away_owner(&one, &key);
    one_peer_up(&one, owner);
    assert_non_null(hinter_scan(&one));
    one_scanned(&one, 0, page_of_many(&one, owner));
    assert_int_equal(puts_to(&one, owner, requests), HANDOFF_WINDOW);
    for (unsigned i = 0; i < HANDOFF_WINDOW; i++) {
        hinter_put_ack(&one, owner, requests[i], GR_EBUSY, DOT_NONE);
    }
    for (unsigned window = 1; window <= 2; window++) {
        assert_non_null(hinter_scan(&one));
        uint64_t wall_ms = one.now.wall_ms;
        one_scanned(&one, 0, page_of_many(&one, owner));
        assert_int_equal(puts_to(&one, owner, requests), window);
        one.now.wall_ms = wall_ms; /* the object in the lane is that of the page */
        settle(&one, owner, requests, window);
    }
    one_done(&one);
}

static void an_owner_lost_in_the_middle_is_begun_anew(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    uint64_t requests[MANY];
    hinter_start(&one, PEERS);
    uint64_t owner = away_owner(&one, &key);
    struct page *page = page_of_many(&one, owner);
    one_peer_up(&one, owner);
    assert_non_null(hinter_scan(&one));
    page->more = true;
    one_scanned(&one, 0, page);
    assert_int_equal(puts_to(&one, owner, requests), HANDOFF_WINDOW);
    one_peer_down(&one, owner);
    hinter_put_ack(&one, owner, requests[0], 0, DOT_NONE); /* too late: it was given up */
    assert_int_equal(one.loads_open, 0);
    one_peer_up(&one, owner);
    const struct effect *scan = hinter_scan(&one);
    assert_non_null(scan);
    assert_int_equal(scan->scan.owner, owner);
    assert_false(scan->scan.resumes);
    one_serve(&one);
    one_done(&one);
}

/* Two owners of some key that this node does not own; the first is the lower id, whose hints are looked at first. */
static void two_away(struct one_node *one, uint64_t ret_owners[2], struct bytes ret_keys[2])
{
    struct bytes key = one_key_of_others(one, 0);
    uint64_t a = one_owner(one, key, 0);
    uint64_t b = one_owner(one, key, 1);
    ret_owners[0] = a < b ? a : b;
    ret_owners[1] = a < b ? b : a;
    for (unsigned i = 0; i < 2; i++) {
        ret_keys[i] = key;
        one_peer_down(one, ret_owners[i]);
        hinter_keep(one, ret_owners[i], key, hinter_object(one, key, "v", 0));
    }
}

static void an_owner_that_is_away_does_not_hold_up_one_that_is_back(void **state)
{
    (void)state;
    struct one_node one;
    uint64_t owners[2];
    struct bytes keys[2];
    hinter_start(&one, PEERS);
    two_away(&one, owners, keys);
    assert_int_equal(hinter_scan(&one)->scan.owner, owners[0]);
    one_peer_up(&one, owners[1]);
    struct blob *object = hinter_object(&one, keys[0], "v", 0);
    struct page *page = page_new(1024);
    page->more = true;
    assert_int_equal(page_add(page, owners[0], keys[0], blob_bytes(object), true), 0);
    one_scanned(&one, 0, page); /* there is much more of it */
    assert_int_equal(one_effect(&one, EFFECT_SCAN, 0)->scan.owner, owners[1]);
    blob_unref(object);
    one_serve(&one);
    one_done(&one);
}

static void a_page_that_cannot_be_read_holds_up_nobody_else(void **state)
{
    (void)state;
    struct one_node one;
    uint64_t owners[2];
    struct bytes keys[2];
    hinter_start(&one, PEERS);
    two_away(&one, owners, keys);
    one_peer_up(&one, owners[0]);
    one_peer_up(&one, owners[1]);
    assert_int_equal(hinter_scan(&one)->scan.owner, owners[0]);
    one_scanned(&one, GR_ECORRUPT, NULL);
    assert_int_equal(hinter_scan(&one)->scan.owner, owners[1]);
    one_serve(&one);
    assert_int_equal(hinter_scan(&one)->scan.owner, owners[0]);
    one_serve(&one);
    one_done(&one);
}

static void an_owner_that_confirms_nothing_holds_up_nobody_else(void **state)
{
    (void)state;
    struct one_node one;
    uint64_t owners[2];
    struct bytes keys[2];
    hinter_start(&one, PEERS);
    two_away(&one, owners, keys);
    one_peer_up(&one, owners[0]);
    assert_int_equal(hinter_scan(&one)->scan.owner, owners[0]);
    struct blob *object = hinter_object(&one, keys[0], "v", 0);
    struct page *page = page_new(1024);
    page->more = true; /* and more, and more */
    while (page_add(page, owners[0], keys[0], blob_bytes(object), true) == 0) {
    }
    blob_unref(object);
    one_scanned(&one, 0, page);
    one_peer_up(&one, owners[1]);
    bool found = false;
    for (uint64_t waited = 0; waited <= DELIVERY_TIMEOUT_MS && !found; waited += 1000) {
        hinter_wait(&one, 1000);
        page = page_new(1024);
        page->more = true;
        one_scanned(&one, 0, page);
        found = one_effect(&one, EFFECT_SCAN, 0)->scan.owner == owners[1];
    }
    assert_true(found);
    one_done(&one);
}

/* The coordinator of a write keeps a hint for an owner that is well but slow, while one that is away has been looked at
 * just now. */
static void a_new_hint_does_not_wait_for_older_ones(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    hinter_start(&one, PEERS);
    uint64_t away = away_owner(&one, &key);
    assert_int_equal(hinter_scan(&one)->scan.owner, away);
    struct blob *object = hinter_object(&one, key, "v", 0);
    hinter_find(&one, away, key, blob_bytes(object));
    uint64_t slow = one_owner(&one, key, 1);
    hinter_keep(&one, slow, key, object);
    const struct effect *scan = hinter_scan(&one);
    assert_non_null(scan);
    assert_int_equal(scan->scan.owner, slow);
    one_serve(&one);
    one_done(&one);
}

static void what_an_earlier_life_left_is_counted_and_delivered(void **state)
{
    (void)state;
    struct one_node before;
    struct one_node one = {.now = {.mono_ms = 1, .wall_ms = 1700000000000u}};
    struct node_config config = hinter_config();
    one_start(&before, &config, PEERS);
    struct bytes key = one_key_of_others(&before, 0);
    uint64_t owner = one_owner(&before, key, 0);
    uint16_t partition = ring_partition(ring_slot(key), config.partitions);
    struct blob *object = hinter_object(&before, key, "v", 0);
    config.state = node_state(before.node);
    config.holds_data = true;
    assert_int_equal(node_new(&config, &one.node), 0);
    arena_init(&one.arena, 1024);
    one_tick(&one, 0);
    const struct effect *scan = one_effect(&one, EFFECT_SCAN, 0);
    assert_false(scan->scan.one_owner);
    assert_true(hints_touch(one.node, partition)); /* nobody knows yet */
    struct page *page = page_new(1024);
    page->more = true;
    assert_int_equal(page_add(page, owner, key, blob_bytes(object), false), 0);
    one_scanned(&one, 0, page);
    assert_true(one_effect(&one, EFFECT_SCAN, 0)->scan.resumes);
    assert_int_equal(one_effect(&one, EFFECT_SCAN, 0)->scan.owner, owner);
    one_scanned(&one, 0, page_new(1024));
    assert_int_equal(node_stats(one.node)->hints_pending, 1);
    assert_int_equal(node_stats(one.node)->hints_bytes, object->len);
    assert_true(hints_touch(one.node, partition));
    assert_true(one_effect(&one, EFFECT_SCAN, 0)->scan.one_owner);
    one_scanned(&one, 0, page_new(1024)); /* gone meanwhile, for what one knows */
    assert_false(hints_touch(one.node, partition));
    blob_unref(object);
    one_done(&before);
    one_done(&one);
}

/* --- the owner has given its place to another --- */

#define NEW 40u

static void replace(struct one_node *one, uint64_t old)
{
    one_ask(one, (struct request){.op = OP_REPLACE, .offset = old, .number = NEW});
    assert_int_equal(one->status, 0);
}

static void a_hint_for_a_replaced_owner_goes_to_all_owners_there_are(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key;
    hinter_start(&one, PEERS);
    uint64_t old = away_owner(&one, &key);
    replace(&one, old);
    struct blob *object = hinter_object(&one, key, "v", 0);
    assert_int_equal(hinter_scan(&one)->scan.owner, old);
    hinter_find(&one, old, key, blob_bytes(object));
    assert_int_equal(one_count(&one, EFFECT_STORE), 0);
    assert_null(one_sent(&one, one_owner(&one, key, 1), WIRE_put)); /* the new one is not there yet */
    one_peer_up(&one, NEW);
    one_tick(&one, 0);
    assert_int_equal(one_effect(&one, EFFECT_SCAN, 0)->scan.owner, old);
    hinter_find(&one, old, key, blob_bytes(object));
    uint64_t request = one_sent(&one, NEW, WIRE_put)->put.request;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(one.loads_open, 0); /* all have to confirm */
        hinter_put_ack(&one, one_owner(&one, key, i), request, 0, DOT_NONE);
    }
    assert_int_equal(one.loads_open, 1);
    one_loaded(&one, 0, blob_ref(object));
    assert_null(one_effect(&one, EFFECT_STORE, 0)->store.value);
    one_stored(&one, 0);
    assert_int_equal(node_stats(one.node)->hints_pending, 0);
    blob_unref(object);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_goes_to_an_owner_that_is_away),
        cmocka_unit_test(a_suspect_that_answers_gets_its_hints),
        cmocka_unit_test(hints_go_in_windows),
        cmocka_unit_test(a_whole_window_may_time_out_at_once),
        cmocka_unit_test(an_owner_without_room_is_sent_fewer_at_a_time),
        cmocka_unit_test(an_owner_lost_in_the_middle_is_begun_anew),
        cmocka_unit_test(an_owner_that_is_away_does_not_hold_up_one_that_is_back),
        cmocka_unit_test(a_page_that_cannot_be_read_holds_up_nobody_else),
        cmocka_unit_test(an_owner_that_confirms_nothing_holds_up_nobody_else),
        cmocka_unit_test(a_new_hint_does_not_wait_for_older_ones),
        cmocka_unit_test(what_an_earlier_life_left_is_counted_and_delivered),
        cmocka_unit_test(a_hint_for_a_replaced_owner_goes_to_all_owners_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
