#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/internal.h"
#include "unit/node/hinter.h"
#include "version/object.h"

#define PEERS 4u

/* One hint for an owner that is back, and found. */
struct kept {
    struct one_node one;
    struct bytes key;
    uint64_t owner;
    struct blob *object;
    uint64_t request; /* of the put that delivers it; 0: none was sent */
};

static void start(struct kept *kept, uint64_t age_ms)
{
    struct one_node *one = &kept->one;
    hinter_start(one, PEERS);
    kept->key = one_key_of_others(one, 0);
    kept->owner = one_owner(one, kept->key, 0);
    kept->object = hinter_object(one, kept->key, "v", age_ms);
    one_peer_down(one, kept->owner);
    hinter_keep(one, kept->owner, kept->key, blob_ref(kept->object));
    one_peer_up(one, kept->owner);
}

static void done(struct kept *kept)
{
    blob_unref(kept->object);
    one_done(&kept->one);
}

static void find(struct kept *kept, struct bytes object)
{
    assert_non_null(hinter_scan(&kept->one));
    hinter_find(&kept->one, kept->owner, kept->key, object);
    const struct wire_message *put = one_sent(&kept->one, kept->owner, WIRE_put);
    kept->request = put == NULL ? 0 : put->put.request;
}

static void start_and_send(struct kept *kept)
{
    start(kept, 0);
    find(kept, blob_bytes(kept->object));
    assert_true(kept->request != 0);
}

static void confirm(struct kept *kept, uint64_t from, int status)
{
    struct dot newest = one_dot_of(&kept->one, kept->key, blob_bytes(kept->object));
    hinter_put_ack(&kept->one, from, kept->request, status, newest);
}

static const struct node_stats *stats(const struct kept *kept)
{
    return node_stats(kept->one.node);
}

static void a_hint_goes_once_its_owner_has_confirmed_it(void **state)
{
    (void)state;
    struct kept kept;
    start_and_send(&kept);
    const struct wire_message *put = one_sent(&kept.one, kept.owner, WIRE_put);
    assert_int_equal(put->put.owner, 0); /* for the owner it is the object itself */
    assert_true(bytes_equal(put->put.object, blob_bytes(kept.object)));
    assert_int_equal(kept.one.loads_open, 0);
    confirm(&kept, kept.owner, 0);
    assert_int_equal(one_effect(&kept.one, EFFECT_LOAD, 0)->load.owner, kept.owner);
    one_loaded(&kept.one, 0, blob_ref(kept.object));
    const struct effect *store = one_effect(&kept.one, EFFECT_STORE, 0);
    assert_int_equal(store->store.owner, kept.owner);
    assert_null(store->store.value);
    assert_int_equal(stats(&kept)->hints_pending, 1);
    one_stored(&kept.one, 0);
    assert_int_equal(stats(&kept)->hints_pending, 0);
    assert_int_equal(stats(&kept)->hints_bytes, 0);
    assert_int_equal(stats(&kept)->hints_delivered, 1);
    assert_int_equal(stats(&kept)->hints_dropped, 0);
    done(&kept);
}

static void a_hint_that_has_changed_meanwhile_stays(void **state)
{
    (void)state;
    struct kept kept;
    start_and_send(&kept);
    confirm(&kept, kept.owner, 0);
    struct dot later = {.actor = 9, .hlc = one_dot_of(&kept.one, kept.key, blob_bytes(kept.object)).hlc + 1};
    one_loaded(&kept.one, 0, one_object(&kept.one, kept.key, "later", later));
    assert_int_equal(kept.one.stores_open, 0);
    assert_int_equal(stats(&kept)->hints_pending, 1);
    assert_non_null(hinter_scan(&kept.one)); /* it is looked at again */
    one_serve(&kept.one);
    done(&kept);
}

