/* Writes of which an owner is away, silent or refuses (write.h W7, W8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/internal.h"
#include "unit/node/hinter.h"

struct writing {
    struct one_node one;
    struct bytes key;
    uint64_t owners[3];
    uint64_t others[4]; /* members that are neither owners nor this node */
    unsigned others_count;
};

static void start(struct writing *writing, unsigned peers, bool owned_here)
{
    struct one_node *one = &writing->one;
    hinter_start(one, peers);
    writing->key = owned_here ? one_key_of(one, 0, ONE_SELF, 0) : one_key_of_others(one, 0);
    writing->others_count = 0;
    for (unsigned i = 0; i < 3; i++) {
        writing->owners[i] = one_owner(one, writing->key, i);
    }
    for (uint64_t id = ONE_SELF + 1; id <= ONE_SELF + peers; id++) {
        if (id != writing->owners[0] && id != writing->owners[1] && id != writing->owners[2]) {
            writing->others[writing->others_count++] = id;
        }
    }
}

static void put(struct writing *writing, uint8_t w)
{
    struct bytes value = bytes_of_text("v");
    one_ask(&writing->one, (struct request){.op = OP_SET, .key = writing->key, .value = value, .w = w});
}

/* The put sent to a peer in the last step, and what an ack of it says. */
struct sent {
    uint64_t request, owner;
    struct dot dot;
};

static struct sent sent_to(struct writing *writing, uint64_t peer)
{
    const struct wire_message *message = one_sent(&writing->one, peer, WIRE_put);
    assert_non_null(message);
    struct dot dot = one_dot_of(&writing->one, writing->key, message->put.object);
    return (struct sent){message->put.request, message->put.owner, dot};
}

static void ack(struct writing *writing, uint64_t from, struct sent sent, int status)
{
    hinter_put_ack(&writing->one, from, sent.request, status, status == 0 ? sent.dot : DOT_NONE);
}

static uint64_t hint_loaded_for(const struct one_node *one, unsigned place)
{
    const struct effect *load = one_effect(one, EFFECT_LOAD, place);
    return load == NULL ? 0 : load->load.owner;
}

static void a_stand_in_takes_the_place_of_an_owner_that_is_away(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 3, true);
    one_peer_down(&writing.one, writing.owners[2]);
    put(&writing, 3);
    one_loaded(&writing.one, 0, NULL);
    struct sent to_owner = sent_to(&writing, writing.owners[1]);
    struct sent to_other = sent_to(&writing, writing.others[0]);
    assert_int_equal(to_owner.owner, 0);
    assert_int_equal(to_other.owner, writing.owners[2]);
    assert_null(one_sent(&writing.one, writing.owners[2], WIRE_put));
    one_stored(&writing.one, 0);
    ack(&writing, writing.others[0], to_other, 0);
    assert_int_equal(writing.one.replies, 0);
    ack(&writing, writing.owners[1], to_owner, 0);
    assert_int_equal(writing.one.status, 0);
    assert_int_equal(one_effect(&writing.one, EFFECT_REPLY, 0)->reply.copies, 3);
    assert_int_equal(writing.one.loads_open, 0); /* no hint here: the other has it */
    assert_true(node_is_idle(writing.one.node));
    one_done(&writing.one);
}

static void an_owner_lost_in_the_midst_is_stood_in_for(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 3, true);
    put(&writing, 2);
    one_loaded(&writing.one, 0, NULL);
    struct sent to_owner = sent_to(&writing, writing.owners[1]);
    one_stored(&writing.one, 0);
    ack(&writing, writing.owners[1], to_owner, 0);
    assert_int_equal(writing.one.status, 0);
    assert_int_equal(writing.one.replies, 1);
    one_peer_down(&writing.one, writing.owners[2]); /* after the reply it is still waited for */
    struct sent to_other = sent_to(&writing, writing.others[0]);
    assert_int_equal(to_other.owner, writing.owners[2]);
    ack(&writing, writing.others[0], to_other, 0);
    const struct effect *copies = one_effect(&writing.one, EFFECT_COPIES, 0);
    assert_int_equal(copies->copies.copies, 3);
    assert_true(copies->copies.final);
    assert_true(node_is_idle(writing.one.node));
    one_done(&writing.one);
}

