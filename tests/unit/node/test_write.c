#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hlc.h"
#include "node/internal.h"
#include "unit/node/one_node.h"

#define PEER_A (ONE_SELF + 1)
#define PEER_B (ONE_SELF + 2)

/* Three owners of every key, W = 2. */
static struct bytes start(struct one_node *one)
{
    struct node_config config = one_config();
    one_start(one, &config, 2);
    return one_key_of(one, 0, ONE_SELF, 0);
}

/* The put that was sent to a peer in the last step: what an ack of it says. */
struct sent_put {
    uint64_t request;
    struct dot dot;
};

static struct sent_put sent_put(struct one_node *one, uint64_t peer, struct bytes key)
{
    const struct wire_message *put = one_sent(one, peer, WIRE_put);
    assert_non_null(put);
    return (struct sent_put){put->put.request, one_dot_of(one, key, put->put.object)};
}

static void hear_ack(struct one_node *one, uint64_t from, uint64_t request, int status, struct dot newest)
{
    struct wire_message ack = {.type = WIRE_put_ack};
    ack.put_ack.request = request;
    ack.put_ack.error = (uint16_t)-status;
    ack.put_ack.newest_actor = newest.actor;
    ack.put_ack.newest_hlc = newest.hlc;
    one_hear(one, from, &ack);
}

static void w_durable_copies_make_a_success(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_put(&one, key, "v");
    one_loaded(&one, 0, NULL);
    struct sent_put put = sent_put(&one, PEER_A, key);
    hear_ack(&one, PEER_A, put.request, 0, put.dot);
    assert_int_equal(one.replies, 0); /* the own store is still open */
    one_stored(&one, 0);
    assert_int_equal(one.replies, 1);
    assert_int_equal(one.status, 0);
    hear_ack(&one, PEER_B, put.request, 0, put.dot);
    assert_int_equal(one.replies, 1);
    assert_int_equal(one_effect(&one, EFFECT_COPIES, 0)->copies.copies, 3);
    assert_true(node_is_idle(one.node));
    one_done(&one);
}

/* The write was minted anew; what a replica says of the first dot does not tell that it holds the second. */
static void an_ack_of_an_earlier_dot_does_not_count(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_put(&one, key, "v");
    one_loaded(&one, 0, NULL);
    struct sent_put first = sent_put(&one, PEER_A, key);
    struct dot greater = {.actor = 9, .hlc = first.dot.hlc + hlc_from_ms(100)};
    hear_ack(&one, PEER_A, first.request, 0, greater);
    struct sent_put second = sent_put(&one, PEER_B, key);
    assert_true(dot_compare(greater, second.dot) < 0);
    one_serve(&one);
    hear_ack(&one, PEER_B, first.request, 0, first.dot);
    assert_int_equal(one.replies, 0);
    hear_ack(&one, PEER_B, second.request, 0, second.dot);
    assert_int_equal(one.replies, 1);
    assert_int_equal(one.status, 0);
    one_done(&one);
}

/* Nothing can be minted above it. */
static void an_ack_with_a_dot_that_cannot_be_is_a_failure(void **state)
{
    (void)state;
    static const uint64_t clocks[] = {WIRE_HLC_MAX, HLC_OUTSIDE_MAX + 1};
    for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        struct one_node one;
        struct bytes key = start(&one);
        one_put(&one, key, "v");
        one_loaded(&one, 0, NULL);
        struct sent_put put = sent_put(&one, PEER_A, key);
        uint64_t clock = node_clock(one.node);
        hear_ack(&one, PEER_A, put.request, 0, (struct dot){.actor = 9, .hlc = clocks[i]});
        assert_int_equal(node_clock(one.node), clock);
        one_stored(&one, 0);
        assert_int_equal(one.replies, 0);
        hear_ack(&one, PEER_B, put.request, 0, put.dot);
        assert_int_equal(one.replies, 1);
        assert_int_equal(one.status, 0);
        one_done(&one);
    }
}

