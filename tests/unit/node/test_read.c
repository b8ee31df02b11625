#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "unit/node/hinter.h"

#define PEERS 4u

/* A read of a key that this node owns; in a ring of five, two may stand in. */
struct reading {
    struct one_node one;
    struct bytes key;
    uint64_t owners[3];
    uint64_t others[2];
    struct blob *object;
};

static void prepare(struct reading *reading, bool owned_here, const char *value)
{
    struct one_node *one = &reading->one;
    reading->key = owned_here ? one_key_of(one, 0, ONE_SELF, 0) : one_key_of_others(one, 0);
    unsigned others = 0;
    for (unsigned i = 0; i < 3; i++) {
        reading->owners[i] = one_owner(one, reading->key, i);
    }
    for (uint64_t id = ONE_SELF + 1; id <= ONE_SELF + PEERS; id++) {
        if (id != reading->owners[0] && id != reading->owners[1] && id != reading->owners[2]) {
            reading->others[others++] = id;
        }
    }
    reading->object = hinter_object(one, reading->key, value, 0);
}

static void start(struct reading *reading, bool owned_here)
{
    hinter_start(&reading->one, PEERS);
    prepare(reading, owned_here, "v");
}

static void done(struct reading *reading)
{
    blob_unref(reading->object);
    one_done(&reading->one);
}

static void get(struct reading *reading, uint8_t r)
{
    one_ask(&reading->one, (struct request){.op = OP_GET, .key = reading->key, .r = r});
}

/* The own copy is there. */
static void get_with_own(struct reading *reading, uint8_t r)
{
    get(reading, r);
    one_loaded(&reading->one, 0, blob_ref(reading->object));
}

static uint64_t asked(const struct reading *reading, uint64_t peer)
{
    const struct wire_message *message = one_sent(&reading->one, peer, WIRE_get);
    return message == NULL ? 0 : message->get.request;
}

static void answer(struct reading *reading, uint64_t from, uint64_t request, int error, struct bytes object)
{
    struct wire_message ack = {.type = WIRE_get_ack};
    ack.get_ack.request = request;
    ack.get_ack.error = (uint16_t)-error;
    ack.get_ack.object = object;
    one_hear(&reading->one, from, &ack);
}

static void answer_same(struct reading *reading, uint64_t from, uint64_t request)
{
    struct wire_message ack = {.type = WIRE_get_ack, .get_ack = {.request = request, .same = 1}};
    one_hear(&reading->one, from, &ack);
}

static struct bytes value_of_reply(const struct reading *reading)
{
    const struct effect *reply = one_effect(&reading->one, EFFECT_REPLY, 0);
    assert_non_null(reply);
    assert_int_equal(reply->reply.status, 0);
    return reply->reply.found ? reply->reply.value : BYTES_EMPTY;
}

static void set_usual(struct reading *reading, uint64_t peer, uint32_t ms)
{
    hinter_health(&reading->one, peer)->hedge_ms = ms;
}

static void as_many_are_asked_as_r_takes_and_the_fastest(void **state)
{
    (void)state;
    struct reading reading;
    start(&reading, true);
    set_usual(&reading, reading.owners[1], 40);
    set_usual(&reading, reading.owners[2], 5);
    get_with_own(&reading, 2);
    uint64_t request = asked(&reading, reading.owners[2]);
    assert_true(request != 0);
    assert_int_equal(asked(&reading, reading.owners[1]), 0);
    answer_same(&reading, reading.owners[2], request);
    assert_true(bytes_equal(value_of_reply(&reading), bytes_of_text("v")));
    assert_true(node_is_idle(reading.one.node));
    done(&reading);
}

static void one_copy_is_the_own_one(void **state)
{
    (void)state;
    struct reading reading;
    start(&reading, true);
    get_with_own(&reading, 1);
    assert_int_equal(one_count(&reading.one, EFFECT_SEND), 0);
    assert_true(bytes_equal(value_of_reply(&reading), bytes_of_text("v")));
    done(&reading);
}