static void an_owner_that_refuses_a_hint_has_not_confirmed_it(void **state)
{
    (void)state;
    struct kept kept;
    start_and_send(&kept);
    confirm(&kept, kept.owner, GR_ENOSPC);
    assert_int_equal(kept.one.loads_open, 0);
    assert_int_equal(stats(&kept)->hints_pending, 1);
    assert_int_equal(stats(&kept)->hints_delivered, 0);
    assert_non_null(hinter_scan(&kept.one));
    one_serve(&kept.one);
    done(&kept);
}

static void nobody_else_confirms_a_hint(void **state)
{
    (void)state;
    struct kept kept;
    start_and_send(&kept);
    confirm(&kept, one_owner(&kept.one, kept.key, 1), 0);
    assert_int_equal(kept.one.loads_open, 0);
    confirm(&kept, kept.owner, 0);
    assert_int_equal(kept.one.loads_open, 1);
    confirm(&kept, kept.owner, 0);
    assert_int_equal(kept.one.loads_open, 1);
    one_serve(&kept.one);
    done(&kept);
}

/* Whether it is still there nobody knows: the next pass finds out. */
static void a_removal_that_failed_leaves_the_figures(void **state)
{
    (void)state;
    struct kept kept;
    start_and_send(&kept);
    confirm(&kept, kept.owner, 0);
    one_loaded(&kept.one, 0, blob_ref(kept.object));
    one_stored(&kept.one, GR_EIO);
    assert_int_equal(stats(&kept)->hints_pending, 1);
    assert_non_null(hinter_scan(&kept.one));
    one_scanned(&kept.one, 0, page_new(1024)); /* it had gone */
    assert_int_equal(stats(&kept)->hints_pending, 0);
    assert_int_equal(stats(&kept)->hints_bytes, 0);
    done(&kept);
}

static void an_old_hint_goes_to_its_owner_all_the_same(void **state)
{
    (void)state;
    struct kept kept;
    start(&kept, HINTER_AGE_MS + 1);
    find(&kept, blob_bytes(kept.object));
    assert_true(kept.request != 0);
    one_serve(&kept.one);
    done(&kept);
}

/* --- the owner stays away --- */

static void start_without_owner(struct kept *kept)
{
    start(kept, HINTER_AGE_MS + 1);
    one_peer_down(&kept->one, kept->owner);
}

/* The hint was found, and has been sent to the two other owners. */
static void start_with_others(struct kept *kept)
{
    start_without_owner(kept);
    find(kept, blob_bytes(kept->object));
    assert_int_equal(kept->request, 0);
    kept->request = one_sent(&kept->one, one_owner(&kept->one, kept->key, 1), WIRE_put)->put.request;
    assert_int_equal(one_sent(&kept->one, one_owner(&kept->one, kept->key, 2), WIRE_put)->put.request, kept->request);
}

static void an_old_hint_goes_to_all_other_owners_and_is_dropped(void **state)
{
    (void)state;
    struct kept kept;
    start_with_others(&kept);
    confirm(&kept, one_owner(&kept.one, kept.key, 1), 0);
    assert_int_equal(kept.one.loads_open, 0);
    confirm(&kept, one_owner(&kept.one, kept.key, 2), 0);
    one_loaded(&kept.one, 0, blob_ref(kept.object));
    assert_null(one_effect(&kept.one, EFFECT_STORE, 0)->store.value);
    assert_int_equal(stats(&kept)->hints_dropped, 0);
    one_stored(&kept.one, 0);
    assert_int_equal(stats(&kept)->hints_dropped, 1);
    assert_int_equal(stats(&kept)->hints_delivered, 0);
    assert_int_equal(stats(&kept)->hints_pending, 0);
    done(&kept);
}

