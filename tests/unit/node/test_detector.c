#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/detector.h"
#include "node/health.h"
#include "node/internal.h"
#include "unit/node/one_node.h"

#define B (ONE_SELF + 1)
#define C (ONE_SELF + 2)
#define D (ONE_SELF + 3)
#define STRANGER 99u

struct seen {
    unsigned pings;
    unsigned rumours;
};

static void note(const struct one_node *one, uint64_t peer, struct seen *seen)
{
    seen->pings += one_sent(one, peer, WIRE_ping) != NULL;
    seen->rumours += one_sent(one, peer, WIRE_rumour) != NULL;
}

static void answer_ping(struct one_node *one, uint64_t from, uint64_t number)
{
    struct wire_message message = {.type = WIRE_pong};
    message.pong.number = number;
    one_hear(one, from, &message);
}

/* A pong: to the last ping. */
static void say(struct one_node *one, uint64_t from, enum wire_type type)
{
    struct wire_message message = {.type = type};
    if (type == WIRE_pong) {
        message.pong.number = UINT64_MAX;
    }
    one_hear(one, from, &message);
}

/* Time passes as for a node that runs freely. `peer` is watched; a ping is answered by all but the silent one. */
static struct seen run(struct one_node *one, uint64_t for_ms, uint64_t peer, uint64_t silent)
{
    struct seen seen = {0};
    for (uint64_t ms = 0; ms < for_ms; ms++) {
        bool pinged[D + 1] = {false};
        one_tick(one, 1);
        note(one, peer, &seen);
        for (uint64_t other = B; other <= D; other++) {
            pinged[other] = other != silent && one_sent(one, other, WIRE_ping) != NULL;
        }
        for (uint64_t other = B; other <= D; other++) {
            if (pinged[other]) {
                say(one, other, WIRE_pong);
            }
        }
    }
    return seen;
}

static void start(struct one_node *one)
{
    struct node_config config = one_config();
    one_start(one, &config, 3);
}

static bool is_healthy(const struct one_node *one, uint64_t peer)
{
    return detector_is_healthy(one->node, peer);
}

static uint64_t suspected(const struct one_node *one)
{
    return node_stats(one->node)->peers_suspected;
}

static void an_idle_member_is_pinged_once_a_second(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    struct seen seen = run(&one, 10100, B, 0);
    assert_in_range(seen.pings, 9, 10);
    assert_int_equal(seen.rumours, 0);
    assert_int_equal(suspected(&one), 0);
    one_done(&one);
}

static void a_member_heard_of_is_not_pinged(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    for (unsigned i = 0; i < 20; i++) {
        say(&one, B, WIRE_pong);
        assert_int_equal(run(&one, 500, B, 0).pings, 0);
    }
    one_done(&one);
}

/* A hung process: its link stays, its answers do not come. */
static void silence_makes_suspect_and_an_answer_clears(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    detector_asked(one.node, B);
    struct seen before = run(&one, DETECTOR_PATIENCE_NEW_MS - 1, B, B);
    assert_true(is_healthy(&one, B));
    assert_int_equal(before.pings, 1);
    one_tick(&one, 1);
    assert_false(is_healthy(&one, B));
    assert_int_equal(suspected(&one), 1);
    assert_int_equal(one_effect(&one, EFFECT_HEALTH, 0)->health.peer, B);
    assert_false(one_effect(&one, EFFECT_HEALTH, 0)->health.healthy);
    assert_int_equal(one_sent(&one, C, WIRE_rumour)->rumour.node, B);
    assert_int_equal(one_sent(&one, D, WIRE_rumour)->rumour.node, B);
    assert_null(one_sent(&one, B, WIRE_rumour));
    run(&one, 5000, B, B);
    assert_false(is_healthy(&one, B));
    assert_true(is_healthy(&one, C) && is_healthy(&one, D));
    assert_int_equal(suspected(&one), 1);
    say(&one, B, WIRE_pong);
    assert_true(is_healthy(&one, B));
    assert_true(one_effect(&one, EFFECT_HEALTH, 0)->health.healthy);
    say(&one, B, WIRE_pong);
    assert_null(one_effect(&one, EFFECT_HEALTH, 0));
    one_done(&one);
}

