#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/detector.h"
#include "node/health.h"

#define START 5000u

static struct health fresh(void)
{
    struct health health;
    health_init(&health, 2, START);
    return health;
}

/* To a question, not to a ping. */
static void answer(struct health *health, uint64_t now_ms)
{
    assert_true(health_answered(health, 0, true, now_ms));
}

static void note_times(struct health *health, unsigned count, uint64_t took_ms)
{
    for (unsigned i = 0; i < count; i++) {
        health_took(health, took_ms);
    }
}

static void fall_silent(struct health *health, unsigned count, uint64_t for_ms)
{
    for (unsigned i = 0; i < count; i++) {
        health_asked(health, START);
        answer(health, START + for_ms);
    }
}

static void silence_after_a_question_makes_suspect(void **state)
{
    (void)state;
    struct health health = fresh();
    struct rng rng;
    rng_init(&rng, 1);
    assert_true(health_asked(&health, START));
    assert_int_equal(health_due(&health), START + DETECTOR_PATIENCE_NEW_MS / 2);
    assert_int_equal(health_look(&health, health_due(&health) - 1, &rng), HEALTH_WAIT);
    assert_int_equal(health_look(&health, health_due(&health), &rng), HEALTH_PING);
    assert_int_equal(health_due(&health), START + DETECTOR_PATIENCE_NEW_MS);
    assert_int_equal(health_look(&health, health_due(&health), &rng), HEALTH_TELL);
    assert_int_equal(health.state, HEALTH_SUSPECT);
    assert_false(health_answered(&health, 0, true, START + 1000));
    health_pinged(&health, 7);
    assert_false(health_answered(&health, 6, true, START + 1001));
    assert_true(health_answered(&health, 7, true, START + 1002));
    assert_int_equal(health.state, HEALTH_HEARD);
}

static void the_oldest_question_since_it_answered_counts(void **state)
{
    (void)state;
    struct health health = fresh();
    assert_true(health_asked(&health, START + 10));
    assert_false(health_asked(&health, START + 60));
    assert_int_equal(health.asked_ms, START + 10);
    answer(&health, START + 70);
    assert_true(health_asked(&health, START + 80));
    assert_int_equal(health.asked_ms, START + 80);
}

static void the_hedge_follows_the_usual_time(void **state)
{
    (void)state;
    struct health health = fresh();
    note_times(&health, LATENCY_KNOWN - 1, 0);
    assert_int_equal(health.hedge_ms, DETECTOR_HEDGE_NEW_MS);
    note_times(&health, 1, 0);
    assert_int_equal(health.hedge_ms, DETECTOR_HEDGE_MIN_MS);
    note_times(&health, 2000, 95);
    assert_int_equal(health.hedge_ms, 95);
    note_times(&health, 2000, 60000);
    assert_int_equal(health.hedge_ms, DETECTOR_HEDGE_MAX_MS);
    assert_int_equal(health.patience_ms, DETECTOR_PATIENCE_NEW_MS);
}

static void patience_follows_the_usual_silence(void **state)
{
    (void)state;
    struct health health = fresh();
    fall_silent(&health, 3, 0);
    assert_int_equal(health.patience_ms, DETECTOR_PATIENCE_NEW_MS);
    fall_silent(&health, 1, 0);
    assert_int_equal(health.patience_ms, DETECTOR_PATIENCE_MIN_MS);
    fall_silent(&health, 2000, 95);
    assert_int_equal(health.patience_ms, DETECTOR_PATIENCE * 95);
    fall_silent(&health, 2000, DETECTOR_PATIENCE_MAX_MS / 2);
    assert_int_equal(health.patience_ms, DETECTOR_PATIENCE_MAX_MS);
}

/* A burst when it comes back, a disk that stalls: one pause, of which a hundred answers tell. */
static void one_pause_makes_nobody_patient(void **state)
{
    (void)state;
    struct health health = fresh();
    fall_silent(&health, 100, 1);
    health_asked(&health, START);
    note_times(&health, 100, 170);
    for (unsigned i = 0; i < 100; i++) {
        answer(&health, START + 170);
    }
    fall_silent(&health, 100, 1);
    assert_int_equal(health.patience_ms, DETECTOR_PATIENCE_MIN_MS);
}