static void a_repeated_ack_counts_once(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_ask(&one, (struct request){.op = OP_SET, .key = key, .value = bytes_of_text("v"), .w = 3});
    one_loaded(&one, 0, NULL);
    struct sent_put put = sent_put(&one, PEER_A, key);
    one_stored(&one, 0);
    hear_ack(&one, PEER_A, put.request, 0, put.dot);
    hear_ack(&one, PEER_A, put.request, 0, put.dot);
    assert_int_equal(one.replies, 0);
    hear_ack(&one, PEER_B, put.request, 0, put.dot);
    assert_int_equal(one.replies, 1);
    one_done(&one);
}

static void w_is_lost_when_too_few_owners_are_left(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_put(&one, key, "v");
    one_loaded(&one, 0, NULL);
    struct sent_put put = sent_put(&one, PEER_A, key);
    one_stored(&one, 0);
    hear_ack(&one, PEER_A, put.request, GR_ENOSPC, DOT_NONE);
    assert_int_equal(one.replies, 0);
    one_peer_down(&one, PEER_B);
    assert_int_equal(one.replies, 1);
    assert_int_equal(one.status, GR_ENOQUORUM);
    assert_true(node_is_idle(one.node));
    one_done(&one);
}

/* What is minted on a copy that cannot be read could cover what the copy holds. */
static void a_copy_that_cannot_be_read_sends_the_write_to_another_owner(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_put(&one, key, "v");
    one_loaded(&one, GR_EIO, NULL);
    assert_int_equal(one.stores_open, 0);
    assert_int_equal(one.replies, 0);
    assert_non_null(one_sent(&one, one_owner(&one, key, 1), WIRE_forward));
    one_tick(&one, ONE_TIMEOUT_MS);
    assert_int_equal(one.replies, 1);
    assert_true(node_is_idle(one.node));
    one_done(&one);
}

/* Others may hold the dot whose store failed here: what is minted next must not seem to have seen it. */
static void after_a_failed_store_dots_are_of_another_actor(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_put(&one, key, "a");
    one_loaded(&one, 0, NULL);
    struct dot lost = sent_put(&one, PEER_A, key).dot;
    one_stored(&one, GR_EIO);
    one_put(&one, key, "b");
    one_loaded(&one, 0, NULL);
    assert_true(sent_put(&one, PEER_A, key).dot.actor != lost.actor);
    assert_false(node_may_keep_actor(one.node));
    one_serve(&one);
    one_done(&one);
}

/* The next APPEND may have read its quorum already: it would be built on the value without this one. */
static void an_append_whose_own_store_failed_is_not_acknowledged(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_ask(&one, (struct request){.op = OP_APPEND, .key = key, .value = bytes_of_text("v")});
    one_loaded(&one, 0, NULL);
    uint64_t request = one_sent(&one, PEER_A, WIRE_get)->get.request;
    struct wire_message nothing = {.type = WIRE_get_ack, .get_ack = {.request = request}};
    one_hear(&one, PEER_A, &nothing);
    one_loaded(&one, 0, NULL);
    struct sent_put put = sent_put(&one, PEER_A, key);
    hear_ack(&one, PEER_A, put.request, 0, put.dot);
    hear_ack(&one, PEER_B, put.request, 0, put.dot);
    assert_int_equal(one.replies, 0);
    one_stored(&one, GR_ENOSPC);
    assert_int_equal(one.replies, 1);
    assert_int_equal(one.status, GR_ENOQUORUM);
    one_done(&one);
}

/* Fill the disk: a plain put finds out. */
static void fill_disk(struct one_node *one)
{
    one_put(one, bytes_of_text("any"), "v");
    if (one->loads_open > 0) {
        one_loaded(one, 0, NULL);
    }
    one_stored(one, GR_ENOSPC);
}

static void start_append(struct one_node *one, struct bytes key)
{
    one_ask(one, (struct request){.op = OP_APPEND, .key = key, .value = bytes_of_text("w"), .r = 1});
    while (one->stores_open == 0) {
        one_loaded(one, 0, NULL);
    }
}

/* Else each attempt would append, and be answered with an error. */
static void an_append_that_finds_the_disk_full_leaves_no_trace(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    fill_disk(&one);
    unsigned replies = one.replies;
    start_append(&one, key);
    assert_null(one_sent(&one, PEER_A, WIRE_put));
    one_stored(&one, GR_ENOSPC);
    assert_null(one_sent(&one, PEER_A, WIRE_put));
    assert_int_equal(one.replies, replies + 1);
    assert_int_equal(one.status, GR_ENOSPC);
    one_done(&one);
}

