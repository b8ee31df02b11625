#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hlc.h"
#include "unit/node/reaper.h"

static const struct dot DOT = {.actor = 8, .hlc = (uint64_t)1600000000000 << HLC_COUNTER_BITS};

struct deleted {
    struct one_node one;
    struct bytes key;
    struct blob *tombstone;
};

/* A key of which this node is the first owner, deleted. */
static struct deleted *start(void)
{
    struct deleted *deleted = calloc(1, sizeof *deleted);
    assert_non_null(deleted);
    reaper_start(&deleted->one);
    deleted->key = one_key_of(&deleted->one, 0, ONE_SELF, 0);
    deleted->tombstone = reaper_tombstone(&deleted->one, deleted->key, DOT);
    reaper_put(&deleted->one, deleted->key, deleted->tombstone);
    return deleted;
}

static void end(struct deleted *deleted)
{
    blob_unref(deleted->tombstone);
    one_done(&deleted->one);
    free(deleted);
}

static void prove(struct deleted *deleted)
{
    reaper_prove(&deleted->one, deleted->key, deleted->tombstone);
}

static bool is_told_to_remove(const struct deleted *deleted)
{
    return one_sent(&deleted->one, ONE_SELF + 1, WIRE_reap) != NULL &&
           one_sent(&deleted->one, ONE_SELF + 2, WIRE_reap) != NULL;
}

static bool is_nobody_told(const struct deleted *deleted)
{
    return one_sent(&deleted->one, ONE_SELF + 1, WIRE_reap) == NULL &&
           one_sent(&deleted->one, ONE_SELF + 2, WIRE_reap) == NULL && deleted->one.loads_open == 0;
}

static void proven_twice_it_goes(void **state)
{
    (void)state;
    struct deleted *deleted = start();
    struct one_node *one = &deleted->one;
    prove(deleted);
    uint64_t first_ms = one->now.mono_ms;
    assert_true(is_nobody_told(deleted));
    prove(deleted);
    assert_true(one->now.mono_ms - first_ms >= REAPER_AFTER_MS);
    assert_true(is_told_to_remove(deleted));
    one_loaded(one, 0, blob_ref(deleted->tombstone));
    one_stored(one, 0); /* the floor */
    if (one->loads_open > 0) {
        one_loaded(one, 0, blob_ref(deleted->tombstone));
    }
    const struct effect *store = one_effect(one, EFFECT_STORE, 0);
    assert_non_null(store);
    assert_null(store->store.value);
    assert_int_equal(store->store.live_delta, 0);
    one_stored(one, 0);
    assert_int_equal(node_stats(one->node)->tombstones_reaped, 1);
    assert_false(reaper_scans(one)); /* the slot is empty */
    end(deleted);
}

static uint64_t cleared_up_to(struct deleted *deleted)
{
    struct one_node *one = &deleted->one;
    assert_true(reaper_scans(one));
    assert_true(reaper_find(one, deleted->key, deleted->tombstone));
    reaper_answer_gets(one, true);
    return one_sent(one, ONE_SELF + 1, WIRE_clear)->clear.hlc;
}

/* L3: not the first time, when that may be ahead of all clocks. */
static void members_are_asked_to_mint_above_the_floor(void **state)
{
    (void)state;
    struct deleted *deleted = start();
    struct one_node *one = &deleted->one;
    assert_int_equal(cleared_up_to(deleted), DOT.hlc);
    reaper_answer_clears(one, true, 0);
    uint64_t hlc = cleared_up_to(deleted);
    assert_in_range(hlc, DOT.hlc + 1, DOT.hlc + hlc_from_ms(REAPER_AFTER_MS / 2 + 1));
    reaper_answer_clears(one, true, 0);
    assert_int_equal(one_sent(one, ONE_SELF + 1, WIRE_reap)->reap.floor, hlc);
    assert_true(node_clock(one->node) >= hlc);
    end(deleted);
}

static void it_stays_while_an_owner_has_another_copy(void **state)
{
    (void)state;
    struct deleted *deleted = start();
    struct one_node *one = &deleted->one;
    for (unsigned i = 0; i < 3; i++) {
        assert_true(reaper_scans(one));
        assert_true(reaper_find(one, deleted->key, deleted->tombstone));
        reaper_answer_gets(one, false);
        assert_null(one_sent(one, ONE_SELF + 1, WIRE_clear));
        assert_true(is_nobody_told(deleted));
    }
    end(deleted);
}

static void it_stays_while_a_member_has_hints(void **state)
{
    (void)state;
    struct deleted *deleted = start();
    struct one_node *one = &deleted->one;
    prove(deleted);
    assert_true(reaper_scans(one));
    assert_true(reaper_find(one, deleted->key, deleted->tombstone));
    reaper_answer_gets(one, true);
    reaper_answer_clears(one, false, 0);
    assert_true(is_nobody_told(deleted));
    prove(deleted); /* the first proof is void, as well */
    assert_true(is_nobody_told(deleted));
    prove(deleted);
    assert_true(is_told_to_remove(deleted));
    end(deleted);
}

