#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/internal.h"
#include "node/sync_state.h"
#include "unit/node/hinter.h"

#define PEERS 4u
#define COORDINATOR (ONE_SELF + 1)

static void start_with(struct one_node *one, uint64_t hints_bytes_max)
{
    struct node_config config = hinter_config();
    config.hints_bytes_max = hints_bytes_max;
    one_start(one, &config, PEERS);
    hinter_wait(one, 200);
}

static uint16_t partition_of(const struct one_node *one, struct bytes key)
{
    return ring_partition(ring_slot(key), one->node->membership.partitions);
}

static const struct node_stats *stats(const struct one_node *one)
{
    return node_stats(one->node);
}

static void courtesies_keep_the_bound_and_replace_what_they_are_later_than(void **state)
{
    (void)state;
    struct one_node one;
    start_with(&one, 1000);
    assert_true(hints_have_room(one.node, 0, 1000));
    assert_false(hints_have_room(one.node, 0, 1001));
    struct bytes key = one_key_of_others(&one, 0);
    struct blob *object = hinter_object(&one, key, "v", 0);
    uint32_t len = object->len;
    hinter_keep(&one, one_owner(&one, key, 0), key, object);
    assert_int_equal(stats(&one)->hints_bytes, len);
    assert_true(hints_have_room(one.node, 0, 1000 - len));
    assert_false(hints_have_room(one.node, 0, 1001 - len));
    assert_true(hints_have_room(one.node, len, 1000));
    one_done(&one);
}

static void a_full_stand_in_takes_what_counts(void **state)
{
    (void)state;
    struct one_node one;
    start_with(&one, 1);
    struct bytes key = one_key_of_others(&one, 0);
    struct blob *object = hinter_object(&one, key, "v", 0);
    hinter_hear(&one, one_owner(&one, key, 0), key, object);
    one_loaded(&one, 0, NULL);
    one_stored(&one, 0);
    assert_int_equal(one_sent(&one, COORDINATOR, WIRE_put_ack)->put_ack.error, 0);
    assert_int_equal(stats(&one)->hints_pending, 1);
    assert_int_equal(stats(&one)->hints_dropped, 0);
    assert_int_equal(stats(&one)->stand_in_puts, 1);
    assert_true(hints_are_over(one.node));
    blob_unref(object);
    one_done(&one);
}

/* The figures never have less than there is. */
static void a_shorter_one_counts_when_it_is_stored(void **state)
{
    (void)state;
    struct one_node one;
    start_with(&one, 1000);
    struct bytes key = one_key_of_others(&one, 0);
    uint64_t owner = one_owner(&one, key, 0);
    struct blob *longer = hinter_object(&one, key, "a value of some length", 10);
    struct blob *shorter = hinter_object(&one, key, "v", 0);
    uint64_t bytes = longer->len;
    hinter_keep(&one, owner, key, blob_ref(longer));
    hinter_hear(&one, owner, key, shorter);
    one_loaded(&one, 0, blob_ref(longer));
    assert_int_equal(stats(&one)->hints_bytes, bytes);
    one_stored(&one, GR_EIO);
    assert_int_equal(stats(&one)->hints_bytes, bytes);
    hinter_hear(&one, owner, key, shorter);
    one_loaded(&one, 0, longer);
    assert_int_equal(stats(&one)->hints_bytes, bytes);
    one_stored(&one, 0);
    assert_int_equal(stats(&one)->hints_bytes, shorter->len);
    blob_unref(shorter);
    one_done(&one);
}

/* replica.h S4: one disk is one copy, whatever an older placement says. */
static void an_owner_that_stands_in_adds_to_its_own_copy(void **state)
{
    (void)state;
    struct one_node one;
    hinter_start(&one, PEERS);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    struct blob *object = hinter_object(&one, key, "v", 0);
    hinter_hear(&one, one_owner(&one, key, 1), key, object);
    one_loaded(&one, 0, NULL);
    assert_int_equal(one_effect(&one, EFFECT_STORE, 0)->store.owner, 0);
    one_stored(&one, 0);
    assert_int_equal(one_sent(&one, COORDINATOR, WIRE_put_ack)->put_ack.error, 0);
    assert_int_equal(stats(&one)->hints_pending, 0);
    blob_unref(object);
    one_done(&one);
}

