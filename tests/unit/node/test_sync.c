#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "base/error.h"
#include "node/key_list.h"
#include "node/sync_state.h"
#include "ring/slot.h"
#include "unit/node/one_node.h"

/* This node and one co-owner, which the test plays: they share all partitions. */
#define PEER (ONE_SELF + 1)
#define PARTITIONS 16u
#define SLOTS (LEAF_SLOTS / PARTITIONS) /* of a partition */
#define TICKS 400u
#define TICK_MS 50u

static struct bytes key;
static uint16_t slot;
static uint16_t partition;

static void start(struct one_node *one)
{
    struct node_config config = one_config();
    one_start(one, &config, 1);
    key = bytes_of_text("k");
    slot = ring_slot(key);
    partition = ring_partition(slot, PARTITIONS);
}

/* The peer is alive: it answers the ping that the node has just sent, if it has. */
static void answer_ping(struct one_node *one)
{
    const struct wire_message *ping = one_sent(one, PEER, WIRE_ping);
    if (ping != NULL) {
        struct wire_message pong = {.type = WIRE_pong};
        pong.pong.number = ping->ping.number;
        one_hear(one, PEER, &pong);
    }
}

/* Let time pass until the node asks the peer; NULL: it does not. */
static const struct wire_message *wait_for(struct one_node *one, enum wire_type type)
{
    const struct wire_message *sent = one_sent(one, PEER, type);
    for (unsigned i = 0; sent == NULL && i < TICKS; i++) {
        answer_ping(one);
        one_tick(one, TICK_MS);
        sent = one_sent(one, PEER, type);
    }
    return sent;
}

/* The peer says that the partition of the key differs, or none. */
static void answer_roots(struct one_node *one, bool differs)
{
    uint8_t raw[2] = {(uint8_t)partition, 0};
    const struct wire_message *roots = wait_for(one, WIRE_roots);
    assert_non_null(roots);
    struct wire_message ack = {.type = WIRE_roots_ack};
    ack.roots_ack.request = roots->roots.request;
    ack.roots_ack.differing = bytes_of(raw, differs ? sizeof raw : 0);
    one_hear(one, PEER, &ack);
}

/* The peer's leaves: the one of the key is 5, all others are 0. */
static void answer_tree(struct one_node *one)
{
    static uint8_t raw[SLOTS * LEAVES * sizeof(uint64_t)];
    const struct wire_message *tree = wait_for(one, WIRE_tree);
    assert_non_null(tree);
    assert_int_equal(tree->tree.partition, partition);
    memset(raw, 0, sizeof raw);
    raw[((slot % SLOTS) * LEAVES + leaf_of(key)) * sizeof(uint64_t)] = 5;
    struct wire_message ack = {.type = WIRE_tree_ack};
    ack.tree_ack.request = tree->tree.request;
    ack.tree_ack.leaves = bytes_of(raw, sizeof raw);
    one_hear(one, PEER, &ack);
}

static void answer_list(struct one_node *one, uint64_t request, struct bytes items, int error)
{
    struct wire_message ack = {.type = WIRE_list_ack};
    ack.list_ack.request = request;
    ack.list_ack.items = items;
    ack.list_ack.error = (uint16_t)-error;
    one_hear(one, PEER, &ack);
}

/* Up to the question for the keys of the slot; returns its number. */
static uint64_t go_down(struct one_node *one)
{
    answer_roots(one, true);
    answer_roots(one, true);
    answer_tree(one);
    const struct wire_message *list = one_sent(one, PEER, WIRE_list);
    assert_non_null(list);
    assert_int_equal(list->list.slot, slot);
    assert_int_equal(list->list.leaves, 1u << leaf_of(key));
    return list->list.request;
}

static struct buffer list_of_key(void)
{
    struct buffer list;
    buffer_init(&list, 1000);
    assert_int_equal(key_list_add(&list, &(struct key_item){.digest = 5, .key = key}), 0);
    return list;
}

