/* What only this node holds of a key, and how it is decided that it goes: repair.h, doubt.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/internal.h"
#include "node/repair.h"
#include "node/sync_state.h"
#include "unit/node/hinter.h"

#define PEER (ONE_SELF + 1)
#define THIRD (ONE_SELF + 2)
#define OPEN 7u /* repairs that the comparison waits for, so that each end shows */

struct deciding {
    struct one_node one;
    struct bytes key;
    struct blob *object;
    struct sync_run *run;
    uint16_t partition;
};

static void start(struct deciding *deciding, bool in_doubt)
{
    struct one_node *one = &deciding->one;
    hinter_start(one, 2);
    deciding->key = one_key_of(one, 0, ONE_SELF, 0);
    deciding->object = hinter_object(one, deciding->key, "v", 1000);
    deciding->partition = ring_partition(ring_slot(deciding->key), one->node->membership.partitions);
    deciding->run = &one->node->sync.state->run;
    deciding->run->repairs_open = OPEN;
    deciding->run->failed = false;
    if (in_doubt) {
        env_begin(&one->node->env, one->now);
        fill_start_all(one->node, true);
        assert_int_equal(fill_standing(one->node, deciding->partition), FILL_DOUBTFUL);
    }
}

static void done(struct deciding *deciding)
{
    blob_unref(deciding->object);
    one_done(&deciding->one);
}

/* What the store says each time that the key is read. */
static void load(struct deciding *deciding, int status)
{
    one_loaded(&deciding->one, status, status == 0 ? blob_ref(deciding->object) : NULL);
}

static void answer(struct deciding *deciding, uint64_t request, uint64_t peer, int error, enum fill_standing standing,
                   uint64_t floor)
{
    struct wire_message ack = {.type = WIRE_get_ack};
    ack.get_ack.request = request;
    ack.get_ack.error = (uint16_t)-error;
    ack.get_ack.standing = (uint8_t)standing;
    ack.get_ack.floor = floor;
    one_hear(&deciding->one, peer, &ack);
}

static uint64_t floor_above(struct deciding *deciding)
{
    return one_dot_of(&deciding->one, deciding->key, blob_bytes(deciding->object)).hlc + 1;
}

/* Begins the comparison with the peer. Returns the number of the question to it. */
static uint64_t ask_peer(struct deciding *deciding, int status)
{
    struct one_node *one = &deciding->one;
    env_begin(&one->node->env, one->now);
    assert_int_equal(repair_key(one->node, ring_slot(deciding->key), deciding->key, PEER), 0);
    one->loads[one->loads_open++] = one_effect(one, EFFECT_LOAD, 0)->load.token;
    load(deciding, status);
    return one_sent(one, PEER, WIRE_get)->get.request;
}

/* The peer holds nothing: all owners are asked next. Returns the number of that question. */
static uint64_t ask_all(struct deciding *deciding, int status, uint64_t floor)
{
    struct one_node *one = &deciding->one;
    answer(deciding, ask_peer(deciding, status), PEER, 0, FILL_WHOLE, floor);
    assert_null(one_sent(one, PEER, WIRE_put));
    load(deciding, status);
    assert_non_null(one_sent(one, PEER, WIRE_get));
    assert_int_equal(deciding->run->repairs_open, OPEN);
    return one_sent(one, THIRD, WIRE_get)->get.request;
}

static void assert_told(const struct deciding *deciding, bool succeeded, unsigned discarded)
{
    assert_int_equal(deciding->run->repairs_open, OPEN - 1);
    assert_int_equal(deciding->run->failed, !succeeded);
    assert_int_equal(node_stats(deciding->one.node)->copies_discarded, discarded);
    assert_true(node_is_idle(deciding->one.node));
}

/* The lane reads the copy once more, and its removal is stored. */
static void expect_removal(struct deciding *deciding, int status)
{
    struct one_node *one = &deciding->one;
    load(deciding, status);
    assert_int_equal(one_count(one, EFFECT_STORE), 1);
    assert_null(one_effect(one, EFFECT_STORE, 0)->store.value);
    one_stored(one, 0);
}

static void a_copy_of_what_was_deleted_and_forgotten_goes(void **state)
{
    (void)state;
    struct deciding deciding;
    start(&deciding, true);
    uint64_t request = ask_all(&deciding, 0, floor_above(&deciding));
    answer(&deciding, request, PEER, 0, FILL_WHOLE, floor_above(&deciding));
    answer(&deciding, request, THIRD, GR_ENOCOPY, FILL_MISSING, 0);
    expect_removal(&deciding, 0);
    assert_told(&deciding, true, 1);
    done(&deciding);
}

static void it_stays_where_it_is_until_all_have_spoken(void **state)
{
    (void)state;
    struct deciding deciding;
    start(&deciding, true);
    uint64_t request = ask_all(&deciding, 0, floor_above(&deciding));
    answer(&deciding, request, PEER, 0, FILL_WHOLE, floor_above(&deciding));
    answer(&deciding, request, THIRD, GR_EIO, FILL_WHOLE, 0);
    assert_null(one_sent(&deciding.one, PEER, WIRE_put));
    assert_told(&deciding, false, 0);
    done(&deciding);
}