/* Of another failure the disk may have something: no "nothing was done", and no other is sent it. */
static void an_append_that_was_held_back_and_failed_stays_here(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    fill_disk(&one);
    start_append(&one, key);
    one_stored(&one, GR_EIO);
    assert_null(one_sent(&one, PEER_A, WIRE_put));
    assert_int_equal(one.status, GR_ENOQUORUM);
    one_done(&one);
}

static void with_room_again_the_others_get_it_once_it_is_stored(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    fill_disk(&one);
    start_append(&one, key);
    unsigned replies = one.replies;
    one_stored(&one, 0);
    struct sent_put put = sent_put(&one, PEER_A, key);
    hear_ack(&one, PEER_A, put.request, 0, put.dot);
    assert_int_equal(one.replies, replies + 1);
    assert_int_equal(one.status, 0);
    start_append(&one, key);
    assert_non_null(one_sent(&one, PEER_A, WIRE_put)); /* as ever */
    one_serve(&one);
    one_done(&one);
}

/* A write that is to be minted anew waits in a lane whose store has failed; its deadline comes first. */
static void a_write_past_its_deadline_leaves_the_lane(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_put(&one, key, "a");
    one_put(&one, key, "b");
    one_loaded(&one, 0, NULL);
    const struct effect *second = one_effect(&one, EFFECT_STORE, 1);
    struct sent_put put = {second->store.token, one_dot_of(&one, key, blob_bytes(second->store.value))};
    one_stored(&one, GR_EIO);
    hear_ack(&one, PEER_A, put.request, 0, (struct dot){.actor = 9, .hlc = put.dot.hlc + hlc_from_ms(100)});
    one_tick(&one, ONE_TIMEOUT_MS);
    assert_int_equal(one.replies, 2);
    one_stored(&one, GR_EIO);
    assert_int_equal(one.loads_open, 0);
    assert_true(node_is_idle(one.node));
    one_done(&one);
}

/* A late answer to a request of an earlier life must not pass for the answer to one of this life. */
static void requests_of_two_lives_have_different_numbers(void **state)
{
    (void)state;
    uint64_t numbers[2][4];
    for (unsigned life = 0; life < 2; life++) {
        struct one_node one;
        struct node_config config = one_config();
        config.seed = 1 + life;
        one_start(&one, &config, 3);
        struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
        struct bytes others = one_key_of_others(&one, 0);
        uint64_t peer = one_owner(&one, key, 1);
        one_put(&one, key, "v");
        one_loaded(&one, 0, NULL);
        numbers[life][0] = one_sent(&one, peer, WIRE_put)->put.request;
        one_ask(&one, (struct request){.op = OP_GET, .key = key});
        one_loaded(&one, 0, NULL);
        numbers[life][1] = one_sent(&one, peer, WIRE_get)->get.request;
        one_ask(&one, (struct request){.op = OP_GET, .key = others});
        numbers[life][2] = one_sent(&one, one_owner(&one, others, 0), WIRE_forward)->forward.request;
        one_ask(&one, (struct request){.op = OP_COUNT});
        numbers[life][3] = one_sent(&one, peer, WIRE_count)->count.request;
        one_serve(&one);
        one_done(&one);
    }
    for (unsigned kind = 0; kind < 4; kind++) {
        assert_true(numbers[0][kind] != numbers[1][kind]);
    }
}

static const struct dot doubted = {.actor = 8, .hlc = 100};

/* A client has read something else of the key, and keeps siblings. */
static void put_with_context(struct one_node *one, struct bytes key)
{
    struct context seen;
    uint8_t raw[CONTEXT_ENCODED_MAX];
    context_clear(&seen);
    context_add(&seen, (struct dot){.actor = 77, .hlc = 50});
    context_encode(&seen, raw);
    one_ask(one, (struct request){.op = OP_SET,
                                  .policy = CONFLICT_SIBLINGS,
                                  .key = key,
                                  .value = bytes_of_text("new"),
                                  .context = bytes_of(raw, context_encoded_size(&seen))});
}