/* Of one further away than patience allows for the first answers come when it is suspect; of one that was away, too. */
static void a_suspect_teaches_patience(void **state)
{
    (void)state;
    static const struct {
        uint64_t took_ms;
        uint32_t patience_ms;
    } cases[] = {{600, DETECTOR_PATIENCE_MAX_MS}, {5000, DETECTOR_PATIENCE_MIN_MS}};
    for (unsigned i = 0; i < 2; i++) {
        struct health health = fresh();
        struct rng rng;
        rng_init(&rng, 1);
        fall_silent(&health, 4, 0);
        health_asked(&health, START);
        health_look(&health, START + 75, &rng);
        assert_int_equal(health_look(&health, START + 150, &rng), HEALTH_TELL);
        assert_false(health_answered(&health, 0, true, START + cases[i].took_ms));
        health_pinged(&health, 7);
        assert_false(health_answered(&health, 6, true, START + cases[i].took_ms + 300));
        assert_true(health_answered(&health, 7, true, START + cases[i].took_ms + 300));
        assert_int_equal(health.patience_ms, cases[i].patience_ms);
    }
}

/* Of the ping half-way: that may have come through before the way was cut. A ping now will tell. */
static void a_pong_just_after_the_verdict_is_a_reason_to_ping(void **state)
{
    (void)state;
    struct health health = fresh();
    struct rng rng;
    rng_init(&rng, 1);
    health_asked(&health, START);
    assert_int_equal(health_look(&health, START + 150, &rng), HEALTH_PING);
    health_pinged(&health, 7);
    assert_int_equal(health_look(&health, START + 300, &rng), HEALTH_TELL);
    assert_false(health_answered(&health, 7, true, START + 301));
    assert_true(health_talked(&health, START + 301));
    health_pinged(&health, 8);
    assert_true(health_answered(&health, 8, true, START + 302));
}

/* This node itself stood still: that is nobody's silence. */
static void a_silence_that_does_not_count_teaches_nothing(void **state)
{
    (void)state;
    struct health health = fresh();
    fall_silent(&health, 4, 1);
    health_asked(&health, START);
    assert_true(health_answered(&health, 0, false, START + 140));
    assert_int_equal(health.patience_ms, DETECTOR_PATIENCE_MIN_MS);
}

static void probes_of_a_suspect_come_ever_less_often(void **state)
{
    (void)state;
    struct health health = fresh();
    struct rng rng;
    rng_init(&rng, 1);
    health_asked(&health, START);
    health_look(&health, START + 150, &rng);
    assert_int_equal(health_look(&health, START + 500, &rng), HEALTH_TELL);
    uint64_t now_ms = START + 500;
    for (uint64_t pause_ms = PROBE_BACKOFF_MIN_MS; pause_ms < 8 * PROBE_BACKOFF_MAX_MS; pause_ms *= 2) {
        uint64_t bound_ms = pause_ms < PROBE_BACKOFF_MAX_MS ? pause_ms : PROBE_BACKOFF_MAX_MS;
        assert_in_range(health_due(&health) - now_ms, bound_ms / 2, bound_ms);
        now_ms = health_due(&health);
        assert_int_equal(health_look(&health, now_ms, &rng), HEALTH_PING);
        assert_int_equal(health.state, HEALTH_SUSPECT);
    }
}

/* The pong of a ping sent late has its time too. */
static void a_late_ping_puts_the_verdict_off(void **state)
{
    (void)state;
    struct health health = fresh();
    struct rng rng;
    rng_init(&rng, 1);
    health_asked(&health, START);
    assert_int_equal(health_look(&health, START + 5000, &rng), HEALTH_PING);
    assert_int_equal(health_due(&health), START + 5000 + DETECTOR_PATIENCE_NEW_MS / 2);
}

static void rumours_cause_one_ping_in_a_while(void **state)
{
    (void)state;
    struct health health = fresh();
    assert_true(health_rumour(&health, START));
    assert_int_equal(health.state, HEALTH_PINGED);
    assert_false(health_rumour(&health, START));
    answer(&health, START + 1);
    assert_false(health_rumour(&health, START + PING_PAUSE_MS - 1));
    assert_true(health_rumour(&health, START + PING_PAUSE_MS));
}

static void an_excuse_begins_anew_and_clears_no_suspect(void **state)
{
    (void)state;
    struct health health = fresh();
    struct rng rng;
    rng_init(&rng, 1);
    health_asked(&health, START);
    health_look(&health, START + 200, &rng);
    health_excuse(&health, START + 9000);
    assert_int_equal(health.state, HEALTH_ASKED);
    assert_int_equal(health_due(&health), START + 9000 + DETECTOR_PATIENCE_NEW_MS / 2);
    health_look(&health, START + 9150, &rng);
    health_look(&health, START + 9300, &rng);
    assert_int_equal(health.state, HEALTH_SUSPECT);
    health_excuse(&health, START + 20000);
    assert_int_equal(health.state, HEALTH_SUSPECT);
}