/* A way that is cut in one direction: B speaks all the time, and hears nothing. */
static void who_talks_and_never_answers_is_suspect_once(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    detector_asked(one.node, B);
    unsigned healthy_ms = 0;
    for (unsigned ms = 0; ms < 20000; ms += 10) {
        say(&one, B, ms % 500 == 0 ? WIRE_gossip : WIRE_ping);
        healthy_ms += is_healthy(&one, B) ? 10 : 0;
        run(&one, 10, B, B);
        detector_asked(one.node, B);
    }
    assert_in_range(healthy_ms, DETECTOR_PATIENCE_NEW_MS, health_patience_talking(DETECTOR_PATIENCE_NEW_MS) + 10);
    assert_int_equal(suspected(&one), 1);
    assert_false(is_healthy(&one, B));
    one_done(&one);
}

/* It hears us again: what it says has it pinged at once, and the pong clears it. */
static void a_suspect_that_talks_is_pinged_at_once(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    run(&one, 10000, B, B);
    assert_false(is_healthy(&one, B));
    run(&one, PING_PAUSE_MS, B, B);
    say(&one, B, WIRE_gossip);
    assert_non_null(one_sent(&one, B, WIRE_ping));
    assert_false(is_healthy(&one, B));
    say(&one, B, WIRE_gossip);
    assert_null(one_sent(&one, B, WIRE_ping));
    say(&one, B, WIRE_pong);
    assert_true(is_healthy(&one, B));
    one_done(&one);
}

/* The cut is mended, and one way is back before the other: what comes are answers from before. */
static void old_answers_do_not_clear_a_suspect(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    one_tick(&one, PROBE_PERIOD_MS);
    uint64_t first = one_sent(&one, B, WIRE_ping)->ping.number; /* that it did not answer */
    run(&one, 10000, B, B);
    assert_false(is_healthy(&one, B));
    answer_ping(&one, B, first - 1);
    uint64_t new = one_sent(&one, B, WIRE_ping)->ping.number;
    say(&one, B, WIRE_put_ack);
    assert_false(is_healthy(&one, B));
    answer_ping(&one, B, new);
    assert_true(is_healthy(&one, B));
    one_done(&one);
}

/* It sends much, and its answers wait behind that. */
static void who_talks_and_answers_late_stays_healthy(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    for (unsigned i = 0; i < 20; i++) {
        detector_asked(one.node, B);
        for (unsigned ms = 0; ms < DETECTOR_PATIENCE_NEW_MS + DETECTOR_PATIENCE_NEW_MS / 4; ms += 25) {
            say(&one, B, WIRE_put);
            run(&one, 25, B, B);
        }
        say(&one, B, WIRE_pong);
    }
    assert_int_equal(suspected(&one), 0);
    one_done(&one);
}

/* A slow disk: the question waits, the process lives. */
static void a_pong_is_enough_to_stay_healthy(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    for (unsigned i = 0; i < 20; i++) {
        detector_asked(one.node, B);
        run(&one, 250, B, 0);
        assert_true(is_healthy(&one, B));
    }
    assert_int_equal(suspected(&one), 0);
    one_done(&one);
}

static void an_idle_member_that_hangs_is_noticed(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    run(&one, PROBE_PERIOD_MS + DETECTOR_PATIENCE_NEW_MS + 1, B, B);
    assert_false(is_healthy(&one, B));
    struct seen seen = run(&one, 60000, B, B);
    assert_in_range(seen.pings, 60000 / PROBE_BACKOFF_MAX_MS, 2 * 60000 / PROBE_BACKOFF_MAX_MS + 5);
    one_done(&one);
}