static void an_old_hint_that_was_renewed_meanwhile_stays(void **state)
{
    (void)state;
    struct kept kept;
    start_with_others(&kept);
    confirm(&kept, one_owner(&kept.one, kept.key, 1), 0);
    confirm(&kept, one_owner(&kept.one, kept.key, 2), 0);
    one_loaded(&kept.one, 0, hinter_object(&kept.one, kept.key, "new", 0));
    assert_int_equal(kept.one.stores_open, 0);
    assert_int_equal(stats(&kept)->hints_dropped, 0);
    assert_int_equal(stats(&kept)->hints_pending, 1);
    done(&kept);
}

static void an_old_hint_that_another_owner_refuses_stays(void **state)
{
    (void)state;
    struct kept kept;
    start_with_others(&kept);
    confirm(&kept, one_owner(&kept.one, kept.key, 1), 0);
    confirm(&kept, one_owner(&kept.one, kept.key, 2), GR_EIO);
    assert_int_equal(kept.one.loads_open, 0);
    assert_int_equal(stats(&kept)->hints_pending, 1);
    done(&kept);
}

static void an_old_hint_waits_until_all_other_owners_answer(void **state)
{
    (void)state;
    struct kept kept;
    start_without_owner(&kept);
    one_peer_down(&kept.one, one_owner(&kept.one, kept.key, 2));
    find(&kept, blob_bytes(kept.object));
    assert_null(one_sent(&kept.one, one_owner(&kept.one, kept.key, 1), WIRE_put));
    assert_int_equal(kept.one.loads_open, 0);
    assert_int_equal(stats(&kept)->hints_pending, 1);
    done(&kept);
}

/* It is young, but there is more than the bound allows (hint.h K2). */
static void beyond_the_bound_a_hint_goes_as_an_old_one(void **state)
{
    (void)state;
    struct kept kept;
    struct one_node *one = &kept.one;
    struct node_config config = hinter_config();
    config.hints_bytes_max = 1;
    one_start(one, &config, PEERS);
    hinter_wait(one, 200);
    kept.key = one_key_of_others(one, 0);
    kept.owner = one_owner(one, kept.key, 0);
    kept.object = hinter_object(one, kept.key, "v", 0);
    one_peer_down(one, kept.owner);
    hinter_keep(one, kept.owner, kept.key, blob_ref(kept.object));
    find(&kept, blob_bytes(kept.object));
    kept.request = one_sent(one, one_owner(one, kept.key, 1), WIRE_put)->put.request;
    confirm(&kept, one_owner(one, kept.key, 1), 0);
    confirm(&kept, one_owner(one, kept.key, 2), 0);
    one_loaded(one, 0, blob_ref(kept.object));
    one_stored(one, 0);
    assert_int_equal(stats(&kept)->hints_dropped, 1);
    assert_int_equal(stats(&kept)->hints_pending, 0);
    done(&kept);
}

/* --- what is not taken (O6) --- */

static void what_is_refused_is_tried_again_ever_later(void **state)
{
    (void)state;
    struct kept kept;
    start(&kept, 0);
    uint64_t pauses[6];
    for (unsigned i = 0; i < 6; i++) {
        uint64_t from_ms = kept.one.now.mono_ms;
        while (hinter_scan(&kept.one) == NULL) {
        }
        pauses[i] = kept.one.now.mono_ms - from_ms;
        hinter_find(&kept.one, kept.owner, kept.key, blob_bytes(kept.object));
        kept.request = one_sent(&kept.one, kept.owner, WIRE_put)->put.request;
        confirm(&kept, kept.owner, GR_ETOOBIG);
    }
    assert_int_equal(stats(&kept)->hints_refused, 6);
    assert_true(pauses[1] < 2 * HANDOFF_AGAIN_MS);
    assert_true(pauses[5] > 10 * HANDOFF_AGAIN_MS);
    one_peer_down(&kept.one, kept.owner);
    one_peer_up(&kept.one, kept.owner);
    assert_non_null(hinter_scan(&kept.one)); /* one that is back may have got over it */
    one_serve(&kept.one);
    done(&kept);
}

