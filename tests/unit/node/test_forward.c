#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "unit/node/one_node.h"

/* Four members with N = 3: some keys belong to the other three. */
static struct bytes start(struct one_node *one)
{
    struct node_config config = one_config();
    one_start(one, &config, 3);
    return one_key_of_others(one, 0);
}

/* What an answer to the hand-over of the last step begins with. */
static struct wire_message answer_to(const struct one_node *one, uint64_t owner)
{
    const struct wire_message *forward = one_sent(one, owner, WIRE_forward);
    assert_non_null(forward);
    struct wire_message answer = {.type = WIRE_forward_ack};
    answer.forward_ack.request = forward->forward.request;
    answer.forward_ack.hlc = forward->forward.hlc;
    answer.forward_ack.final = 1;
    return answer;
}

static struct wire_message failure(struct wire_message answer, int status)
{
    answer.forward_ack.error = (uint16_t)-status;
    return answer;
}

static void assert_answered(const struct one_node *one, int status)
{
    assert_int_equal(one->replies, 1);
    assert_int_equal(one->status, status);
    assert_true(node_is_idle(one->node));
}

static void a_silent_owner_is_passed_over(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_ask(&one, (struct request){.op = OP_GET, .key = key});
    assert_non_null(one_sent(&one, one_owner(&one, key, 0), WIRE_forward));
    one_tick(&one, ONE_TIMEOUT_MS / 4);
    struct wire_message answer = answer_to(&one, one_owner(&one, key, 1));
    one_hear(&one, one_owner(&one, key, 1), &answer);
    assert_answered(&one, 0);
    one_done(&one);
}

/* The request is at another owner now, which may do better. */
static void an_earlier_owners_failure_does_not_count(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_ask(&one, (struct request){.op = OP_GET, .key = key});
    struct wire_message late = failure(answer_to(&one, one_owner(&one, key, 0)), GR_ENOQUORUM);
    one_tick(&one, ONE_TIMEOUT_MS / 4);
    struct wire_message answer = answer_to(&one, one_owner(&one, key, 1));
    one_hear(&one, one_owner(&one, key, 0), &late);
    assert_int_equal(one.replies, 0);
    one_hear(&one, one_owner(&one, key, 1), &answer);
    assert_answered(&one, 0);
    one_done(&one);
}

static void an_earlier_owners_success_counts(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_put(&one, key, "v");
    struct wire_message late = answer_to(&one, one_owner(&one, key, 0));
    one_tick(&one, ONE_TIMEOUT_MS / 4);
    assert_non_null(one_sent(&one, one_owner(&one, key, 1), WIRE_forward));
    one_hear(&one, one_owner(&one, key, 0), &late);
    assert_answered(&one, 0);
    one_done(&one);
}

static void what_may_be_done_twice_goes_on_when_its_owner_goes_down(void **state)
{
    (void)state;
    static const enum op ops[] = {OP_GET, OP_SET};
    for (unsigned i = 0; i < sizeof ops / sizeof *ops; i++) {
        struct one_node one;
        struct bytes key = start(&one);
        one_ask(&one, (struct request){.op = ops[i], .key = key, .value = bytes_of_text("v")});
        one_peer_down(&one, one_owner(&one, key, 0));
        assert_int_equal(one.replies, 0);
        struct wire_message answer = answer_to(&one, one_owner(&one, key, 1));
        one_hear(&one, one_owner(&one, key, 1), &answer);
        assert_answered(&one, 0);
        one_done(&one);
    }
}

/* The owner that has not answered may carry it out yet: "busy" would say that it has not happened. */
static void what_may_have_been_done_is_not_refused(void **state)
{
    (void)state;
    struct one_node one;
    struct node_config config = one_config();
    config.requests_max = 1;
    one_start(&one, &config, 3);
    struct bytes key = one_key_of_others(&one, 0);
    one_put(&one, one_key_of(&one, 0, ONE_SELF, 0), "v"); /* takes all there is room for */
    one_put(&one, key, "v");
    for (unsigned place = 0; place < 3; place++) {
        assert_int_equal(one.replies, 0);
        one_peer_down(&one, one_owner(&one, key, place));
    }
    assert_int_equal(one.replies, 1);
    assert_int_equal(one.status, GR_ETIMEOUT);
    one_serve(&one);
    one_done(&one);
}