static void empty_page(struct one_node *one)
{
    struct page *page = page_new(100);
    page->counts = true;
    one_scanned(one, 0, page);
}

static void equal_roots_are_a_comparison(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    answer_roots(&one, false);
    assert_int_equal(node_stats(one.node)->partitions_compared, PARTITIONS);
    assert_int_equal(node_stats(one.node)->partitions_differing, 0);
    one_done(&one);
}

/* A write was under way: after a pause both have it. */
static void roots_are_compared_twice_before_anything_else(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    answer_roots(&one, true);
    assert_null(one_sent(&one, PEER, WIRE_tree));
    answer_roots(&one, false);
    assert_null(one_sent(&one, PEER, WIRE_tree));
    assert_int_equal(node_stats(one.node)->partitions_compared, PARTITIONS);
    one_done(&one);
}

static void a_key_that_the_peer_alone_has_is_read_at_both(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    uint64_t request = go_down(&one);
    struct buffer list = list_of_key();
    empty_page(&one);
    answer_list(&one, request, buffer_bytes(&list), 0);
    one_tick(&one, 0);
    assert_int_equal(one.loads_open, 1);
    one_loaded(&one, 0, NULL);
    assert_true(bytes_equal(one_sent(&one, PEER, WIRE_get)->get.key, key));
    assert_int_equal(node_stats(one.node)->partitions_differing, 0); /* not before it is repaired */
    struct blob *object = one_object(&one, key, "v", (struct dot){.actor = 8, .hlc = 1});
    struct wire_message ack = {.type = WIRE_get_ack};
    ack.get_ack.request = one_sent(&one, PEER, WIRE_get)->get.request;
    ack.get_ack.object = blob_bytes(object);
    one_hear(&one, PEER, &ack);
    blob_unref(object);
    one_serve(&one);
    one_tick(&one, 0);
    assert_int_equal(node_stats(one.node)->keys_repaired, 1);
    assert_int_equal(node_stats(one.node)->partitions_differing, 1);
    buffer_done(&list);
    one_done(&one);
}

/* Y2: two keys of the leaf, in order, too big to be read at the same time. */
static void big_keys_are_repaired_one_after_another(void **state)
{
    (void)state;
    struct one_node one;
    struct buffer list;
    char name[16] = "{k}";
    start(&one);
    uint64_t request = go_down(&one);
    buffer_init(&list, 1000);
    for (unsigned i = 0, found = 0; found < 2; i++) {
        snprintf(name, sizeof name, "{k}%06u", i);
        struct key_item item = {.digest = 5, .object_len = SYNC_REPAIR_BYTES / 2 + 1, .key = bytes_of_text(name)};
        if (leaf_of(item.key) == leaf_of(key)) {
            assert_int_equal(key_list_add(&list, &item), 0);
            found++;
        }
    }
    empty_page(&one);
    answer_list(&one, request, buffer_bytes(&list), 0);
    one_tick(&one, 0);
    one_tick(&one, 10);
    assert_int_equal(one.loads_open, 1);
    one_loaded(&one, GR_EIO, NULL);
    for (unsigned i = 0; one.loads_open == 0 && i < TICKS; i++) {
        answer_ping(&one);
        one_tick(&one, TICK_MS);
    }
    assert_int_equal(one.loads_open, 1);
    buffer_done(&list);
    one_done(&one);
}

/* Answer the peer's comparisons until no more come. */
static void compare_all(struct one_node *one)
{
    while (wait_for(one, WIRE_roots) != NULL) {
        answer_roots(one, false);
    }
}

/* Two co-owners, of which one is away; with the other all has been compared. */
static void start_with_one_away(struct one_node *one)
{
    struct node_config config = one_config();
    one_start(one, &config, 2);
    one_peer_down(one, PEER + 1);
    compare_all(one);
}