/* It lives, but does it hear us? */
static void talk_gives_time_to_answer_but_clears_nothing(void **state)
{
    (void)state;
    struct health health = fresh();
    struct rng rng;
    rng_init(&rng, 1);
    uint64_t verdict = START + DETECTOR_PATIENCE_NEW_MS;
    uint64_t last = START + health_patience_talking(DETECTOR_PATIENCE_NEW_MS);
    health_asked(&health, START);
    assert_false(health_talked(&health, START + 1));
    assert_int_equal(health_look(&health, health_due(&health), &rng), HEALTH_PING);
    for (uint64_t now_ms = verdict; now_ms < last; now_ms++) {
        assert_int_equal(health_talked(&health, now_ms),
                         (now_ms - verdict) % PING_PAUSE_MS == 0); /* the ping was lost? */
        assert_int_equal(health_look(&health, now_ms, &rng), HEALTH_WAIT);
    }
    assert_int_equal(health_due(&health), last);
    assert_int_equal(health_look(&health, last, &rng), HEALTH_TELL);
}

static void what_was_said_before_the_question_gives_no_time(void **state)
{
    (void)state;
    struct health health = fresh();
    struct rng rng;
    rng_init(&rng, 1);
    health_talked(&health, START);
    health_asked(&health, START);
    health_look(&health, health_due(&health), &rng);
    assert_int_equal(health_look(&health, START + DETECTOR_PATIENCE_NEW_MS, &rng), HEALTH_TELL);
}

static void a_suspect_that_talks_is_pinged_once_in_a_while(void **state)
{
    (void)state;
    struct health health = fresh();
    struct rng rng;
    rng_init(&rng, 1);
    health_asked(&health, START);
    health_look(&health, START + 150, &rng);
    health_look(&health, START + 500, &rng);
    assert_true(health_talked(&health, START + 600));
    assert_false(health_talked(&health, START + 600 + PING_PAUSE_MS - 1));
    assert_true(health_talked(&health, START + 600 + PING_PAUSE_MS));
    assert_int_equal(health.state, HEALTH_SUSPECT);
    health_pinged(&health, 1);
    assert_true(health_answered(&health, 1, true, START + 800));
    assert_int_equal(health.state, HEALTH_HEARD);
}

/* Whatever happens in whatever order, a look leaves something due later (or the detector's timer would spin). */
static void a_look_is_followed_by_a_pause(void **state)
{
    (void)state;
    struct health health = fresh();
    struct rng rng;
    rng_init(&rng, 9);
    uint64_t now_ms = START;
    for (unsigned i = 0; i < 100000; i++) {
        now_ms += rng_below(&rng, 3) == 0 ? rng_below(&rng, DETECTOR_LATE_MS) : 0;
        switch (rng_below(&rng, 8)) {
        case 0:
            health_answered(&health, rng_below(&rng, 3), true, now_ms);
            break;
        case 1:
            health_asked(&health, now_ms);
            break;
        case 2:
            health_took(&health, rng_below(&rng, 300));
            break;
        case 3:
            health_rumour(&health, now_ms);
            break;
        case 4:
            health_excuse(&health, now_ms);
            break;
        case 5:
            health_talked(&health, now_ms);
            break;
        case 6:
            health_pinged(&health, rng_below(&rng, 3));
            break;
        default:
            break;
        }
        health_look(&health, now_ms, &rng);
        assert_true(health_due(&health) > now_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_after_a_question_makes_suspect),
        cmocka_unit_test(the_oldest_question_since_it_answered_counts),
        cmocka_unit_test(the_hedge_follows_the_usual_time),
        cmocka_unit_test(patience_follows_the_usual_silence),
        cmocka_unit_test(one_pause_makes_nobody_patient),
        cmocka_unit_test(a_suspect_teaches_patience),
        cmocka_unit_test(a_pong_just_after_the_verdict_is_a_reason_to_ping),
        cmocka_unit_test(a_silence_that_does_not_count_teaches_nothing),
        cmocka_unit_test(probes_of_a_suspect_come_ever_less_often),
        cmocka_unit_test(a_late_ping_puts_the_verdict_off),
        cmocka_unit_test(rumours_cause_one_ping_in_a_while),
        cmocka_unit_test(an_excuse_begins_anew_and_clears_no_suspect),
        cmocka_unit_test(talk_gives_time_to_answer_but_clears_nothing),
        cmocka_unit_test(what_was_said_before_the_question_gives_no_time),
        cmocka_unit_test(a_suspect_that_talks_is_pinged_once_in_a_while),
        cmocka_unit_test(a_look_is_followed_by_a_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