static void what_may_not_be_done_twice_ends_when_its_owner_goes_down(void **state)
{
    (void)state;
    static const enum op ops[] = {OP_APPEND, OP_DELETE, OP_SETRANGE};
    for (unsigned i = 0; i < sizeof ops / sizeof *ops; i++) {
        struct one_node one;
        struct bytes key = start(&one);
        one_ask(&one, (struct request){.op = ops[i], .key = key, .value = bytes_of_text("v")});
        one_peer_down(&one, one_owner(&one, key, 1));
        assert_int_equal(one.replies, 0); /* it was not there */
        one_peer_down(&one, one_owner(&one, key, 0));
        assert_answered(&one, GR_ETIMEOUT);
        one_done(&one);
    }
}

static void with_no_owner_up_there_is_nothing_to_wait_for(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_ask(&one, (struct request){.op = OP_GET, .key = key});
    for (unsigned place = 0; place < 3; place++) {
        one_peer_down(&one, one_owner(&one, key, place));
    }
    assert_answered(&one, GR_ENOQUORUM);
    one_done(&one);
}

static void copies_end_when_the_owner_goes_down(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    uint64_t owner = one_owner(&one, key, 0);
    one_put(&one, key, "v");
    struct wire_message answer = answer_to(&one, owner);
    answer.forward_ack.copies = 2;
    answer.forward_ack.final = 0;
    one_hear(&one, owner, &answer);
    assert_int_equal(one.replies, 1);
    one_peer_down(&one, owner);
    const struct effect *copies = one_effect(&one, EFFECT_COPIES, 0);
    assert_non_null(copies);
    assert_true(copies->copies.final);
    assert_int_equal(copies->copies.copies, 2);
    assert_answered(&one, 0);
    one_done(&one);
}

static const struct request dependent[] = {
    {.op = OP_APPEND},
    {.op = OP_DELETE},
    {.op = OP_SETRANGE},
    {.op = OP_SET, .flags = REQUEST_IF_ABSENT},
    {.op = OP_SET, .flags = REQUEST_IF_PRESENT},
    {.op = OP_SET, .flags = REQUEST_RETURN_OLD},
};

static void what_depends_on_the_value_goes_to_the_first_owner_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof dependent / sizeof *dependent; i++) {
        struct one_node one;
        struct request request = dependent[i];
        start(&one);
        request.key = one_key_of(&one, 1, ONE_SELF, 0);
        uint64_t first = one_owner(&one, request.key, 0);
        request.value = bytes_of_text("v");
        one_ask(&one, request);
        assert_non_null(one_sent(&one, first, WIRE_forward));
        assert_int_equal(one.loads_open, 0);
        one_peer_down(&one, first);
        one_ask(&one, request);
        assert_int_equal(one.loads_open, 1);
        one_serve(&one);
        one_done(&one);
    }
}

static void a_plain_set_stays_at_any_owner(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    one_put(&one, one_key_of(&one, 2, ONE_SELF, 0), "v");
    assert_int_equal(one.loads_open, 1);
    one_serve(&one);
    one_done(&one);
}

static void who_does_not_own_the_key_says_so(void **state)
{
    (void)state;
    struct one_node one;
    struct wire_message forward = {.type = WIRE_forward};
    forward.forward.request = 4;
    forward.forward.op = OP_GET;
    forward.forward.actor = 8;
    forward.forward.key = start(&one);
    one_hear(&one, ONE_SELF + 1, &forward);
    const struct wire_message *answer = one_sent(&one, ONE_SELF + 1, WIRE_forward_ack);
    assert_non_null(answer);
    assert_int_equal(answer->forward_ack.error, -GR_ENOTOWNER);
    assert_int_equal(one.loads_open, 0);
    one_done(&one);
}

/* It has a link to nobody but who asks: another owner may do better, and nothing has begun here (F5). */
static void an_owner_that_reaches_too_few_says_so(void **state)
{
    (void)state;
    static const enum op ops[] = {OP_GET, OP_SET, OP_APPEND};
    for (unsigned i = 0; i < sizeof ops / sizeof *ops; i++) {
        struct one_node one;
        start(&one);
        struct wire_message forward = {.type = WIRE_forward};
        forward.forward.request = 4;
        forward.forward.op = (uint8_t)ops[i];
        forward.forward.r = forward.forward.w = 3;
        forward.forward.timeout_ms = ONE_TIMEOUT_MS;
        forward.forward.actor = 8;
        forward.forward.hlc = 1;
        forward.forward.key = one_key_of(&one, 1, ONE_SELF, 0);
        forward.forward.value = bytes_of_text("v");
        uint64_t from = one_owner(&one, forward.forward.key, 0);
        for (uint64_t peer = ONE_SELF + 1; peer <= ONE_SELF + 3; peer++) {
            if (peer != from) {
                one_peer_down(&one, peer);
            }
        }
        one_hear(&one, from, &forward);
        if (one.loads_open > 0) {
            one_serve(&one);
        }
        const struct wire_message *answer = one_sent(&one, from, WIRE_forward_ack);
        assert_non_null(answer);
        assert_int_equal(answer->forward_ack.error, -GR_EUNREACHABLE);
        assert_true(answer->forward_ack.detail.len > 0);
        one_done(&one);
    }
}