/* Its last writes may have reached one of the other two. */
static void what_a_lost_owner_shared_is_compared_with_the_others(void **state)
{
    (void)state;
    struct one_node one;
    start_with_one_away(&one);
    answer_ping(&one);
    one_peer_up(&one, PEER + 1);
    assert_null(wait_for(&one, WIRE_roots));
    answer_ping(&one);
    uint64_t compared = node_stats(one.node)->partitions_compared;
    one_peer_down(&one, PEER + 1);
    answer_roots(&one, false);
    assert_int_equal(node_stats(one.node)->partitions_compared, compared + PARTITIONS);
    one_done(&one);
}

/* What it has looked at may be of before. */
static void who_is_lost_during_a_comparison_causes_another(void **state)
{
    (void)state;
    struct one_node one;
    start_with_one_away(&one);
    one_peer_up(&one, PEER + 1);
    one_peer_down(&one, PEER + 1);
    const struct wire_message *roots = wait_for(&one, WIRE_roots);
    assert_non_null(roots);
    struct wire_message ack = {.type = WIRE_roots_ack};
    ack.roots_ack.request = roots->roots.request;
    one_peer_up(&one, PEER + 1);
    one_peer_down(&one, PEER + 1);
    one_hear(&one, PEER, &ack);
    assert_non_null(wait_for(&one, WIRE_roots));
    one_done(&one);
}

/* Nobody knows how old the last comparison was before the start. */
static void the_age_of_what_was_never_compared_is_that_of_the_node(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    uint64_t began_ms = one.now.mono_ms;
    for (unsigned i = 0; one_sent(&one, PEER, WIRE_roots) == NULL && i < TICKS; i++) {
        answer_ping(&one);
        one_tick(&one, TICK_MS);
        assert_true(node_stats(one.node)->comparison_oldest_ms <= one.now.mono_ms - began_ms);
    }
    one_done(&one);
}

static void equal_lists_repair_nothing(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    uint64_t request = go_down(&one);
    empty_page(&one);
    answer_list(&one, request, BYTES_EMPTY, 0);
    one_tick(&one, 0);
    assert_int_equal(one.loads_open, 0);
    assert_int_equal(node_stats(one.node)->partitions_differing, 1);
    one_done(&one);
}

/* Y3: and it is tried again. */
static void a_list_that_cannot_be_read_is_no_comparison(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    uint64_t request = go_down(&one);
    answer_list(&one, request, BYTES_EMPTY, GR_EIO);
    one_tick(&one, 0);
    assert_int_equal(node_stats(one.node)->partitions_differing, 0);
    assert_int_equal(node_stats(one.node)->partitions_compared, PARTITIONS - 1);
    answer_roots(&one, false);
    assert_int_equal(node_stats(one.node)->partitions_compared, PARTITIONS);
    one_done(&one);
}

static void a_full_peer_is_asked_again(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    answer_list(&one, go_down(&one), BYTES_EMPTY, GR_EBUSY);
    assert_null(one_sent(&one, PEER, WIRE_list));
    assert_non_null(wait_for(&one, WIRE_list));
    one_done(&one);
}

static void keys_of_elsewhere_in_a_list_are_refused(void **state)
{
    (void)state;
    struct one_node one;
    struct buffer list;
    start(&one);
    uint64_t request = go_down(&one);
    buffer_init(&list, 1000);
    assert_int_equal(key_list_add(&list, &(struct key_item){.digest = 5, .key = bytes_of_text("elsewhere")}), 0);
    uint64_t refused = node_stats(one.node)->messages_refused;
    answer_list(&one, request, buffer_bytes(&list), 0);
    assert_int_equal(node_stats(one.node)->messages_refused, refused + 1);
    one_tick(&one, 0);
    assert_int_equal(node_stats(one.node)->partitions_differing, 0);
    buffer_done(&list);
    one_done(&one);
}

static void a_silent_peer_is_asked_again(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    const struct wire_message *roots = wait_for(&one, WIRE_roots);
    assert_non_null(roots);
    uint64_t request = roots->roots.request;
    one_tick(&one, 1);
    roots = wait_for(&one, WIRE_roots);
    assert_non_null(roots);
    assert_true(roots->roots.request != request);
    one_done(&one);
}