static void late_acks_of_an_owner_and_its_stand_in_count_once(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 3, true);
    put(&writing, 3);
    one_loaded(&writing.one, 0, NULL);
    struct sent to_first = sent_to(&writing, writing.owners[1]);
    struct sent to_second = sent_to(&writing, writing.owners[2]);
    one_stored(&writing.one, 0);
    ack(&writing, writing.owners[2], to_second, GR_EBUSY); /* W is lost without a stand-in */
    struct sent to_other = sent_to(&writing, writing.others[0]);
    ack(&writing, writing.owners[2], to_second, 0); /* the same put, delivered twice */
    ack(&writing, writing.others[0], to_other, 0);
    assert_int_equal(writing.one.replies, 0);
    ack(&writing, writing.owners[1], to_first, 0);
    assert_int_equal(writing.one.status, 0);
    assert_int_equal(one_effect(&writing.one, EFFECT_REPLY, 0)->reply.copies, 3);
    one_done(&writing.one);
}

static void an_owner_that_refuses_gets_a_hint_at_the_end(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 3, true);
    put(&writing, 2);
    one_loaded(&writing.one, 0, NULL);
    struct sent to_first = sent_to(&writing, writing.owners[1]);
    struct sent to_second = sent_to(&writing, writing.owners[2]);
    one_stored(&writing.one, 0);
    ack(&writing, writing.owners[1], to_first, GR_EIO);
    assert_int_equal(writing.one.loads_open, 0); /* there is no success yet to tell of */
    ack(&writing, writing.owners[2], to_second, 0);
    assert_int_equal(writing.one.status, 0);
    assert_int_equal(hint_loaded_for(&writing.one, 0), writing.owners[1]);
    assert_int_equal(hint_loaded_for(&writing.one, 1), 0);
    one_serve(&writing.one);
    assert_int_equal(node_stats(writing.one.node)->hints_stored, 1);
    one_done(&writing.one);
}

static void a_silent_owner_gets_a_hint_when_time_is_up(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 3, true);
    put(&writing, 2);
    one_loaded(&writing.one, 0, NULL);
    struct sent to_first = sent_to(&writing, writing.owners[1]);
    one_stored(&writing.one, 0);
    ack(&writing, writing.owners[1], to_first, 0);
    assert_int_equal(writing.one.loads_open, 0);
    hinter_wait(&writing.one, ONE_TIMEOUT_MS); /* it answers pings all the while: its disk is slow */
    assert_int_equal(writing.one.loads_open, 1);
    one_serve(&writing.one);
    assert_int_equal(node_stats(writing.one.node)->hints_pending, 1);
    assert_true(node_is_idle(writing.one.node));
    one_done(&writing.one);
}

static void a_write_that_failed_leaves_no_hint(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 2, true);
    put(&writing, 3);
    one_loaded(&writing.one, 0, NULL);
    struct sent to_first = sent_to(&writing, writing.owners[1]);
    one_stored(&writing.one, 0);
    ack(&writing, writing.owners[1], to_first, GR_EIO);
    assert_int_equal(writing.one.status, GR_ENOQUORUM);
    assert_int_equal(writing.one.loads_open, 0);
    assert_true(node_is_idle(writing.one.node));
    one_done(&writing.one);
}

static void a_full_stand_in_is_followed_by_another(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 4, true);
    one_peer_down(&writing.one, writing.owners[2]);
    put(&writing, 3);
    one_loaded(&writing.one, 0, NULL);
    bool first_is_asked = one_sent(&writing.one, writing.others[0], WIRE_put) != NULL;
    uint64_t asked = writing.others[first_is_asked ? 0 : 1];
    uint64_t other = writing.others[first_is_asked ? 1 : 0];
    struct sent to_asked = sent_to(&writing, asked);
    ack(&writing, asked, to_asked, GR_EBUSY);
    assert_int_equal(sent_to(&writing, other).owner, writing.owners[2]);
    one_done(&writing.one);
}