static struct blob *sibling(struct bytes key, struct dot dot)
{
    struct entry entry = {.dot = dot, .payload = bytes_of_text("old")};
    struct object object;
    object_init(&object, CONFLICT_SIBLINGS);
    context_add(&object.context, dot);
    object.entries = &entry;
    object.count = 1;
    struct blob *blob = blob_new(object_encoded_size(&object));
    assert_non_null(blob);
    object_encode(&object, key, blob->data);
    return blob;
}

static void hear_absent(struct one_node *one, uint64_t from, uint64_t request, uint64_t floor)
{
    struct wire_message ack = {.type = WIRE_get_ack, .get_ack = {.request = request, .floor = floor}};
    one_hear(one, from, &ack);
}

/* doubt.h Z3: the client's context does not cover what is in doubt, and it would stay beside the new value. */
static void a_write_with_a_context_spreads_nothing_that_is_in_doubt(void **state)
{
    (void)state;
    for (uint64_t floor = doubted.hlc - 1; floor <= doubted.hlc; floor++) {
        struct one_node one;
        struct object sent;
        struct bytes key = start(&one);
        env_begin(&one.node->env, one.now);
        fill_start_all(one.node, true);
        put_with_context(&one, key);
        one_loaded(&one, 0, sibling(key, doubted));
        uint64_t peer = one_sent(&one, PEER_A, WIRE_get) != NULL ? PEER_A : PEER_B;
        assert_non_null(one_sent(&one, peer, WIRE_get));
        hear_absent(&one, peer, one_sent(&one, peer, WIRE_get)->get.request, floor);
        one_loaded(&one, 0, sibling(key, doubted));
        struct bytes object = one_sent(&one, PEER_A, WIRE_put)->put.object;
        assert_int_equal(object_decode(object, key, &one.arena, &sent), 0);
        assert_int_equal(sent.count, floor < doubted.hlc ? 2 : 1);
        assert_true(context_covers(&sent.context, doubted));
        one_done(&one);
    }
}

static void where_nothing_is_in_doubt_a_write_with_a_context_reads_no_quorum(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    put_with_context(&one, key);
    one_loaded(&one, 0, sibling(key, doubted));
    assert_non_null(one_sent(&one, PEER_A, WIRE_put));
    one_done(&one);
}

/* It supersedes all that is there, in doubt or not. */
static void a_write_without_a_context_needs_not_know(void **state)
{
    (void)state;
    struct one_node one;
    struct object sent;
    struct bytes key = start(&one);
    env_begin(&one.node->env, one.now);
    fill_start_all(one.node, true);
    one_ask(&one,
            (struct request){.op = OP_SET, .policy = CONFLICT_SIBLINGS, .key = key, .value = bytes_of_text("new")});
    one_loaded(&one, 0, sibling(key, doubted));
    assert_int_equal(object_decode(one_sent(&one, PEER_A, WIRE_put)->put.object, key, &one.arena, &sent), 0);
    assert_int_equal(sent.count, 1);
    assert_false(dot_equal(sent.entries[0].dot, doubted));
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(w_durable_copies_make_a_success),
        cmocka_unit_test(an_ack_of_an_earlier_dot_does_not_count),
        cmocka_unit_test(an_ack_with_a_dot_that_cannot_be_is_a_failure),
        cmocka_unit_test(a_repeated_ack_counts_once),
        cmocka_unit_test(w_is_lost_when_too_few_owners_are_left),
        cmocka_unit_test(a_copy_that_cannot_be_read_sends_the_write_to_another_owner),
        cmocka_unit_test(after_a_failed_store_dots_are_of_another_actor),
        cmocka_unit_test(an_append_whose_own_store_failed_is_not_acknowledged),
        cmocka_unit_test(an_append_that_finds_the_disk_full_leaves_no_trace),
        cmocka_unit_test(an_append_that_was_held_back_and_failed_stays_here),
        cmocka_unit_test(with_room_again_the_others_get_it_once_it_is_stored),
        cmocka_unit_test(a_write_past_its_deadline_leaves_the_lane),
        cmocka_unit_test(requests_of_two_lives_have_different_numbers),
        cmocka_unit_test(a_write_with_a_context_spreads_nothing_that_is_in_doubt),
        cmocka_unit_test(where_nothing_is_in_doubt_a_write_with_a_context_reads_no_quorum),
        cmocka_unit_test(a_write_without_a_context_needs_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