static void a_rumour_is_a_reason_to_probe_and_no_more(void **state)
{
    (void)state;
    struct one_node one;
    struct wire_message rumour = {.type = WIRE_rumour, .rumour.node = B};
    start(&one);
    one_hear(&one, C, &rumour);
    assert_non_null(one_sent(&one, B, WIRE_ping));
    assert_true(is_healthy(&one, B));
    one_hear(&one, D, &rumour);
    assert_null(one_sent(&one, B, WIRE_ping));
    say(&one, B, WIRE_pong);
    one_hear(&one, D, &rumour);
    assert_null(one_sent(&one, B, WIRE_ping));
    run(&one, PING_PAUSE_MS, B, 0);
    one_hear(&one, D, &rumour);
    assert_non_null(one_sent(&one, B, WIRE_ping));
    run(&one, DETECTOR_PATIENCE_NEW_MS - 1, B, B);
    assert_true(is_healthy(&one, B));
    one_tick(&one, 1);
    assert_false(is_healthy(&one, B));
    assert_null(one_sent(&one, C, WIRE_rumour)); /* they know */
    one_done(&one);
}

static void rumours_of_oneself_and_of_strangers_are_nothing(void **state)
{
    (void)state;
    struct one_node one;
    struct wire_message rumour = {.type = WIRE_rumour};
    start(&one);
    one_peer_up(&one, STRANGER);
    const uint64_t named[] = {0, ONE_SELF, STRANGER, 12345, UINT64_MAX};
    for (unsigned i = 0; i < sizeof named / sizeof *named; i++) {
        rumour.rumour.node = named[i];
        one_hear(&one, C, &rumour);
        assert_null(one_sent(&one, named[i], WIRE_ping));
    }
    rumour.rumour.node = B;
    one_hear(&one, STRANGER, &rumour);
    assert_null(one_sent(&one, B, WIRE_ping));
    one_done(&one);
}

static void a_stranger_is_neither_probed_nor_suspect(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    one_peer_up(&one, STRANGER);
    detector_asked(one.node, STRANGER);
    struct seen seen = run(&one, 5000, STRANGER, STRANGER);
    assert_int_equal(seen.pings, 0);
    assert_true(is_healthy(&one, STRANGER));
    one_peer_down(&one, STRANGER);
    assert_false(is_healthy(&one, STRANGER));
    one_done(&one);
}

static void a_new_link_is_healthy_and_fresh(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    for (unsigned i = 0; i < 100; i++) {
        detector_took(one.node, B, 5000);
    }
    assert_int_equal(detector_hedge_ms(one.node, B), DETECTOR_HEDGE_MAX_MS);
    run(&one, 5000, B, B);
    assert_false(is_healthy(&one, B));
    one_peer_down(&one, B);
    assert_false(is_healthy(&one, B));
    assert_int_equal(detector_hedge_ms(one.node, B), DETECTOR_HEDGE_NEW_MS);
    one_peer_up(&one, B);
    assert_true(is_healthy(&one, B));
    assert_int_equal(detector_hedge_ms(one.node, B), DETECTOR_HEDGE_NEW_MS);
    one_done(&one);
}

static void this_node_is_healthy_to_itself(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    assert_true(is_healthy(&one, ONE_SELF));
    assert_false(is_healthy(&one, STRANGER));
    assert_int_equal(detector_hedge_ms(one.node, ONE_SELF), 0);
    detector_asked(one.node, ONE_SELF);
    detector_took(one.node, ONE_SELF, 1);
    one_done(&one);
}

/* Stopped for a minute in the middle of everything: all answers wait in its own sockets. */
static void a_node_that_stood_still_suspects_nobody(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    for (uint64_t peer = B; peer <= D; peer++) {
        detector_asked(one.node, peer);
    }
    run(&one, DETECTOR_PATIENCE_NEW_MS / 2 + 1, B, B); /* B has been pinged, C and D have answered */
    detector_asked(one.node, C);
    one_tick(&one, 60000);
    detector_took(one.node, C, 60000);
    assert_true(is_healthy(&one, B) && is_healthy(&one, C) && is_healthy(&one, D));
    for (uint64_t peer = B; peer <= D; peer++) {
        say(&one, peer, WIRE_pong);
    }
    run(&one, DETECTOR_PATIENCE_NEW_MS, B, 0);
    assert_int_equal(suspected(&one), 0);
    one_done(&one);
}