static void a_slow_one_is_overtaken_by_the_next(void **state)
{
    (void)state;
    struct reading reading;
    start(&reading, true);
    set_usual(&reading, reading.owners[1], 5);
    set_usual(&reading, reading.owners[2], 9);
    get_with_own(&reading, 2);
    uint64_t request = asked(&reading, reading.owners[1]);
    one_tick(&reading.one, 4);
    assert_int_equal(asked(&reading, reading.owners[2]), 0);
    one_tick(&reading.one, 1);
    assert_int_equal(asked(&reading, reading.owners[2]), request);
    assert_int_equal(node_stats(reading.one.node)->reads_hedged, 1);
    answer_same(&reading, reading.owners[2], request);
    assert_int_equal(reading.one.replies, 1);
    answer(&reading, reading.owners[1], request, 0, BYTES_EMPTY); /* late, and stale: it is sent what it lacks */
    assert_int_equal(reading.one.replies, 1);
    const struct wire_message *repair = one_sent(&reading.one, reading.owners[1], WIRE_put);
    assert_non_null(repair);
    assert_true(bytes_equal(repair->put.object, blob_bytes(reading.object)));
    assert_int_equal(repair->put.owner, 0);
    assert_true(node_is_idle(reading.one.node));
    done(&reading);
}

/* Of two who were asked, one has answered: the other is slow all the same. */
static void an_answer_does_not_excuse_who_is_slow(void **state)
{
    (void)state;
    struct reading reading;
    struct node_config config = hinter_config();
    config.replicas = 5;
    one_start(&reading.one, &config, PEERS);
    reading.key = one_key_of(&reading.one, 0, ONE_SELF, 0);
    reading.object = hinter_object(&reading.one, reading.key, "v", 0);
    for (unsigned i = 1; i < 5; i++) {
        set_usual(&reading, one_owner(&reading.one, reading.key, i), 5 * i);
    }
    get_with_own(&reading, 3);
    uint64_t request = asked(&reading, one_owner(&reading.one, reading.key, 1));
    assert_int_equal(asked(&reading, one_owner(&reading.one, reading.key, 2)), request);
    assert_int_equal(asked(&reading, one_owner(&reading.one, reading.key, 3)), 0);
    answer_same(&reading, one_owner(&reading.one, reading.key, 1), request);
    one_tick(&reading.one, 10);
    assert_int_equal(asked(&reading, one_owner(&reading.one, reading.key, 3)), request);
    answer_same(&reading, one_owner(&reading.one, reading.key, 3), request);
    assert_int_equal(reading.one.replies, 1);
    done(&reading);
}

static void an_owner_that_cannot_tell_does_not_count(void **state)
{
    (void)state;
    struct reading reading;
    start(&reading, true);
    get(&reading, 2);
    one_loaded(&reading.one, 0, NULL);
    uint64_t request = asked(&reading, reading.owners[1]);
    uint64_t first = request != 0 ? reading.owners[1] : reading.owners[2];
    uint64_t second = request != 0 ? reading.owners[2] : reading.owners[1];
    request = asked(&reading, first);
    answer(&reading, first, request, GR_ENOCOPY, BYTES_EMPTY); /* it is filling */
    assert_int_equal(reading.one.replies, 0);
    assert_int_equal(asked(&reading, second), request);
    answer(&reading, second, request, 0, blob_bytes(reading.object));
    assert_true(bytes_equal(value_of_reply(&reading), bytes_of_text("v")));
    assert_non_null(one_sent(&reading.one, first, WIRE_put)); /* what it lacks */
    one_serve(&reading.one);
    done(&reading);
}

/* Both other owners are down. */
static void start_without_owners(struct reading *reading)
{
    start(reading, true);
    one_peer_down(&reading->one, reading->owners[1]);
    one_peer_down(&reading->one, reading->owners[2]);
}

static uint64_t asked_other(const struct reading *reading, uint64_t *ret_other)
{
    bool is_first = asked(reading, reading->others[0]) != 0;
    *ret_other = reading->others[is_first ? 0 : 1];
    return asked(reading, *ret_other);
}

static void a_stand_in_without_a_hint_does_not_count(void **state)
{
    (void)state;
    struct reading reading;
    uint64_t other;
    start_without_owners(&reading);
    get_with_own(&reading, 2);
    uint64_t request = asked_other(&reading, &other);
    answer(&reading, other, request, GR_ENOCOPY, BYTES_EMPTY);
    uint64_t next;
    assert_int_equal(asked_other(&reading, &next), request);
    assert_true(next != other);
    assert_int_equal(reading.one.replies, 0);
    answer(&reading, next, request, GR_ENOCOPY, BYTES_EMPTY);
    assert_int_equal(reading.one.status, GR_ENOQUORUM);
    assert_true(node_is_idle(reading.one.node));
    done(&reading);
}