static void a_node_that_reaches_no_owner_stands_in_itself(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 4, false);
    struct one_node *one = &writing.one;
    for (unsigned i = 0; i < 3; i++) {
        one_peer_down(one, writing.owners[i]);
    }
    put(&writing, 2);
    assert_int_equal(hint_loaded_for(one, 0), writing.owners[0]);
    one_loaded(one, 0, NULL);
    assert_int_equal(one_effect(one, EFFECT_STORE, 0)->store.owner, writing.owners[0]);
    assert_int_equal(one_effect(one, EFFECT_STORE, 0)->store.live_delta, 0);
    struct sent to_other = sent_to(&writing, writing.others[0]);
    assert_int_equal(to_other.owner, writing.owners[1]);
    one_stored(one, 0);
    assert_int_equal(one->replies, 0);
    ack(&writing, writing.others[0], to_other, 0);
    assert_int_equal(one->status, 0);
    assert_int_equal(hint_loaded_for(one, 0), writing.owners[2]); /* nobody was left to stand in for it */
    one_serve(one);
    assert_int_equal(node_stats(one->node)->hints_pending, 2);
    assert_int_equal(node_stats(one->node)->stand_in_puts, 1); /* the other is a courtesy */
    one_done(one);
}

static void a_node_alone_accepts_what_wants_one_copy(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 4, false);
    for (uint64_t peer = ONE_SELF + 1; peer <= ONE_SELF + 4; peer++) {
        one_peer_down(&writing.one, peer);
    }
    put(&writing, 2);
    assert_int_equal(writing.one.status, GR_ENOQUORUM);
    put(&writing, 1);
    one_loaded(&writing.one, 0, NULL);
    one_stored(&writing.one, 0);
    assert_int_equal(writing.one.status, 0);
    one_serve(&writing.one);
    assert_int_equal(node_stats(writing.one.node)->hints_pending, 3); /* one for each owner */
    one_done(&writing.one);
}

static void where_only_suspects_are_left_they_are_asked(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 2, true);
    hinter_suspect(&writing.one, writing.owners[1]);
    hinter_suspect(&writing.one, writing.owners[2]);
    put(&writing, 2);
    one_loaded(&writing.one, 0, NULL);
    struct sent to_first = sent_to(&writing, writing.owners[1]);
    one_stored(&writing.one, 0);
    ack(&writing, writing.owners[1], to_first, 0);
    assert_int_equal(writing.one.status, 0);
    one_done(&writing.one);
}

static void an_owner_whose_store_failed_is_stood_in_for(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 3, true);
    put(&writing, 3);
    one_loaded(&writing.one, 0, NULL);
    struct sent to_first = sent_to(&writing, writing.owners[1]);
    struct sent to_second = sent_to(&writing, writing.owners[2]);
    one_stored(&writing.one, GR_EIO);
    struct sent to_other = sent_to(&writing, writing.others[0]);
    assert_int_equal(to_other.owner, ONE_SELF);
    ack(&writing, writing.owners[1], to_first, 0);
    ack(&writing, writing.owners[2], to_second, 0);
    assert_int_equal(writing.one.replies, 0);
    ack(&writing, writing.others[0], to_other, 0);
    assert_int_equal(writing.one.status, 0);
    one_done(&writing.one);
}

static void a_stand_in_whose_store_failed_is_stood_in_for(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 4, false);
    for (unsigned i = 0; i < 3; i++) {
        one_peer_down(&writing.one, writing.owners[i]);
    }
    put(&writing, 1);
    one_loaded(&writing.one, 0, NULL);
    struct sent to_other = sent_to(&writing, writing.others[0]);
    one_stored(&writing.one, GR_ENOSPC);
    assert_int_equal(writing.one.replies, 0); /* the other may still take it */
    ack(&writing, writing.others[0], to_other, 0);
    assert_int_equal(writing.one.status, 0);
    one_done(&writing.one);
}

/* --- under which name a stand-in mints --- */

static uint64_t mint(struct writing *writing)
{
    struct one_node *one = &writing->one;
    one_ask(one,
            (struct request){
                .op = OP_SET, .key = writing->key, .value = bytes_of_text("v"), .w = 1, .policy = CONFLICT_SIBLINGS});
    one_loaded(one, 0, NULL);
    struct bytes object = blob_bytes(one_effect(one, EFFECT_STORE, 0)->store.value);
    uint64_t actor = one_dot_of(one, writing->key, object).actor;
    one_serve(one);
    return actor;
}

static void all_owners(struct writing *writing, void (*change)(struct one_node *, uint64_t))
{
    for (unsigned i = 0; i < 3; i++) {
        change(&writing->one, writing->owners[i]);
    }
}