/* What is silent after the pause too is found all the same. */
static void standing_still_hides_nobody_for_long(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    detector_asked(one.node, B);
    run(&one, DETECTOR_PATIENCE_NEW_MS / 2 + 1, B, B);
    one_tick(&one, 60000);
    say(&one, C, WIRE_pong);
    say(&one, D, WIRE_pong);
    run(&one, DETECTOR_PATIENCE_NEW_MS - 1, B, B);
    assert_true(is_healthy(&one, B));
    one_tick(&one, 1);
    assert_false(is_healthy(&one, B));
    assert_int_equal(suspected(&one), 1);
    one_done(&one);
}

/* A reactor that comes to its timers a little late judges as ever. */
static void a_little_late_is_no_excuse(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    detector_asked(one.node, B);
    for (unsigned i = 0; i < 20; i++) {
        one_tick(&one, 20);
    }
    assert_false(is_healthy(&one, B));
    one_done(&one);
}

static void many_questions_set_few_timers(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    uint64_t order = one.node->timers.order;
    for (unsigned ms = 0; ms < 1000; ms++) {
        for (unsigned i = 0; i < 100; i++) {
            detector_asked(one.node, B);
            detector_asked(one.node, C);
            detector_heard(one.node, B, &(struct wire_message){.type = WIRE_put_ack});
            detector_heard(one.node, C, &(struct wire_message){.type = WIRE_gossip});
        }
        one_tick(&one, 1);
    }
    assert_in_range(one.node->timers.order - order, 1, 50);
    one_done(&one);
}

/* Cut off from all: none is told of the others, and each is counted once. */
static void all_silent_at_once_are_suspect_together(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    unsigned rumours = 0;
    for (unsigned ms = 0; ms < 3000; ms++) {
        one_tick(&one, 1);
        for (uint64_t peer = B; peer <= D; peer++) {
            rumours += one_sent(&one, peer, WIRE_rumour) != NULL;
        }
    }
    assert_int_equal(rumours, 0);
    assert_int_equal(suspected(&one), 3);
    one_done(&one);
}

static void the_list_follows_the_links(void **state)
{
    (void)state;
    struct one_node one;
    struct rng rng;
    bool up[200] = {false};
    start(&one);
    rng_init(&rng, 5);
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t peer = 10 + rng_below(&rng, 190);
        up[peer] = rng_below(&rng, 2) == 0;
        if (up[peer]) {
            one_peer_up(&one, peer);
        } else {
            one_peer_down(&one, peer);
        }
        one.now.mono_ms += rng_below(&rng, 10);
    }
    for (uint64_t peer = 10; peer < 200; peer++) {
        assert_int_equal(is_healthy(&one, peer), up[peer]);
    }
    for (uint64_t peer = 0; peer < 200; peer++) {
        one_peer_down(&one, peer);
    }
    assert_int_equal(one.node->detector.count, 0);
    assert_int_equal(one.node->detector.timer.place, 0);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_member_is_pinged_once_a_second),
        cmocka_unit_test(a_member_heard_of_is_not_pinged),
        cmocka_unit_test(silence_makes_suspect_and_an_answer_clears),
        cmocka_unit_test(who_talks_and_never_answers_is_suspect_once),
        cmocka_unit_test(a_suspect_that_talks_is_pinged_at_once),
        cmocka_unit_test(old_answers_do_not_clear_a_suspect),
        cmocka_unit_test(who_talks_and_answers_late_stays_healthy),
        cmocka_unit_test(a_pong_is_enough_to_stay_healthy),
        cmocka_unit_test(an_idle_member_that_hangs_is_noticed),
        cmocka_unit_test(a_rumour_is_a_reason_to_probe_and_no_more),
        cmocka_unit_test(rumours_of_oneself_and_of_strangers_are_nothing),
        cmocka_unit_test(a_stranger_is_neither_probed_nor_suspect),
        cmocka_unit_test(a_new_link_is_healthy_and_fresh),
        cmocka_unit_test(this_node_is_healthy_to_itself),
        cmocka_unit_test(a_node_that_stood_still_suspects_nobody),
        cmocka_unit_test(standing_still_hides_nobody_for_long),
        cmocka_unit_test(a_little_late_is_no_excuse),
        cmocka_unit_test(many_questions_set_few_timers),
        cmocka_unit_test(all_silent_at_once_are_suspect_together),
        cmocka_unit_test(the_list_follows_the_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
