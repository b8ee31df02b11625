#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/gossip.h"
#include "node/join.h"
#include "node/replace.h"
#include "unit/node/one_node.h"

#define OLD 2u   /* a member, and down */
#define OTHER 3u /* a member, and up */
#define NEW 20u
#define RIVAL 21u

/* The node that is asked: one of three members, of which OLD is down, in a ring that holds data. */
static void start(struct one_node *one)
{
    struct node_config config = one_config();
    struct one_node before;
    one_start(&before, &config, 2);
    config.state = node_state(before.node);
    config.holds_data = true;
    one_start(one, &config, 0);
    one_done(&before);
    one_peer_up(one, OTHER);
}

static void ask(struct one_node *one, uint64_t old, uint64_t new)
{
    one_ask(one, (struct request){.op = OP_REPLACE, .offset = old, .number = new});
}

static bool says(struct bytes text, const char *words)
{
    size_t len = strlen(words);
    for (size_t i = 0; i + len <= text.len; i++) {
        if (memcmp(text.data + i, words, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool detail_has(const struct one_node *one, const char *words)
{
    return says(one_effect(one, EFFECT_REPLY, 0)->reply.detail, words);
}

static void start_joiner(struct one_node *one, uint64_t who, uint64_t replaces)
{
    struct node_config config = one_config();
    config.node = who;
    config.actor = 70 + who;
    config.cluster = 0;
    config.seed = who;
    config.replaces = replaces;
    one_start(one, &config, 0);
}

/* The joiner asks the member, and hears its answer. */
static void let_join(struct one_node *member, struct one_node *joiner, uint64_t who)
{
    one_peer_up(member, who);
    one_peer_up(joiner, ONE_SELF);
    assert_int_equal(one_deliver(joiner, member), 1);
    one_deliver(member, joiner);
}

/* A node of OLD's id that has slept through it all, with the membership that `one` has now. */
static void start_old(struct one_node *old, struct one_node *one)
{
    struct node_config config = one_config();
    config.node = OLD;
    config.actor = 72;
    config.holds_data = true;
    config.state = node_state(one->node);
    one_start(old, &config, 0);
}

static bool owns_all_of(const struct placement *now, const struct placement *before)
{
    for (uint32_t p = 0; p < placement_partitions(now); p++) {
        for (unsigned r = 0; r < placement_replicas(now); r++) {
            uint64_t owner = placement_owners(before, (uint16_t)p)[r];
            if (placement_owners(now, (uint16_t)p)[r] != (owner == OLD ? NEW : owner)) {
                return false;
            }
        }
    }
    return true;
}

/* X1 */
static void a_place_is_given_in_advance(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node before;
    start(&one);
    start(&before);
    ask(&one, OLD, NEW);
    assert_int_equal(one.status, 0);
    assert_true(one_count(&one, EFFECT_SAVE) > 0);
    assert_non_null(one_sent(&one, OTHER, WIRE_membership));
    assert_true(owns_all_of(node_placement(one.node), node_placement(before.node)));
    assert_null(members_find(node_members(one.node), OLD));
    ask(&one, OLD, NEW);
    assert_int_equal(one.status, 0); /* it is so already */
    struct one_node joiner;
    start_joiner(&joiner, NEW, 0);
    let_join(&one, &joiner, NEW);
    assert_int_equal(one_count(&joiner, EFFECT_JOINED), 1);
    assert_non_null(members_find(node_members(one.node), NEW));
    assert_true(owns_all_of(node_placement(joiner.node), node_placement(before.node)));
    one_done(&joiner);
    one_done(&before);
    one_done(&one);
}

/* What it fills outlives a restart, and a restart does not begin it anew. */
static void a_joiner_may_name_the_lost_node(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node joiner;
    start(&one);
    start_joiner(&joiner, NEW, OLD);
    let_join(&one, &joiner, NEW);
    assert_int_equal(one_count(&joiner, EFFECT_JOINED), 1);
    uint32_t joiner_partitions = placement_pieces(node_placement(joiner.node), NEW);
    assert_int_equal(placement_weight(node_placement(one.node), OLD), 0);
    assert_int_equal(placement_predecessor(node_placement(joiner.node), NEW), OLD);
    assert_int_equal(node_stats(joiner.node)->partitions_filling, joiner_partitions);
    struct node_config config = one_config();
    struct one_node again;
    config.node = NEW;
    config.actor = 99;
    config.state = node_state(joiner.node);
    one_start(&again, &config, 0);
    assert_int_equal(node_stats(again.node)->partitions_filling, joiner_partitions);
    one_done(&again);
    one_done(&joiner);
    one_done(&one);
}

/* X3 */
static void who_cannot_be_replaced_is_told_why(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    ask(&one, OTHER, NEW);
    assert_int_equal(one.status, GR_EINVAL);
    assert_true(detail_has(&one, "node 0000000000000003 is up"));
    ask(&one, ONE_SELF, NEW);
    assert_int_equal(one.status, GR_EINVAL);
    ask(&one, 4242, NEW);
    assert_int_equal(one.status, GR_ENOENT);
    assert_true(detail_has(&one, "gramme cluster status"));
    ask(&one, OLD, OLD);
    assert_int_equal(one.status, GR_EINVAL);
    ask(&one, OLD, 0);
    assert_int_equal(one.status, GR_EINVAL);
    ask(&one, OLD, OTHER);
    assert_int_equal(one.status, GR_EEXIST);
    assert_int_equal(one_count(&one, EFFECT_SAVE), 0);
    ask(&one, OLD, NEW);
    assert_int_equal(one.status, 0);
    ask(&one, OLD, RIVAL);
    assert_int_equal(one.status, GR_EEXIST);
    assert_true(detail_has(&one, "0000000000000014")); /* NEW */
    ask(&one, NEW, OLD);
    assert_int_equal(one.status, GR_EFENCED);
    one_done(&one);
}

static void a_joiner_that_cannot_is_told_why(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node joiner;
    start(&one);
    start_joiner(&joiner, NEW, OTHER);
    let_join(&one, &joiner, NEW);
    const struct wire_message *refused = one_sent(&one, NEW, WIRE_refused);
    assert_int_equal(refused->refused.code, -GR_EINVAL);
    for (unsigned heard = 1; heard < JOIN_PATIENCE; heard++) {
        assert_int_equal(one_count(&joiner, EFFECT_REFUSED), 0); /* the seed may be late to learn that it is lost */
        one_hear(&joiner, ONE_SELF, refused);
    }
    assert_int_equal(one_count(&joiner, EFFECT_REFUSED), 1);
    one_done(&joiner);
    one_done(&one);
}

/* Who asks without a word on whom it replaces is told both ways, with its id. */
static void a_stranger_is_told_how(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node joiner;
    start(&one);
    start_joiner(&joiner, NEW, 0);
    let_join(&one, &joiner, NEW);
    struct bytes text = one_effect(&joiner, EFFECT_REFUSED, 0)->text;
    assert_true(says(text, "cluster replace OLD 0000000000000014"));
    assert_true(says(text, "--replace OLD"));
    one_done(&joiner);
    one_done(&one);
}

/* X2: the directory of the old node is found again. */
static void the_old_node_is_fenced(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node old;
    start(&one);
    start_old(&old, &one);
    ask(&one, OLD, NEW);
    one_peer_up(&one, OLD);
    one_peer_up(&old, ONE_SELF);
    one_deliver(&old, &one); /* its gossip: the logs differ */
    one_deliver(&one, &old);
    assert_int_equal(one_count(&old, EFFECT_REFUSED), 1);
    struct bytes text = one_effect(&old, EFFECT_REFUSED, 0)->text;
    assert_true(says(text, "has been replaced"));
    assert_true(one_count(&old, EFFECT_SAVE) > 0);
    one_put(&old, bytes_of_text("k"), "v");
    assert_int_equal(old.status, GR_EFENCED);
    struct wire_message count = {.type = WIRE_count};
    uint64_t refused = node_stats(old.node)->messages_refused;
    one_hear(&old, ONE_SELF, &count);
    assert_int_equal(node_stats(old.node)->messages_refused, refused + 1);
    one_hear(&one, OLD, &count);
    assert_int_equal(one_count(&one, EFFECT_COUNT), 0);
    one_done(&old);
    one_done(&one);
}

/* It stops at its next start too, before it has heard of anybody. */
static void the_fence_outlives_a_restart(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node old;
    start(&one);
    ask(&one, OLD, NEW);
    start_old(&old, &one);
    assert_int_equal(old.refusals, 1);
    one_put(&old, bytes_of_text("k"), "v");
    assert_int_equal(old.status, GR_EFENCED);
    assert_int_equal(old.refusals, 1); /* once is enough */
    one_done(&old);
    one_done(&one);
}

/* Both sides of a cut give the place away. The first in the log counts; here it is RIVAL's, as its member's clock is
 * behind. */
static void of_two_successors_the_second_is_told(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node other;
    struct one_node joiner;
    start(&one);
    start(&other);
    one.now.wall_ms += 1000;
    start_joiner(&joiner, NEW, OLD);
    let_join(&one, &joiner, NEW);
    assert_int_equal(one_count(&joiner, EFFECT_REFUSED), 0);
    ask(&other, OLD, RIVAL);
    assert_int_equal(other.status, 0);
    const struct wire_message *told = one_sent(&other, OTHER, WIRE_membership);
    one_hear(&one, OTHER, told);
    assert_int_equal(placement_successor(node_placement(one.node), OLD), RIVAL);
    one_hear(&joiner, ONE_SELF, told);
    assert_int_equal(one_count(&joiner, EFFECT_REFUSED), 1);
    struct bytes text = one_effect(&joiner, EFFECT_REFUSED, 0)->text;
    assert_true(says(text, "0000000000000015")); /* RIVAL */
    one_done(&joiner);
    one_done(&other);
    one_done(&one);
}

/* The seed's clock is an hour behind the one by which the old node joined. */
static void a_slow_clock_replaces_as_well(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    one.now.wall_ms = 1;
    ask(&one, OLD, NEW);
    assert_int_equal(one.status, 0);
    assert_true(placement_weight(node_placement(one.node), NEW) > 0);
    one_done(&one);
}

/* A peer that knows of no replacement sends the old record along: it is not taken up again. */
static void a_replaced_nodes_record_does_not_come_back(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node before;
    start(&before);
    start(&one);
    ask(&one, OLD, NEW);
    struct wire_message gossip = {.type = WIRE_gossip};
    gossip.gossip.cluster = node_cluster(before.node);
    one_hear(&before, OTHER, &gossip);
    const struct wire_message *told = one_sent(&before, OTHER, WIRE_membership);
    assert_non_null(told);
    one_hear(&one, OTHER, told);
    assert_null(members_find(node_members(one.node), OLD));
    assert_int_equal(one_count(&one, EFFECT_SAVE), 0);
    one_done(&before);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_given_in_advance),
        cmocka_unit_test(a_joiner_may_name_the_lost_node),
        cmocka_unit_test(who_cannot_be_replaced_is_told_why),
        cmocka_unit_test(a_joiner_that_cannot_is_told_why),
        cmocka_unit_test(a_stranger_is_told_how),
        cmocka_unit_test(the_old_node_is_fenced),
        cmocka_unit_test(the_fence_outlives_a_restart),
        cmocka_unit_test(of_two_successors_the_second_is_told),
        cmocka_unit_test(a_slow_clock_replaces_as_well),
        cmocka_unit_test(a_replaced_nodes_record_does_not_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