static void nobody_keeps_hints_for_itself_or_for_strangers(void **state)
{
    (void)state;
    struct one_node one;
    hinter_start(&one, PEERS);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    struct bytes others = one_key_of_others(&one, 0);
    uint64_t stranger = ONE_SELF + 1;
    while (stranger == one_owner(&one, others, 0) || stranger == one_owner(&one, others, 1) ||
           stranger == one_owner(&one, others, 2)) {
        stranger++;
    }
    struct blob *object = hinter_object(&one, key, "v", 0);
    struct blob *of_others = hinter_object(&one, others, "v", 0);
    hinter_hear(&one, ONE_SELF, key, object);
    assert_int_equal(one_sent(&one, COORDINATOR, WIRE_put_ack)->put_ack.error, -GR_ENOTOWNER);
    hinter_hear(&one, stranger, others, of_others);
    assert_int_equal(one_sent(&one, COORDINATOR, WIRE_put_ack)->put_ack.error, -GR_ENOTOWNER);
    assert_int_equal(one.loads_open, 0);
    blob_unref(object);
    blob_unref(of_others);
    one_done(&one);
}

/* A write of this node as owner; a co-owner that is away gets a hint at the end, as no other member is there. */
static struct bytes write_without(struct one_node *one, uint64_t *ret_away)
{
    struct bytes key = one_key_of(one, 0, ONE_SELF, 0);
    uint64_t there = one_owner(one, key, 1);
    *ret_away = one_owner(one, key, 2);
    one_peer_down(one, *ret_away);
    one_put(one, key, "v");
    one_loaded(one, 0, NULL);
    uint64_t request = one_sent(one, there, WIRE_put)->put.request;
    struct dot dot = one_dot_of(one, key, one_sent(one, there, WIRE_put)->put.object);
    one_stored(one, 0);
    hinter_put_ack(one, there, request, 0, dot);
    assert_int_equal(one->status, 0);
    return key;
}

/* Are the key's partition's comparisons due at once? */
static bool is_dirty(struct one_node *one, struct bytes key)
{
    return due_pair(one->node, partition_of(one, key), one_owner(one, key, 1))->dirty;
}

static void start_three(struct one_node *one, uint64_t hints_bytes_max)
{
    struct node_config config = hinter_config();
    config.hints_bytes_max = hints_bytes_max;
    one_start(one, &config, 2);
}

static void an_own_hint_without_room_is_dropped_and_compared_for(void **state)
{
    (void)state;
    for (unsigned reads = 0; reads < 2; reads++) {
        struct one_node one;
        uint64_t away;
        start_three(&one, reads ? 1000 : 10);
        one.node->hints.bytes = reads ? 990 : 0; /* of others: it might still replace one that is there */
        struct bytes key = write_without(&one, &away);
        assert_int_equal(one.loads_open, reads);
        if (reads) {
            one_loaded(&one, 0, NULL);
        }
        assert_int_equal(one.stores_open, 0);
        assert_int_equal(stats(&one)->hints_dropped, 1);
        assert_int_equal(stats(&one)->store_errors, 0);
        assert_true(is_dirty(&one, key));
        assert_true(node_is_idle(one.node));
        one_done(&one);
    }
}

static void an_own_hint_is_kept_beside_the_object(void **state)
{
    (void)state;
    struct one_node one;
    uint64_t away;
    start_three(&one, 1u << 20);
    struct bytes key = write_without(&one, &away);
    assert_int_equal(one_effect(&one, EFFECT_LOAD, 0)->load.owner, away);
    one_loaded(&one, 0, NULL);
    const struct effect *store = one_effect(&one, EFFECT_STORE, 0);
    assert_int_equal(store->store.owner, away);
    assert_int_equal(store->store.live_delta, 0);
    assert_int_equal(store->store.leaf_delta, 0);
    assert_true(bytes_equal(one_value_of(&one, key, blob_bytes(store->store.value)), bytes_of_text("v")));
    one_stored(&one, 0);
    assert_int_equal(stats(&one)->hints_pending, 1);
    assert_int_equal(stats(&one)->hints_dropped, 0);
    assert_false(is_dirty(&one, key));
    one_done(&one);
}