static void a_stand_ins_hint_counts(void **state)
{
    (void)state;
    struct reading reading;
    uint64_t other;
    start_without_owners(&reading);
    get_with_own(&reading, 2);
    struct blob *newer = one_object(
        &reading.one, reading.key, "newer",
        (struct dot){.actor = 9,
                     .hlc = UINT64_C(1) + one_dot_of(&reading.one, reading.key, blob_bytes(reading.object)).hlc});
    uint64_t request = asked_other(&reading, &other);
    answer(&reading, other, request, 0, blob_bytes(newer));
    assert_true(bytes_equal(value_of_reply(&reading), bytes_of_text("newer")));
    assert_int_equal(reading.one.loads_open, 1); /* the own copy is repaired by it */
    assert_null(one_sent(&reading.one, other, WIRE_put));
    one_serve(&reading.one);
    blob_unref(newer);
    done(&reading);
}

static void stand_ins_are_not_asked_while_there_are_owners(void **state)
{
    (void)state;
    struct reading reading;
    start(&reading, true);
    one_peer_down(&reading.one, reading.owners[1]);
    get_with_own(&reading, 2);
    assert_int_equal(one_count(&reading.one, EFFECT_SEND), 1);
    assert_true(asked(&reading, reading.owners[2]) != 0);
    hinter_wait(&reading.one, 100);
    assert_int_equal(node_stats(reading.one.node)->reads_hedged, 0); /* nobody is left to overtake it */
    answer_same(&reading, reading.owners[2], asked(&reading, reading.owners[2]));
    one_done(&reading.one);
    blob_unref(reading.object);
}

static void suspects_are_asked_when_nobody_else_is_left(void **state)
{
    (void)state;
    struct reading reading;
    start_without_owners(&reading);
    one_peer_up(&reading.one, reading.owners[2]);
    hinter_suspect(&reading.one, reading.owners[2]);
    one_peer_down(&reading.one, reading.others[0]);
    one_peer_down(&reading.one, reading.others[1]);
    get_with_own(&reading, 2);
    uint64_t request = asked(&reading, reading.owners[2]);
    assert_true(request != 0);
    answer_same(&reading, reading.owners[2], request);
    assert_true(bytes_equal(value_of_reply(&reading), bytes_of_text("v")));
    done(&reading);
}

static void nobody_is_asked_for_a_quorum_that_is_lost(void **state)
{
    (void)state;
    struct reading reading;
    start_without_owners(&reading);
    one_peer_down(&reading.one, reading.others[0]);
    one_peer_down(&reading.one, reading.others[1]);
    get_with_own(&reading, 2);
    assert_int_equal(reading.one.status, GR_ENOQUORUM);
    assert_true(node_is_idle(reading.one.node));
    done(&reading);
}

static void one_that_falls_silent_is_followed_by_the_next(void **state)
{
    (void)state;
    struct reading reading;
    start(&reading, true);
    set_usual(&reading, reading.owners[1], 200);
    set_usual(&reading, reading.owners[2], 250);
    get_with_own(&reading, 2);
    uint64_t request = asked(&reading, reading.owners[1]);
    one_peer_down(&reading.one, reading.owners[1]);
    assert_int_equal(asked(&reading, reading.owners[2]), request);
    answer(&reading, reading.owners[1], request, 0, BYTES_EMPTY); /* a late answer counts after all */
    assert_int_equal(reading.one.replies, 1);
    answer_same(&reading, reading.owners[2], request);
    assert_int_equal(reading.one.replies, 1);
    assert_true(node_is_idle(reading.one.node));
    done(&reading);
}

static void a_node_that_reaches_no_owner_reads_its_own_hints(void **state)
{
    (void)state;
    struct reading reading;
    start(&reading, false);
    for (unsigned i = 0; i < 3; i++) {
        one_peer_down(&reading.one, reading.owners[i]);
    }
    hinter_keep(&reading.one, reading.owners[1], reading.key, blob_ref(reading.object));
    get(&reading, 1);
    assert_int_equal(reading.one.loads_open, 3); /* for any of the owners */
    one_loaded(&reading.one, 0, NULL);
    one_loaded(&reading.one, 0, blob_ref(reading.object));
    assert_int_equal(reading.one.replies, 0);
    one_loaded(&reading.one, 0, NULL);
    assert_true(bytes_equal(value_of_reply(&reading), bytes_of_text("v")));
    assert_true(node_is_idle(reading.one.node));
    done(&reading);
}