static void a_write_that_came_later_than_all_that_was_forgotten_is_spread(void **state)
{
    (void)state;
    struct deciding deciding;
    struct one_node *one = &deciding.one;
    start(&deciding, true);
    uint64_t request = ask_peer(&deciding, 0);
    answer(&deciding, request, PEER, 0, FILL_WHOLE, floor_above(&deciding) - 2);
    assert_true(bytes_equal(one_sent(one, PEER, WIRE_put)->put.object, blob_bytes(deciding.object)));
    assert_told(&deciding, true, 0);
    done(&deciding);
}

static void where_everybody_is_in_doubt_it_is_spread(void **state)
{
    (void)state;
    struct deciding deciding;
    struct one_node *one = &deciding.one;
    start(&deciding, true);
    answer(&deciding, ask_peer(&deciding, 0), PEER, GR_ENOCOPY, FILL_DOUBTFUL, 0);
    load(&deciding, 0);
    uint64_t request = one_sent(one, THIRD, WIRE_get)->get.request;
    answer(&deciding, request, PEER, GR_ENOCOPY, FILL_DOUBTFUL, floor_above(&deciding));
    answer(&deciding, request, THIRD, GR_ENOCOPY, FILL_DOUBTFUL, floor_above(&deciding));
    assert_non_null(one_sent(one, PEER, WIRE_put));
    assert_non_null(one_sent(one, THIRD, WIRE_put));
    assert_told(&deciding, true, 0);
    done(&deciding);
}

static void a_damaged_copy_that_nobody_else_has_goes(void **state)
{
    (void)state;
    struct deciding deciding;
    start(&deciding, false);
    uint64_t actor = node_actor(deciding.one.node);
    uint64_t request = ask_all(&deciding, GR_ECORRUPT, 0);
    answer(&deciding, request, PEER, 0, FILL_WHOLE, 0);
    answer(&deciding, request, THIRD, 0, FILL_WHOLE, 0);
    expect_removal(&deciding, GR_ECORRUPT);
    assert_told(&deciding, true, 1);
    assert_true(node_actor(deciding.one.node) != actor);
    done(&deciding);
}

static void a_damaged_copy_stays_while_another_owner_may_miss_it(void **state)
{
    (void)state;
    struct deciding deciding;
    start(&deciding, false);
    uint64_t request = ask_all(&deciding, GR_ECORRUPT, 0);
    answer(&deciding, request, PEER, 0, FILL_WHOLE, 0);
    answer(&deciding, request, THIRD, GR_ENOCOPY, FILL_MISSING, 0);
    assert_told(&deciding, false, 0);
    done(&deciding);
}

/* An error is not "absent": the key stays unreadable until it is written again, and the comparison ends. */
static void what_is_damaged_at_two_owners_stays(void **state)
{
    (void)state;
    struct deciding deciding;
    start(&deciding, false);
    uint64_t request = ask_all(&deciding, GR_ECORRUPT, 0);
    answer(&deciding, request, PEER, GR_ECORRUPT, FILL_WHOLE, 0);
    answer(&deciding, request, THIRD, 0, FILL_WHOLE, 0);
    assert_int_equal(one_count(&deciding.one, EFFECT_STORE), 0);
    assert_told(&deciding, true, 0);
    done(&deciding);
}

static void a_copy_in_doubt_mends_those_that_are_damaged(void **state)
{
    (void)state;
    struct deciding deciding;
    struct one_node *one = &deciding.one;
    start(&deciding, true);
    uint64_t request = ask_all(&deciding, 0, floor_above(&deciding));
    answer(&deciding, request, PEER, GR_ECORRUPT, FILL_WHOLE, 0);
    answer(&deciding, request, THIRD, GR_ECORRUPT, FILL_WHOLE, 0);
    assert_non_null(one_sent(one, PEER, WIRE_put));
    assert_non_null(one_sent(one, THIRD, WIRE_put));
    assert_told(&deciding, true, 0);
    done(&deciding);
}

static void a_copy_that_was_written_anew_meanwhile_stays(void **state)
{
    (void)state;
    struct deciding deciding;
    struct one_node *one = &deciding.one;
    start(&deciding, true);
    uint64_t request = ask_all(&deciding, 0, floor_above(&deciding));
    answer(&deciding, request, PEER, 0, FILL_WHOLE, floor_above(&deciding));
    answer(&deciding, request, THIRD, 0, FILL_WHOLE, floor_above(&deciding));
    one_loaded(one, 0, hinter_object(one, deciding.key, "new", 0));
    assert_int_equal(one_count(one, EFFECT_STORE), 0);
    assert_told(&deciding, false, 0);
    done(&deciding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_of_what_was_deleted_and_forgotten_goes),
        cmocka_unit_test(it_stays_where_it_is_until_all_have_spoken),
        cmocka_unit_test(a_write_that_came_later_than_all_that_was_forgotten_is_spread),
        cmocka_unit_test(where_everybody_is_in_doubt_it_is_spread),
        cmocka_unit_test(a_damaged_copy_that_nobody_else_has_goes),
        cmocka_unit_test(a_damaged_copy_stays_while_another_owner_may_miss_it),
        cmocka_unit_test(what_is_damaged_at_two_owners_stays),
        cmocka_unit_test(a_copy_in_doubt_mends_those_that_are_damaged),
        cmocka_unit_test(a_copy_that_was_written_anew_meanwhile_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