/* What a stand-in has dropped, that owns nothing of it, its owners find (K2): nothing marks it dirty. */
static void owners_compare_soon_after_they_hear_each_other_again(void **state)
{
    (void)state;
    for (unsigned fails = 0; fails < 2; fails++) {
        struct one_node one;
        hinter_start(&one, 2);
        struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
        uint64_t away = one_owner(&one, key, 2);
        struct sync_pair *pair = due_pair(one.node, partition_of(&one, key), away);
        pair->due_ms = one.now.mono_ms + (1u << 30); /* they have just been compared */
        if (fails == 0) {
            one_peer_down(&one, away);
            one_peer_up(&one, away);
        } else {
            hinter_suspect(&one, away);
            one_hear(&one, away, &(struct wire_message){.type = WIRE_pong});
        }
        assert_true(pair->due_ms <= one.now.mono_ms + SYNC_SOON_MS);
        one_done(&one);
    }
}

static void an_own_hint_that_fails_is_dropped_and_compared_for(void **state)
{
    (void)state;
    for (unsigned fails = 0; fails < 2; fails++) {
        struct one_node one;
        uint64_t away;
        start_three(&one, 1u << 20);
        struct bytes key = write_without(&one, &away);
        if (fails == 0) {
            one_loaded(&one, GR_EIO, NULL);
        } else {
            one_loaded(&one, 0, NULL);
            one_stored(&one, GR_ENOSPC);
        }
        assert_int_equal(stats(&one)->hints_dropped, 1);
        assert_true(is_dirty(&one, key));
        one_done(&one);
    }
}

/* A coordinator waits for it: it may find somebody else. */
static void a_stand_ins_hint_that_fails_is_the_coordinators(void **state)
{
    (void)state;
    struct one_node one;
    hinter_start(&one, PEERS);
    struct bytes key = one_key_of_others(&one, 0);
    struct blob *object = hinter_object(&one, key, "v", 0);
    hinter_hear(&one, one_owner(&one, key, 0), key, object);
    one_loaded(&one, 0, NULL);
    assert_null(one_sent(&one, COORDINATOR, WIRE_put_ack)); /* K1 */
    one_stored(&one, GR_ENOSPC);
    assert_int_equal(one_sent(&one, COORDINATOR, WIRE_put_ack)->put_ack.error, -GR_ENOSPC);
    assert_int_equal(stats(&one)->hints_dropped, 0);
    blob_unref(object);
    one_done(&one);
}

static void hints_touch_the_partitions_of_their_owners(void **state)
{
    (void)state;
    struct one_node one;
    hinter_start(&one, PEERS);
    struct bytes key = one_key_of_others(&one, 0);
    uint64_t owner = one_owner(&one, key, 0);
    uint16_t partition = partition_of(&one, key);
    assert_false(hints_touch(one.node, partition));
    struct blob *object = hinter_object(&one, key, "v", 0);
    hinter_hear(&one, owner, key, object);
    one_loaded(&one, 0, NULL);
    assert_true(hints_touch(one.node, partition)); /* before it is stored */
    one_stored(&one, GR_EIO);
    assert_true(hints_touch(one.node, partition)); /* it may be there all the same */
    assert_non_null(hinter_scan(&one));
    one_scanned(&one, 0, page_new(1024));
    assert_false(hints_touch(one.node, partition));
    blob_unref(object);
    one_done(&one);
}

static void a_pass_beside_a_store_does_not_find_nothing(void **state)
{
    (void)state;
    struct one_node one;
    hinter_start(&one, PEERS);
    struct bytes key = one_key_of_others(&one, 0);
    struct blob *object = hinter_object(&one, key, "v", 0);
    hinter_hear(&one, one_owner(&one, key, 0), key, object);
    one_loaded(&one, 0, NULL);
    assert_non_null(hinter_scan(&one));
    one_scanned(&one, 0, page_new(1024));
    assert_true(hints_touch(one.node, partition_of(&one, key)));
    one_stored(&one, 0);
    one_done(&one);
    blob_unref(object);
}

static void a_store_beside_a_pass_is_not_overlooked(void **state)
{
    (void)state;
    struct one_node one;
    hinter_start(&one, PEERS);
    struct bytes key = one_key_of_others(&one, 0);
    uint64_t owner = one_owner(&one, key, 0);
    struct blob *object = hinter_object(&one, key, "v", 0);
    hinter_hear(&one, owner, key, object);
    one_loaded(&one, 0, NULL);
    one_stored(&one, GR_EIO); /* is it there? */
    assert_non_null(hinter_scan(&one));
    hinter_hear(&one, owner, key, object);
    one_loaded(&one, 0, NULL);
    one_scanned(&one, 0, page_new(1024));
    one_stored(&one, 0);
    assert_true(hints_touch(one.node, partition_of(&one, key)));
    blob_unref(object);
    one_done(&one);
}