static void a_node_without_hints_does_not_call_a_key_absent(void **state)
{
    (void)state;
    struct reading reading;
    start(&reading, false);
    for (uint64_t peer = ONE_SELF + 1; peer <= ONE_SELF + PEERS; peer++) {
        one_peer_down(&reading.one, peer);
    }
    get(&reading, 1);
    assert_int_equal(reading.one.status, GR_ENOQUORUM);
    assert_true(node_is_idle(reading.one.node));
    done(&reading);
}

/* It was sent no digest that its copy could be the same as. */
static void the_same_as_nothing_is_no_answer(void **state)
{
    (void)state;
    struct reading reading;
    start(&reading, true);
    get(&reading, 2);
    one_loaded(&reading.one, GR_EIO, NULL);
    uint64_t request = asked(&reading, reading.owners[1]);
    assert_int_equal(asked(&reading, reading.owners[2]), request);
    answer_same(&reading, reading.owners[1], request);
    answer(&reading, reading.owners[2], request, 0, blob_bytes(reading.object));
    assert_int_equal(reading.one.replies, 0);
    done(&reading);
}

static void a_read_past_its_deadline_says_who_was_late(void **state)
{
    (void)state;
    struct reading reading;
    start(&reading, true);
    get_with_own(&reading, 3);
    hinter_wait(&reading.one, ONE_TIMEOUT_MS);
    assert_int_equal(reading.one.status, GR_ENOQUORUM);
    assert_int_equal(reading.one.replies, 1);
    assert_true(node_is_idle(reading.one.node));
    done(&reading);
}

/* Reads hold so many bytes at most (D5): two values of the test, not three. */
static void start_bounded(struct reading *reading, uint64_t bytes_max)
{
    static char value[1501];
    memset(value, 'v', sizeof value - 1);
    struct node_config config = hinter_config();
    config.reads_bytes_max = bytes_max;
    one_start(&reading->one, &config, PEERS);
    hinter_wait(&reading->one, 200);
    prepare(reading, true, value);
    set_usual(reading, reading->owners[1], 5);
    set_usual(reading, reading->owners[2], 9);
}

static uint64_t held(const struct reading *reading)
{
    return node_stats(reading->one.node)->reads_bytes;
}

static void what_does_not_fit_is_refused_at_once(void **state)
{
    (void)state;
    struct reading reading;
    start_bounded(&reading, 4000);
    uint64_t requests[2];
    for (unsigned i = 0; i < 2; i++) {
        get_with_own(&reading, 2);
        requests[i] = asked(&reading, reading.owners[1]);
    }
    uint64_t two = held(&reading);
    assert_in_range(two, 3000, 4000);
    get(&reading, 2);
    assert_true(node_wants_load(reading.one.node, reading.one.loads[0], false));
    assert_false(node_wants_load(reading.one.node, reading.one.loads[0], true));
    one_loaded(&reading.one, 0, blob_ref(reading.object));
    assert_int_equal(reading.one.replies, 1);
    assert_int_equal(reading.one.status, GR_EBUSY);
    assert_int_equal(node_stats(reading.one.node)->requests_busy, 1);
    assert_int_equal(held(&reading), two);
    get(&reading, 2);
    assert_int_equal(reading.one.loads_open, 0); /* as big as the last, most likely */
    assert_int_equal(reading.one.status, GR_EBUSY);
    for (unsigned i = 0; i < 2; i++) {
        answer_same(&reading, reading.owners[1], requests[i]);
        assert_int_equal(reading.one.status, 0);
    }
    assert_int_equal(reading.one.replies, 4);
    assert_int_equal(held(&reading), 0);
    assert_true(node_is_idle(reading.one.node));
    done(&reading);
}