#define WRITERS 5u

/* Concurrent values, one each of so many actors. */
static struct blob *siblings(struct one_node *one, struct bytes key)
{
    struct object merged;
    object_init(&merged, CONFLICT_SIBLINGS);
    for (unsigned i = 0; i < WRITERS; i++) {
        struct object absent;
        struct object written;
        struct object before = merged;
        struct dot dot = {.actor = 20 + i, .hlc = hlc_from_ms(one->now.wall_ms) + i};
        struct bytes value = bytes_of("a value of twenty b.", 20);
        object_init(&absent, CONFLICT_SIBLINGS);
        assert_int_equal(object_write(&absent, CONFLICT_SIBLINGS, dot, &value, NULL, &one->arena, &written, NULL), 0);
        assert_int_equal(object_merge(&before, &written, &one->arena, &merged), 0);
    }
    struct blob *blob = blob_new(object_encoded_size(&merged));
    assert_non_null(blob);
    object_encode(&merged, key, blob->data);
    return blob;
}

/* What the owner has after another part. */
static void merge_into(struct one_node *one, struct bytes key, struct blob **whole, struct bytes part)
{
    struct object a;
    struct object b;
    struct object merged;
    object_init(&a, CONFLICT_SIBLINGS);
    if (*whole != NULL) {
        assert_int_equal(object_decode(blob_bytes(*whole), key, &one->arena, &a), 0);
    }
    assert_int_equal(object_decode(part, key, &one->arena, &b), 0);
    assert_int_equal(object_merge(&a, &b, &one->arena, &merged), 0);
    struct blob *blob = blob_new(object_encoded_size(&merged));
    assert_non_null(blob);
    object_encode(&merged, key, blob->data);
    blob_unref(*whole);
    *whole = blob;
}

/* A hint that no message can carry is kept. */
static void start_too_big(struct kept *kept)
{
    struct one_node *one = &kept->one;
    struct node_config config = hinter_config();
    config.object_bytes_max = 200;
    one_start(one, &config, PEERS);
    hinter_wait(one, 200);
    kept->key = one_key_of_others(one, 0);
    kept->owner = one_owner(one, kept->key, 0);
    kept->object = siblings(one, kept->key);
    hinter_keep(one, kept->owner, kept->key, blob_ref(kept->object));
}

static void what_is_too_big_for_a_message_goes_part_by_part(void **state)
{
    (void)state;
    struct kept kept;
    struct one_node *one = &kept.one;
    start_too_big(&kept);
    struct blob *held = blob_ref(kept.object);
    struct blob *taken = NULL;
    unsigned parts = 0;
    for (; held != NULL; parts++) {
        assert_non_null(hinter_scan(one));
        hinter_find(one, kept.owner, kept.key, blob_bytes(held));
        const struct wire_message *put = one_sent(one, kept.owner, WIRE_put);
        assert_true(put->put.object.len <= 200);
        merge_into(one, kept.key, &taken, put->put.object);
        kept.request = put->put.request;
        confirm(&kept, kept.owner, 0);
        one_loaded(one, 0, blob_ref(held));
        const struct effect *store = one_effect(one, EFFECT_STORE, 0);
        blob_unref(held);
        held = blob_ref(store->store.value);
        one_stored(one, 0);
    }
    assert_true(parts > 1);
    assert_true(bytes_equal(blob_bytes(taken), blob_bytes(kept.object)));
    assert_int_equal(stats(&kept)->hints_pending, 0);
    assert_int_equal(stats(&kept)->hints_delivered, 1);
    assert_int_equal(stats(&kept)->hints_dropped, 0);
    blob_unref(taken);
    done(&kept);
}

