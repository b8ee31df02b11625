#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hlc.h"
#include "node/reap_state.h"
#include "unit/node/reaper.h"

#define ASKER (ONE_SELF + 1)

static const uint64_t HLC = (uint64_t)1600000000000 << HLC_COUNTER_BITS;

static void ask(struct one_node *one, uint64_t request, uint64_t hlc)
{
    struct wire_message clear = {.type = WIRE_clear};
    clear.clear.request = request;
    clear.clear.slot = 5;
    clear.clear.log_hash = node_log(one->node)->hash;
    clear.clear.hlc = hlc;
    one_hear(one, ASKER, &clear);
}

static const struct wire_clear_ack *answer(const struct one_node *one)
{
    const struct wire_message *message = one_sent(one, ASKER, WIRE_clear_ack);
    return message == NULL ? NULL : &message->clear_ack;
}

static void clear_is_said_when_the_clock_is_kept(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    ask(&one, 4, HLC);
    assert_null(answer(&one));
    const struct effect *effect = one_effect(&one, EFFECT_MEND, 0);
    assert_non_null(effect);
    assert_true(effect->mend.clock >= HLC);
    for (unsigned i = 0; i < LEAVES; i++) {
        assert_int_equal(effect->mend.delta[i], 0);
    }
    reaper_keep_clock(&one, 0);
    assert_non_null(answer(&one));
    assert_int_equal(answer(&one)->clear, 1);
    ask(&one, 5, HLC); /* it is kept already */
    assert_int_equal(answer(&one)->clear, 1);
    one_done(&one);
}

static void a_clock_that_cannot_be_kept_is_not_clear(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    ask(&one, 4, HLC);
    reaper_keep_clock(&one, GR_ENOSPC);
    assert_int_equal(answer(&one)->clear, 0);
    assert_int_equal(node_stats(one.node)->store_errors, 1);
    ask(&one, 5, HLC); /* it tries again */
    reaper_keep_clock(&one, 0);
    assert_int_equal(answer(&one)->clear, 1);
    one_done(&one);
}

/* What came about a later tombstone while an earlier clock was being stored waits for its own. */
static void a_later_question_waits_for_a_later_clock(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    ask(&one, 4, HLC);
    struct event first = {.kind = EVENT_STORED, .stored = {one_effect(&one, EFFECT_MEND, 0)->mend.token, 0}};
    ask(&one, 5, hlc_from_ms(one.now.wall_ms + 1000));
    assert_null(one_effect(&one, EFFECT_MEND, 0));
    one_step(&one, first);
    assert_int_equal(answer(&one)->request, 4);
    assert_int_equal(one_count(&one, EFFECT_SEND), 1);
    reaper_keep_clock(&one, 0);
    assert_int_equal(answer(&one)->request, 5);
    assert_int_equal(answer(&one)->clear, 1);
    one_done(&one);
}

static void what_came_up_meanwhile_counts(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    ask(&one, 4, HLC);
    struct event kept = {.kind = EVENT_STORED, .stored = {one_effect(&one, EFFECT_MEND, 0)->mend.token, 0}};
    one_peer_down(&one, ONE_SELF + 2);
    one_step(&one, kept);
    assert_int_equal(answer(&one)->clear, 0);
    one_step(&one, kept); /* its id is over */
    assert_null(answer(&one));
    one_done(&one);
}

static void questions_that_wait_are_bounded(void **state)
{
    (void)state;
    struct one_node one;
    reaper_start(&one);
    for (unsigned i = 0; i < REAP_QUESTIONS; i++) {
        ask(&one, i, HLC);
        assert_null(answer(&one));
    }
    ask(&one, REAP_QUESTIONS, HLC);
    assert_int_equal(answer(&one)->clear, 0);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clear_is_said_when_the_clock_is_kept),
        cmocka_unit_test(a_clock_that_cannot_be_kept_is_not_clear),
        cmocka_unit_test(a_later_question_waits_for_a_later_clock),
        cmocka_unit_test(what_came_up_meanwhile_counts),
        cmocka_unit_test(questions_that_wait_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