static void so_are_a_peers_copy_and_what_a_write_reads(void **state)
{
    (void)state;
    struct reading reading;
    start_bounded(&reading, 4000);
    get_with_own(&reading, 2);
    get_with_own(&reading, 2);
    get(&reading, 2);
    one_loaded(&reading.one, 0, NULL);
    uint64_t request = asked(&reading, reading.owners[1]);
    one_ask(&reading.one, (struct request){.op = OP_APPEND, .key = reading.key, .value = bytes_of_text("more")});
    answer(&reading, reading.owners[1], request, 0, blob_bytes(reading.object));
    assert_int_equal(reading.one.replies, 1);
    assert_int_equal(reading.one.status, GR_EBUSY);
    one_loaded(&reading.one, 0, blob_ref(reading.object));
    assert_int_equal(reading.one.replies, 2);
    assert_int_equal(reading.one.status, GR_EBUSY);
    assert_int_equal(one_count(&reading.one, EFFECT_STORE), 0);
    assert_int_equal(node_stats(reading.one.node)->requests_busy, 2);
    done(&reading);
}

static void one_read_alone_may_hold_more(void **state)
{
    (void)state;
    struct reading reading;
    start_bounded(&reading, 1000);
    get_with_own(&reading, 2);
    uint64_t request = asked(&reading, reading.owners[1]);
    assert_true(held(&reading) > 1000);
    get(&reading, 2);
    assert_int_equal(reading.one.status, GR_EBUSY); /* at the bound none is taken up */
    assert_int_equal(reading.one.loads_open, 0);
    answer(&reading, reading.owners[1], request, 0, blob_bytes(reading.object));
    assert_int_equal(reading.one.replies, 2);
    assert_int_equal(reading.one.status, 0);
    assert_int_equal(held(&reading), 0);
    done(&reading);
}

static void those_that_linger_make_room(void **state)
{
    (void)state;
    struct reading reading;
    start_bounded(&reading, 4000);
    for (unsigned i = 0; i < 4; i++) {
        get_with_own(&reading, 2);
        uint64_t request = asked(&reading, reading.owners[1]);
        one_tick(&reading.one, 5);
        answer_same(&reading, reading.owners[2], request); /* the first one's copy is still to come */
        assert_int_equal(reading.one.replies, i + 1);
        assert_int_equal(reading.one.status, 0);
        assert_in_range(held(&reading), 1500, 4000);
    }
    done(&reading);
}

static void a_load_is_of_no_use_after_the_deadline(void **state)
{
    (void)state;
    struct reading reading;
    start(&reading, true);
    get(&reading, 2);
    assert_true(node_wants_load(reading.one.node, reading.one.loads[0], false));
    one_tick(&reading.one, ONE_TIMEOUT_MS);
    assert_false(node_wants_load(reading.one.node, reading.one.loads[0], false));
    one_loaded(&reading.one, GR_EBUSY, NULL);
    assert_int_equal(reading.one.replies, 1);
    assert_int_equal(reading.one.status, GR_ENOQUORUM);
    done(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_are_asked_as_r_takes_and_the_fastest),
        cmocka_unit_test(one_copy_is_the_own_one),
        cmocka_unit_test(a_slow_one_is_overtaken_by_the_next),
        cmocka_unit_test(an_answer_does_not_excuse_who_is_slow),
        cmocka_unit_test(an_owner_that_cannot_tell_does_not_count),
        cmocka_unit_test(a_stand_in_without_a_hint_does_not_count),
        cmocka_unit_test(a_stand_ins_hint_counts),
        cmocka_unit_test(stand_ins_are_not_asked_while_there_are_owners),
        cmocka_unit_test(suspects_are_asked_when_nobody_else_is_left),
        cmocka_unit_test(nobody_is_asked_for_a_quorum_that_is_lost),
        cmocka_unit_test(one_that_falls_silent_is_followed_by_the_next),
        cmocka_unit_test(a_node_that_reaches_no_owner_reads_its_own_hints),
        cmocka_unit_test(a_node_without_hints_does_not_call_a_key_absent),
        cmocka_unit_test(the_same_as_nothing_is_no_answer),
        cmocka_unit_test(a_read_past_its_deadline_says_who_was_late),
        cmocka_unit_test(what_does_not_fit_is_refused_at_once),
        cmocka_unit_test(so_are_a_peers_copy_and_what_a_write_reads),
        cmocka_unit_test(one_read_alone_may_hold_more),
        cmocka_unit_test(those_that_linger_make_room),
        cmocka_unit_test(a_load_is_of_no_use_after_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