/* For a sanitizer to see. */
static void a_node_that_ends_while_a_part_is_on_its_way_frees_the_rest(void **state)
{
    (void)state;
    struct kept kept;
    start_too_big(&kept);
    assert_non_null(hinter_scan(&kept.one));
    hinter_find(&kept.one, kept.owner, kept.key, blob_bytes(kept.object));
    assert_non_null(one_sent(&kept.one, kept.owner, WIRE_put));
    done(&kept);
}

/* --- damage --- */

/* A copy of the kept object with one byte turned. */
static struct blob *damaged(const struct kept *kept)
{
    struct blob *copy = blob_copy(blob_bytes(kept->object));
    assert_non_null(copy);
    copy->data[copy->len - 1] ^= 1;
    return copy;
}

static void a_damaged_hint_is_dropped_and_never_sent(void **state)
{
    (void)state;
    struct kept kept;
    start(&kept, 0);
    struct blob *bad = damaged(&kept);
    find(&kept, blob_bytes(bad));
    assert_int_equal(kept.request, 0);
    assert_int_equal(stats(&kept)->objects_corrupt, 1);
    one_loaded(&kept.one, 0, blob_ref(bad));
    assert_null(one_effect(&kept.one, EFFECT_STORE, 0)->store.value);
    one_stored(&kept.one, 0);
    assert_int_equal(stats(&kept)->hints_dropped, 1);
    assert_int_equal(stats(&kept)->hints_pending, 0);
    blob_unref(bad);
    done(&kept);
}

static void a_hint_that_its_store_finds_damaged_goes_too(void **state)
{
    (void)state;
    struct kept kept;
    start(&kept, 0);
    struct blob *bad = damaged(&kept);
    find(&kept, blob_bytes(bad));
    one_loaded(&kept.one, GR_ECORRUPT, NULL);
    assert_int_equal(kept.one.stores_open, 1);
    one_stored(&kept.one, 0);
    assert_int_equal(stats(&kept)->hints_dropped, 1);
    assert_int_equal(stats(&kept)->hints_pending, 0);
    blob_unref(bad);
    done(&kept);
}

/* What was sound when it was sent, and is not any more, is not what the owner has confirmed. */
static void a_hint_damaged_after_it_was_sent_stays_for_the_next_pass(void **state)
{
    (void)state;
    struct kept kept;
    start_and_send(&kept);
    confirm(&kept, kept.owner, 0);
    one_loaded(&kept.one, GR_ECORRUPT, NULL);
    assert_int_equal(kept.one.stores_open, 0);
    assert_int_equal(stats(&kept)->hints_pending, 1);
    done(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hint_goes_once_its_owner_has_confirmed_it),
        cmocka_unit_test(a_hint_that_has_changed_meanwhile_stays),
        cmocka_unit_test(an_owner_that_refuses_a_hint_has_not_confirmed_it),
        cmocka_unit_test(nobody_else_confirms_a_hint),
        cmocka_unit_test(a_removal_that_failed_leaves_the_figures),
        cmocka_unit_test(an_old_hint_goes_to_its_owner_all_the_same),
        cmocka_unit_test(an_old_hint_goes_to_all_other_owners_and_is_dropped),
        cmocka_unit_test(an_old_hint_that_was_renewed_meanwhile_stays),
        cmocka_unit_test(an_old_hint_that_another_owner_refuses_stays),
        cmocka_unit_test(an_old_hint_waits_until_all_other_owners_answer),
        cmocka_unit_test(beyond_the_bound_a_hint_goes_as_an_old_one),
        cmocka_unit_test(what_is_refused_is_tried_again_ever_later),
        cmocka_unit_test(what_is_too_big_for_a_message_goes_part_by_part),
        cmocka_unit_test(a_node_that_ends_while_a_part_is_on_its_way_frees_the_rest),
        cmocka_unit_test(a_damaged_hint_is_dropped_and_never_sent),
        cmocka_unit_test(a_hint_that_its_store_finds_damaged_goes_too),
        cmocka_unit_test(a_hint_damaged_after_it_was_sent_stays_for_the_next_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