/* --- the figures beside what there is --- */

#define KEYS 4u
#define MOVES 3000u

struct disk {
    struct one_node one;
    uint64_t owner;
    struct bytes keys[KEYS];
    struct blob *held[KEYS];
    struct rng rng;
};

static unsigned key_number(const struct disk *disk, struct bytes key)
{
    for (unsigned i = 0; i < KEYS; i++) {
        if (bytes_equal(disk->keys[i], key)) {
            return i;
        }
    }
    fail_msg("not a key of this test");
    return 0;
}

/* Carry out what the last step asked of the store, each thing at once: loads tell what is there, stores may fail, with
 * or without a trace. */
static void serve(struct disk *disk)
{
    struct one_node *one = &disk->one;
    while (one->loads_open + one->stores_open > 0) {
        const struct effect *load = one_effect(one, EFFECT_LOAD, 0);
        const struct effect *store = one_effect(one, EFFECT_STORE, 0);
        if (load != NULL) {
            one_loaded(one, 0, blob_ref(disk->held[key_number(disk, load->load.key)]));
            continue;
        }
        unsigned key = key_number(disk, store->store.key);
        bool fails = rng_below(&disk->rng, 3) == 0;
        if (!fails || rng_below(&disk->rng, 2) == 0) {
            blob_unref(disk->held[key]);
            disk->held[key] = blob_ref(store->store.value);
        }
        one_stored(one, fails ? GR_EIO : 0);
    }
}

static void hand_over(struct disk *disk)
{
    struct one_node *one = &disk->one;
    struct page *page = page_new(1u << 20);
    for (unsigned i = 0; i < KEYS; i++) {
        if (disk->held[i] != NULL) {
            assert_int_equal(page_add(page, disk->owner, disk->keys[i], blob_bytes(disk->held[i]), true), 0);
        }
    }
    one_scanned(one, 0, page);
    uint64_t requests[KEYS];
    unsigned count = 0;
    const struct effect *effect;
    for (unsigned i = 0; (effect = one_effect(one, EFFECT_SEND, i)) != NULL; i++) {
        if (effect->send.message.type == WIRE_put) {
            requests[count++] = effect->send.message.put.request;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        hinter_put_ack(one, disk->owner, requests[i], rng_below(&disk->rng, 3) == 0 ? GR_EBUSY : 0, DOT_NONE);
        serve(disk);
    }
}

static unsigned held(const struct disk *disk)
{
    unsigned count = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        count += disk->held[i] != NULL;
    }
    return count;
}

static void the_count_is_never_below_what_is_there(void **state)
{
    (void)state;
    struct disk disk = {.held = {NULL}};
    hinter_start(&disk.one, PEERS);
    rng_init(&disk.rng, 5);
    disk.owner = one_owner(&disk.one, one_key_of_others(&disk.one, 0), 0);
    for (unsigned i = 0; i < KEYS; i++) {
        disk.keys[i] = one_key_of(&disk.one, 0, disk.owner, i);
    }
    for (unsigned i = 0; i < MOVES; i++) {
        struct bytes key = disk.keys[rng_below(&disk.rng, KEYS)];
        if (rng_below(&disk.rng, 4) > 0) {
            struct blob *object = hinter_object(&disk.one, key, &"a long value"[rng_below(&disk.rng, 12)], 0);
            hinter_hear(&disk.one, disk.owner, key, object);
            blob_unref(object);
            serve(&disk);
        } else if (hinter_scan(&disk.one) != NULL) {
            hand_over(&disk);
        }
        const struct hint_queue *queue = hints_queue(&disk.one.node->hints, disk.owner);
        assert_true(stats(&disk.one)->hints_pending >= held(&disk));
        assert_int_equal(stats(&disk.one)->hints_bytes, queue == NULL ? 0 : queue->bytes);
    }
    while (stats(&disk.one)->hints_pending > 0) { /* and in the end it is what is there */
        assert_non_null(hinter_scan(&disk.one));
        hand_over(&disk);
    }
    assert_int_equal(held(&disk), 0);
    assert_int_equal(stats(&disk.one)->hints_bytes, 0);
    one_done(&disk.one);
}