static void a_member_that_lost_a_link_voids_the_first_proof(void **state)
{
    (void)state;
    struct deleted *deleted = start();
    struct one_node *one = &deleted->one;
    prove(deleted);
    assert_true(reaper_scans(one));
    assert_true(reaper_find(one, deleted->key, deleted->tombstone));
    reaper_answer_gets(one, true);
    reaper_answer_clears(one, true, 1);
    assert_true(is_nobody_told(deleted));
    end(deleted);
}

static void a_link_lost_here_voids_the_first_proof(void **state)
{
    (void)state;
    struct deleted *deleted = start();
    prove(deleted);
    one_peer_down(&deleted->one, ONE_SELF + 2);
    one_peer_up(&deleted->one, ONE_SELF + 2);
    prove(deleted);
    assert_true(is_nobody_told(deleted));
    end(deleted);
}

static void a_member_that_is_away_stops_it(void **state)
{
    (void)state;
    struct deleted *deleted = start();
    prove(deleted);
    one_peer_down(&deleted->one, ONE_SELF + 2);
    assert_false(reaper_scans(&deleted->one));
    end(deleted);
}

static void a_wall_clock_that_jumps_hurries_nothing(void **state)
{
    (void)state;
    struct deleted *deleted = start();
    struct one_node *one = &deleted->one;
    prove(deleted);
    uint64_t first_ms = one->now.mono_ms;
    one->now.wall_ms += 3600000;
    prove(deleted);
    assert_true(one->now.mono_ms - first_ms >= REAPER_AFTER_MS);
    end(deleted);
}

static void an_answer_that_comes_twice_counts_once(void **state)
{
    (void)state;
    struct deleted *deleted = start();
    struct one_node *one = &deleted->one;
    assert_true(reaper_scans(one));
    assert_true(reaper_find(one, deleted->key, deleted->tombstone));
    struct wire_message ack = {.type = WIRE_get_ack};
    ack.get_ack.same = 1;
    ack.get_ack.request = one_sent(one, ONE_SELF + 1, WIRE_get)->get.request;
    one_hear(one, ONE_SELF + 1, &ack);
    one_hear(one, ONE_SELF + 1, &ack);
    assert_null(one_sent(one, ONE_SELF + 1, WIRE_clear));
    one_hear(one, ONE_SELF + 2, &ack);
    struct wire_message clear = {.type = WIRE_clear_ack};
    clear.clear_ack.request = one_sent(one, ONE_SELF + 1, WIRE_clear)->clear.request;
    reaper_keep_clock(one, 0);
    clear.clear_ack.clear = 1;
    one_hear(one, ONE_SELF + 1, &clear);
    one_hear(one, ONE_SELF + 1, &clear);
    assert_true(is_nobody_told(deleted));
    end(deleted);
}

/* One's own clock, too. */
static void it_stays_when_the_clock_cannot_be_kept(void **state)
{
    (void)state;
    struct deleted *deleted = start();
    struct one_node *one = &deleted->one;
    for (unsigned i = 0; i < 3; i++) {
        assert_true(reaper_scans(one));
        assert_true(reaper_find(one, deleted->key, deleted->tombstone));
        reaper_answer_gets(one, true);
        assert_non_null(one_effect(one, EFFECT_MEND, 0));
        reaper_keep_clock(one, GR_EIO);
        assert_true(is_nobody_told(deleted));
    }
    prove(deleted);
    prove(deleted);
    assert_true(is_told_to_remove(deleted));
    end(deleted);
}

static void a_newer_write_saves_its_key(void **state)
{
    (void)state;
    struct deleted *deleted = start();
    struct one_node *one = &deleted->one;
    prove(deleted);
    prove(deleted);
    struct blob *newer = one_object(one, deleted->key, "v", (struct dot){.actor = 9, .hlc = DOT.hlc + 2});
    one_loaded(one, 0, newer);
    assert_int_equal(one->stores_open, 0);
    end(deleted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proven_twice_it_goes),
        cmocka_unit_test(members_are_asked_to_mint_above_the_floor),
        cmocka_unit_test(it_stays_while_an_owner_has_another_copy),
        cmocka_unit_test(it_stays_while_a_member_has_hints),
        cmocka_unit_test(a_member_that_lost_a_link_voids_the_first_proof),
        cmocka_unit_test(a_link_lost_here_voids_the_first_proof),
        cmocka_unit_test(a_member_that_is_away_stops_it),
        cmocka_unit_test(a_wall_clock_that_jumps_hurries_nothing),
        cmocka_unit_test(an_answer_that_comes_twice_counts_once),
        cmocka_unit_test(it_stays_when_the_clock_cannot_be_kept),
        cmocka_unit_test(a_newer_write_saves_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