/* Also what may not be done twice: it has not been done. */
static void the_next_owner_may_reach_more(void **state)
{
    (void)state;
    static const enum op ops[] = {OP_GET, OP_SET, OP_APPEND};
    for (unsigned i = 0; i < sizeof ops / sizeof *ops; i++) {
        struct one_node one;
        struct bytes key = start(&one);
        one_ask(&one, (struct request){.op = ops[i], .key = key, .value = bytes_of_text("v")});
        struct wire_message few = failure(answer_to(&one, one_owner(&one, key, 0)), GR_EUNREACHABLE);
        one_hear(&one, one_owner(&one, key, 0), &few);
        assert_int_equal(one.replies, 0);
        struct wire_message answer = answer_to(&one, one_owner(&one, key, 1));
        one_hear(&one, one_owner(&one, key, 1), &answer);
        assert_answered(&one, 0);
        one_done(&one);
    }
}

static void what_the_last_owner_said_is_passed_on(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_ask(&one, (struct request){.op = OP_APPEND, .key = key, .value = bytes_of_text("v")});
    for (unsigned place = 0; place < 3; place++) {
        struct wire_message few = failure(answer_to(&one, one_owner(&one, key, place)), GR_EUNREACHABLE);
        few.forward_ack.detail = bytes_of_text(place == 2 ? "the last" : "an earlier one");
        assert_int_equal(one.replies, 0);
        one_hear(&one, one_owner(&one, key, place), &few);
    }
    const struct effect *reply = one_effect(&one, EFFECT_REPLY, 0);
    assert_non_null(reply);
    assert_true(bytes_equal(reply->reply.detail, bytes_of_text("the last")));
    assert_answered(&one, GR_ENOQUORUM);
    one_done(&one);
}

/* A second attempt would end in a timeout, which says less. */
static void late_in_a_request_no_other_owner_is_asked(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_ask(&one, (struct request){.op = OP_APPEND, .key = key, .value = bytes_of_text("v")});
    struct wire_message few = failure(answer_to(&one, one_owner(&one, key, 0)), GR_EUNREACHABLE);
    one_tick(&one, ONE_TIMEOUT_MS / 2 + 1);
    one_hear(&one, one_owner(&one, key, 0), &few);
    assert_answered(&one, GR_ENOQUORUM);
    one_done(&one);
}

/* Two owners are away: the one that cannot take it is not asked twice. */
static void who_has_refused_is_not_asked_again(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_peer_down(&one, one_owner(&one, key, 1));
    one_peer_down(&one, one_owner(&one, key, 2));
    one_ask(&one, (struct request){.op = OP_APPEND, .key = key, .value = bytes_of_text("v")});
    struct wire_message damaged = failure(answer_to(&one, one_owner(&one, key, 0)), GR_ECORRUPT);
    one_hear(&one, one_owner(&one, key, 0), &damaged);
    assert_answered(&one, GR_ENOQUORUM);
    one_done(&one);
}

/* The put wants nodes of any kind: an owner that cannot read, or reaches nobody else, does not stand in its way. */
static void a_put_that_the_owner_left_refuses_is_taken_here(void **state)
{
    (void)state;
    static const struct {
        enum op op;
        int refusal;
        bool is_taken;
    } cases[] = {{OP_SET, GR_EIO, true},
                 {OP_SET, GR_EUNREACHABLE, true},
                 {OP_SET, GR_ENOTOWNER, false},
                 {OP_GET, GR_EIO, false},
                 {OP_APPEND, GR_EIO, false}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct one_node one;
        struct bytes key = start(&one);
        one_peer_down(&one, one_owner(&one, key, 1));
        one_peer_down(&one, one_owner(&one, key, 2));
        one_ask(&one, (struct request){.op = cases[i].op, .key = key, .w = 2, .value = bytes_of_text("v")});
        struct wire_message refusal = failure(answer_to(&one, one_owner(&one, key, 0)), cases[i].refusal);
        one_hear(&one, one_owner(&one, key, 0), &refusal);
        if (cases[i].is_taken) {
            assert_int_equal(one.replies, 0);
            one_serve(&one);
            assert_int_equal(node_stats(one.node)->stand_in_puts, 1);
        } else {
            assert_answered(&one, GR_ENOQUORUM);
        }
        one_done(&one);
    }
}