/* A later, longer version was not stored: what goes is shorter than what was counted last. */
static void where_nothing_is_kept_no_bytes_are(void **state)
{
    (void)state;
    struct one_node one;
    hinter_start(&one, PEERS);
    struct bytes key = one_key_of_others(&one, 0);
    uint64_t owner = one_owner(&one, key, 0);
    struct blob *kept = hinter_object(&one, key, "v", 1);
    struct blob *longer = hinter_object(&one, key, "something longer", 0);
    hinter_keep(&one, owner, key, blob_ref(kept));
    hinter_hear(&one, owner, key, longer);
    one_loaded(&one, 0, blob_ref(kept));
    one_stored(&one, GR_ENOSPC);
    assert_int_equal(stats(&one)->hints_bytes, longer->len);
    assert_non_null(hinter_scan(&one));
    hinter_find(&one, owner, key, blob_bytes(kept));
    hinter_put_ack(&one, owner, one_sent(&one, owner, WIRE_put)->put.request, 0, DOT_NONE);
    one_loaded(&one, 0, kept);
    one_stored(&one, 0);
    assert_int_equal(stats(&one)->hints_pending, 0);
    assert_int_equal(stats(&one)->hints_bytes, 0);
    blob_unref(longer);
    one_done(&one);
}

/* The coordinator's put comes before the count of what an earlier life left has come to the same key. */
static void a_hint_stored_during_the_count_is_in_the_figures(void **state)
{
    (void)state;
    struct one_node before;
    struct one_node one = {.now = {.mono_ms = 1, .wall_ms = 1700000000000u}};
    struct node_config config = hinter_config();
    one_start(&before, &config, PEERS);
    struct bytes key = one_key_of_others(&before, 0);
    uint64_t owner = one_owner(&before, key, 0);
    struct blob *old = hinter_object(&before, key, "something long", 1);
    struct blob *new = hinter_object(&before, key, "short", 0);
    config.state = node_state(before.node);
    config.holds_data = true;
    assert_int_equal(node_new(&config, &one.node), 0);
    arena_init(&one.arena, 1024);
    one_tick(&one, 0);
    assert_int_equal(one.scans_open, 1);
    one_peer_up(&one, COORDINATOR);
    hinter_hear(&one, owner, key, new);
    one_loaded(&one, 0, blob_ref(old));
    one_stored(&one, 0);
    struct page *page = page_new(1024); /* as it was before the store */
    assert_int_equal(page_add(page, owner, key, blob_bytes(old), false), 0);
    one_scanned(&one, 0, page);
    assert_true(stats(&one)->hints_pending >= 1);
    assert_true(stats(&one)->hints_bytes >= new->len);
    blob_unref(old);
    blob_unref(new);
    one_done(&before);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(courtesies_keep_the_bound_and_replace_what_they_are_later_than),
        cmocka_unit_test(a_full_stand_in_takes_what_counts),
        cmocka_unit_test(a_shorter_one_counts_when_it_is_stored),
        cmocka_unit_test(an_owner_that_stands_in_adds_to_its_own_copy),
        cmocka_unit_test(nobody_keeps_hints_for_itself_or_for_strangers),
        cmocka_unit_test(an_own_hint_without_room_is_dropped_and_compared_for),
        cmocka_unit_test(an_own_hint_is_kept_beside_the_object),
        cmocka_unit_test(owners_compare_soon_after_they_hear_each_other_again),
        cmocka_unit_test(an_own_hint_that_fails_is_dropped_and_compared_for),
        cmocka_unit_test(a_stand_ins_hint_that_fails_is_the_coordinators),
        cmocka_unit_test(hints_touch_the_partitions_of_their_owners),
        cmocka_unit_test(a_pass_beside_a_store_does_not_find_nothing),
        cmocka_unit_test(a_store_beside_a_pass_is_not_overlooked),
        cmocka_unit_test(the_count_is_never_below_what_is_there),
        cmocka_unit_test(where_nothing_is_kept_no_bytes_are),
        cmocka_unit_test(a_hint_stored_during_the_count_is_in_the_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
