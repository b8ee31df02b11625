#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hlc.h"
#include "node/internal.h"
#include "unit/node/one_node.h"

static void start(struct one_node *one)
{
    struct node_config config = one_config();
    one_start(one, &config, 2);
}

static void take_save(struct one_node *one)
{
    const struct effect *save = one_effect(one, EFFECT_SAVE, 0);
    if (save != NULL) {
        one->stores[one->stores_open++] = save->save.token;
    }
}

/* What is filling has changed. */
static void ask(struct one_node *one)
{
    env_begin(&one->node->env, one->now);
    one->node->fill.unsaved = true;
    fill_save(one->node);
    take_save(one);
}

static void raise_to(struct one_node *one, uint16_t partition, uint64_t floor)
{
    env_begin(&one->node->env, one->now);
    floor_raise(one->node, partition, floor);
    take_save(one);
}

/* After so long, is there a save? One in the middle of nothing has a token. */
static bool saves_after(struct one_node *one, uint64_t ms)
{
    one_tick(one, ms);
    const struct effect *save = one_effect(one, EFFECT_SAVE, 0);
    assert_true(save == NULL || save->save.token != 0);
    return save != NULL;
}

static void all_that_changes_in_a_while_is_one_save(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    ask(&one);
    assert_int_equal(one.stores_open, 1);
    one_stored(&one, 0);
    for (unsigned i = 0; i < 3; i++) {
        ask(&one);
        assert_int_equal(one.stores_open, 0);
    }
    assert_false(saves_after(&one, SAVE_PAUSE_MS - 1));
    assert_true(saves_after(&one, 1));
    one_stored(&one, 0);
    assert_false(saves_after(&one, SAVE_PAUSE_MS));
    one_done(&one);
}

static void what_changes_while_one_is_under_way_is_in_the_next(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    ask(&one);
    ask(&one);
    assert_false(saves_after(&one, 2 * SAVE_PAUSE_MS)); /* the store takes its time */
    assert_int_equal(one.stores_open, 1);
    one_stored(&one, 0);
    assert_int_equal(one.stores_open, 1);
    one_stored(&one, 0);
    assert_false(saves_after(&one, SAVE_PAUSE_MS));
    one_done(&one);
}

/* Floors that are raised while a slow save is under way are not in it, and what it lacks is asked for again. */
static void what_a_slow_save_lacks_is_not_kept(void **state)
{
    (void)state;
    struct one_node one;
    uint64_t floor = hlc_from_ms(1600000000000);
    start(&one);
    raise_to(&one, 3, floor);
    raise_to(&one, 4, floor);
    one_tick(&one, SAVE_PAUSE_MS + 500);
    one_stored(&one, 0);
    assert_int_equal(one.stores_open, 1);
    assert_true(floor_is_kept(one.node, 3, floor));
    assert_false(floor_is_kept(one.node, 4, floor));
    one_stored(&one, GR_ENOSPC);
    assert_false(floor_is_kept(one.node, 4, floor));
    one_tick(&one, SAVE_PAUSE_MS);
    raise_to(&one, 4, floor); /* whoever waits for it asks again */
    assert_int_equal(one.stores_open, 1);
    one_stored(&one, 0);
    assert_true(floor_is_kept(one.node, 4, floor));
    one_done(&one);
}

/* I3: that is the next comparison. */
static void one_that_failed_is_tried_again_by_who_asks_next(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    ask(&one);
    one_stored(&one, GR_ENOSPC);
    assert_false(saves_after(&one, SAVE_PAUSE_MS));
    assert_true(one.node->fill.unsaved);
    ask(&one);
    assert_int_equal(one.stores_open, 1);
    one_stored(&one, 0);
    assert_false(one.node->fill.unsaved);
    one_done(&one);
}

/* I1: a save at once has all that was to be kept soon. */
static void what_is_kept_at_once_waits_for_nobody(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    ask(&one);
    env_begin(&one.node->env, one.now);
    one.node->fill.unsaved = true;
    save_now(one.node);
    assert_int_equal(one_effect(&one, EFFECT_SAVE, 0)->save.token, 0);
    assert_false(one.node->fill.unsaved);
    one_stored(&one, 0);
    one_done(&one);
}

/* Each is a wait for the disk. */
static void what_is_kept_at_once_is_kept_once_a_step(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    env_begin(&one.node->env, one.now);
    save_now(one.node);
    save_now(one.node);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 1);
    env_begin(&one.node->env, one.now);
    save_now(one.node);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 1);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_changes_in_a_while_is_one_save),
        cmocka_unit_test(what_changes_while_one_is_under_way_is_in_the_next),
        cmocka_unit_test(what_a_slow_save_lacks_is_not_kept),
        cmocka_unit_test(one_that_failed_is_tried_again_by_who_asks_next),
        cmocka_unit_test(what_is_kept_at_once_waits_for_nobody),
        cmocka_unit_test(what_is_kept_at_once_is_kept_once_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