/* Where all owners are up nobody needs a stand-in. */
static void a_put_that_all_owners_refuse_fails(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    one_put(&one, key, "v");
    for (unsigned place = 0; place < 3; place++) {
        struct wire_message few = failure(answer_to(&one, one_owner(&one, key, place)), GR_EUNREACHABLE);
        assert_int_equal(one.replies, 0);
        one_hear(&one, one_owner(&one, key, place), &few);
    }
    assert_answered(&one, GR_ENOQUORUM);
    one_done(&one);
}

/* Under the dot before it may have been stored: "busy" would say that it has not happened. */
static void what_was_overtaken_is_not_refused(void **state)
{
    (void)state;
    struct one_node one;
    struct bytes key = start(&one);
    uint64_t owner = one_owner(&one, key, 0);
    one_put(&one, key, "v");
    struct wire_message newer = failure(answer_to(&one, owner), GR_EOVERTAKEN);
    newer.forward_ack.number = newer.forward_ack.hlc + 1;
    one_hear(&one, owner, &newer);
    assert_int_equal(one.replies, 0);
    struct wire_message busy = failure(answer_to(&one, owner), GR_EBUSY);
    assert_true(busy.forward_ack.hlc > newer.forward_ack.number);
    one_hear(&one, owner, &busy);
    assert_answered(&one, GR_ETIMEOUT);
    one_done(&one);
}

/* A network that delivers twice must not append twice. */
static void a_hand_over_is_carried_out_once(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    struct wire_message forward = {.type = WIRE_forward};
    forward.forward.request = 4;
    forward.forward.op = OP_APPEND;
    forward.forward.timeout_ms = ONE_TIMEOUT_MS;
    forward.forward.actor = 8;
    forward.forward.hlc = 1;
    forward.forward.key = one_key_of(&one, 0, ONE_SELF, 0);
    forward.forward.value = bytes_of_text("v");
    one_hear(&one, ONE_SELF + 1, &forward);
    assert_int_equal(one.loads_open, 1);
    one_hear(&one, ONE_SELF + 1, &forward);
    assert_int_equal(one.loads_open, 1);
    one_serve(&one);
    one_done(&one);
}

/* An owner that never tells of the last copy does not use up the pool of those who forward to it. */
static void answered_hand_overs_make_room(void **state)
{
    (void)state;
    struct one_node one;
    struct node_config config = one_config();
    one_start(&one, &config, 3);
    struct bytes key = one_key_of_others(&one, 0);
    uint64_t owner = one_owner(&one, key, 0);
    for (unsigned i = 0; i < 100; i++) {
        one_put(&one, key, "v");
        const struct wire_message *sent = one_sent(&one, owner, WIRE_forward);
        assert_non_null(sent);
        struct wire_message ack = {.type = WIRE_forward_ack};
        ack.forward_ack.request = sent->forward.request;
        ack.forward_ack.hlc = sent->forward.hlc;
        ack.forward_ack.copies = 2;
        one_hear(&one, owner, &ack);
        assert_int_equal(one.status, 0);
        assert_int_equal(one.replies, i + 1);
    }
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_owner_is_passed_over),
        cmocka_unit_test(an_earlier_owners_failure_does_not_count),
        cmocka_unit_test(an_earlier_owners_success_counts),
        cmocka_unit_test(what_may_be_done_twice_goes_on_when_its_owner_goes_down),
        cmocka_unit_test(what_may_have_been_done_is_not_refused),
        cmocka_unit_test(what_may_not_be_done_twice_ends_when_its_owner_goes_down),
        cmocka_unit_test(with_no_owner_up_there_is_nothing_to_wait_for),
        cmocka_unit_test(copies_end_when_the_owner_goes_down),
        cmocka_unit_test(what_depends_on_the_value_goes_to_the_first_owner_up),
        cmocka_unit_test(a_plain_set_stays_at_any_owner),
        cmocka_unit_test(who_does_not_own_the_key_says_so),
        cmocka_unit_test(an_owner_that_reaches_too_few_says_so),
        cmocka_unit_test(the_next_owner_may_reach_more),
        cmocka_unit_test(what_the_last_owner_said_is_passed_on),
        cmocka_unit_test(late_in_a_request_no_other_owner_is_asked),
        cmocka_unit_test(who_has_refused_is_not_asked_again),
        cmocka_unit_test(a_put_that_the_owner_left_refuses_is_taken_here),
        cmocka_unit_test(a_put_that_all_owners_refuse_fails),
        cmocka_unit_test(what_was_overtaken_is_not_refused),
        cmocka_unit_test(a_hand_over_is_carried_out_once),
        cmocka_unit_test(answered_hand_overs_make_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