/* What the peer lists is repaired, but it may hold less than we did: no comparison. */
static void own_keys_that_cannot_be_listed_are_repaired_by_name(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    uint64_t request = go_down(&one);
    struct buffer list = list_of_key();
    one_scanned(&one, GR_ECORRUPT, NULL);
    answer_list(&one, request, buffer_bytes(&list), 0);
    one_tick(&one, 0);
    assert_int_equal(one.loads_open, 1);
    assert_int_equal(node_stats(one.node)->partitions_differing, 0);
    buffer_done(&list);
    one_done(&one);
}

static void hear_list(struct one_node *one, uint64_t from, uint16_t of_slot)
{
    struct wire_message list = {.type = WIRE_list};
    list.list.request = 9;
    list.list.slot = of_slot;
    list.list.leaves = UINT16_MAX;
    one_hear(one, from, &list);
}

static void a_co_owner_gets_its_list(void **state)
{
    (void)state;
    struct one_node one;
    struct key_item item;
    size_t at = 0;
    start(&one);
    hear_list(&one, PEER, slot);
    struct page *page = page_new(1000);
    assert_int_equal(page_add(page, 0, key, bytes_of_text("12345678"), false), 0);
    page->more = true;
    one_scanned(&one, 0, page);
    const struct wire_message *ack = one_sent(&one, PEER, WIRE_list_ack);
    assert_int_equal(ack->list_ack.more, 1);
    assert_true(key_list_next(ack->list_ack.items, &at, &item));
    assert_true(bytes_equal(item.key, key));
    one_done(&one);
}

static void who_owns_nothing_of_it_gets_no_list(void **state)
{
    (void)state;
    struct one_node one;
    struct node_config config = one_config();
    one_start(&one, &config, 3);
    struct bytes foreign = one_key_of_others(&one, 0);
    hear_list(&one, PEER, ring_slot(foreign));
    assert_int_equal(one.scans_open, 0);
    assert_int_equal(one_sent(&one, PEER, WIRE_list_ack)->list_ack.error, -GR_ENOTOWNER);
    struct wire_message tree = {.type = WIRE_tree};
    tree.tree.partition = PARTITIONS;
    one_hear(&one, PEER, &tree);
    assert_int_equal(one_sent(&one, PEER, WIRE_tree_ack)->tree_ack.error, -GR_ENOTOWNER);
    one_done(&one);
}

static void lists_being_read_are_bounded(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    for (unsigned i = 0; i < SYNC_LISTINGS_MAX; i++) {
        hear_list(&one, PEER, slot);
        assert_null(one_sent(&one, PEER, WIRE_list_ack));
    }
    hear_list(&one, PEER, slot);
    assert_int_equal(one_sent(&one, PEER, WIRE_list_ack)->list_ack.error, -GR_EBUSY);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_roots_are_a_comparison),
        cmocka_unit_test(roots_are_compared_twice_before_anything_else),
        cmocka_unit_test(a_key_that_the_peer_alone_has_is_read_at_both),
        cmocka_unit_test(big_keys_are_repaired_one_after_another),
        cmocka_unit_test(what_a_lost_owner_shared_is_compared_with_the_others),
        cmocka_unit_test(who_is_lost_during_a_comparison_causes_another),
        cmocka_unit_test(the_age_of_what_was_never_compared_is_that_of_the_node),
        cmocka_unit_test(equal_lists_repair_nothing),
        cmocka_unit_test(a_list_that_cannot_be_read_is_no_comparison),
        cmocka_unit_test(a_full_peer_is_asked_again),
        cmocka_unit_test(keys_of_elsewhere_in_a_list_are_refused),
        cmocka_unit_test(a_silent_peer_is_asked_again),
        cmocka_unit_test(own_keys_that_cannot_be_listed_are_repaired_by_name),
        cmocka_unit_test(a_co_owner_gets_its_list),
        cmocka_unit_test(who_owns_nothing_of_it_gets_no_list),
        cmocka_unit_test(lists_being_read_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