static void deliver(struct writing *writing, uint64_t owner)
{
    struct one_node *one = &writing->one;
    struct blob *object = hinter_object(one, writing->key, "v", 0);
    one_peer_up(one, owner);
    one_tick(one, 0);
    assert_int_equal(one_effect(one, EFFECT_SCAN, 0)->scan.owner, owner);
    hinter_find(one, owner, writing->key, blob_bytes(object));
    uint64_t request = one_sent(one, owner, WIRE_put)->put.request;
    hinter_put_ack(one, owner, request, 0, DOT_NONE);
    one_loaded(one, 0, object);
    assert_int_equal(one->stores_open, 1);
    one_serve(one);
    one_peer_down(one, owner);
}

static void a_stand_in_mints_under_another_name_after_each_hint_that_has_gone(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 4, false);
    all_owners(&writing, one_peer_down);
    uint64_t first = mint(&writing);
    assert_true(first != node_actor(writing.one.node));
    assert_int_equal(mint(&writing), first);
    deliver(&writing, writing.owners[0]);
    uint64_t second = mint(&writing);
    assert_true(second != first);
    assert_true(second != node_actor(writing.one.node));
    one_done(&writing.one);
}

#define NEW 40u

/* What was kept for the old one is not under what is kept for the new one. */
static void a_stand_in_mints_under_another_name_when_an_owner_is_replaced(void **state)
{
    (void)state;
    struct writing writing;
    start(&writing, 4, false);
    all_owners(&writing, one_peer_down);
    uint64_t first = mint(&writing);
    one_ask(&writing.one, (struct request){.op = OP_REPLACE, .offset = writing.owners[0], .number = NEW});
    assert_int_equal(writing.one.status, 0);
    assert_true(mint(&writing) != first);
    one_done(&writing.one);
}

static void put_with_context(struct writing *writing)
{
    struct context seen;
    uint8_t raw[CONTEXT_ENCODED_MAX];
    context_clear(&seen);
    context_add(&seen, (struct dot){.actor = 77, .hlc = 50});
    context_encode(&seen, raw);
    one_ask(&writing->one, (struct request){.op = OP_SET,
                                            .policy = CONFLICT_SIBLINGS,
                                            .key = writing->key,
                                            .value = bytes_of_text("v"),
                                            .context = bytes_of(raw, context_encoded_size(&seen))});
}

/* doubt.h Z3: what the client's context does not cover would go out with the new value. */
static void with_a_context_a_hint_in_doubt_is_read_first(void **state)
{
    (void)state;
    for (unsigned kept = 0; kept < 2; kept++) {
        struct writing writing;
        struct one_node *one = &writing.one;
        start(&writing, 6, false);
        for (unsigned i = 0; i < 3; i++) {
            one_peer_down(one, writing.owners[i]);
        }
        one->node->fill.hints_in_doubt = true;
        one->node->hints.counted = true;
        if (kept > 0) {
            hints_counted(one->node, writing.owners[0], 9);
        }
        put_with_context(&writing);
        unsigned asked = 0;
        for (unsigned i = 0; i < writing.others_count; i++) {
            asked += one_sent(one, writing.others[i], WIRE_get) != NULL;
        }
        assert_int_equal(asked, kept);
        assert_int_equal(one_count(one, EFFECT_LOAD), kept > 0 ? 3 : 1); /* its hints; or the lane alone */
        one_done(one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stand_in_takes_the_place_of_an_owner_that_is_away),
        cmocka_unit_test(an_owner_lost_in_the_midst_is_stood_in_for),
        cmocka_unit_test(late_acks_of_an_owner_and_its_stand_in_count_once),
        cmocka_unit_test(an_owner_that_refuses_gets_a_hint_at_the_end),
        cmocka_unit_test(a_silent_owner_gets_a_hint_when_time_is_up),
        cmocka_unit_test(a_write_that_failed_leaves_no_hint),
        cmocka_unit_test(a_full_stand_in_is_followed_by_another),
        cmocka_unit_test(a_node_that_reaches_no_owner_stands_in_itself),
        cmocka_unit_test(a_node_alone_accepts_what_wants_one_copy),
        cmocka_unit_test(where_only_suspects_are_left_they_are_asked),
        cmocka_unit_test(an_owner_whose_store_failed_is_stood_in_for),
        cmocka_unit_test(a_stand_in_whose_store_failed_is_stood_in_for),
        cmocka_unit_test(a_stand_in_mints_under_another_name_after_each_hint_that_has_gone),
        cmocka_unit_test(a_stand_in_mints_under_another_name_when_an_owner_is_replaced),
        cmocka_unit_test(with_a_context_a_hint_in_doubt_is_read_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
