#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/gossip.h"
#include "node/join.h"
#include "unit/node/one_node.h"

#define JOINER 20u
#define THIRD 30u

static void start_joiner(struct one_node *one)
{
    struct node_config config = one_config();
    config.node = JOINER;
    config.actor = 78;
    config.cluster = 0;
    config.seed = 2;
    one_start(one, &config, 0);
}

static void start_both(struct one_node *founder, struct one_node *joiner)
{
    struct node_config config = one_config();
    one_start(founder, &config, 0);
    start_joiner(joiner);
    one_peer_up(founder, JOINER);
}

/* The joiner asks once it hears of the founder, and is admitted. */
static void let_join(struct one_node *founder, struct one_node *joiner)
{
    one_peer_up(joiner, ONE_SELF);
    assert_int_equal(one_deliver(joiner, founder), 1);
    one_deliver(founder, joiner);
    assert_int_equal(node_cluster(joiner->node), node_cluster(founder->node));
}

static unsigned members_of(const struct one_node *one)
{
    return placement_members(node_placement(one->node));
}

/* Somebody whom the test plays asks to be let in. */
static void hear_join(struct one_node *one, uint64_t who)
{
    struct member record = {.node = who, .version = 1, .client = "h:4", .peer = "h:5", .http = "h:6"};
    uint8_t raw[MEMBER_RECORD_MAX];
    struct wire_message join = {.type = WIRE_join};
    join.join.weight = 100;
    join.join.record = bytes_of(raw, member_encode(&record, raw));
    one_hear(one, who, &join);
}

static void a_joiner_is_told_the_ring(void **state)
{
    (void)state;
    struct one_node founder;
    struct one_node joiner;
    start_both(&founder, &joiner);
    one_put(&joiner, bytes_of_text("k"), "v");
    assert_int_equal(joiner.status, GR_EBUSY);
    one_peer_up(&joiner, ONE_SELF);
    one_deliver(&joiner, &founder);
    one_deliver(&founder, &joiner);
    assert_int_equal(one_count(&joiner, EFFECT_JOINED), 1);
    assert_true(one_count(&joiner, EFFECT_SAVE) > 0);
    assert_int_equal(members_of(&joiner), 2);
    assert_int_equal(node_replicas(joiner.node), 3);
    one_done(&founder);
    one_done(&joiner);
}

static void a_lost_answer_is_asked_for_again(void **state)
{
    (void)state;
    struct one_node founder;
    struct one_node joiner;
    start_both(&founder, &joiner);
    one_peer_up(&joiner, ONE_SELF);
    one_deliver(&joiner, &founder); /* whose answer is lost */
    uint64_t log_hash = node_log(founder.node)->hash;
    assert_int_equal(members_of(&founder), 2);
    assert_int_equal(node_cluster(joiner.node), 0);
    one_tick(&joiner, JOIN_PERIOD_MS);
    assert_non_null(one_sent(&joiner, ONE_SELF, WIRE_join));
    one_deliver(&joiner, &founder);
    assert_int_equal(node_log(founder.node)->hash, log_hash); /* admitted once */
    one_deliver(&founder, &joiner);
    assert_int_equal(members_of(&joiner), 2);
    one_done(&founder);
    one_done(&joiner);
}

/* Two seeds of two rings might both admit it. */
static void one_seed_is_asked_at_a_time(void **state)
{
    (void)state;
    struct one_node joiner;
    start_joiner(&joiner);
    one_peer_up(&joiner, ONE_SELF);
    assert_non_null(one_sent(&joiner, ONE_SELF, WIRE_join));
    one_peer_up(&joiner, THIRD);
    assert_int_equal(one_count(&joiner, EFFECT_SEND), 0);
    one_peer_down(&joiner, ONE_SELF);
    one_tick(&joiner, JOIN_PERIOD_MS);
    assert_non_null(one_sent(&joiner, THIRD, WIRE_join));
    one_done(&joiner);
}

static void a_second_answer_changes_nothing(void **state)
{
    (void)state;
    struct one_node founder;
    struct one_node joiner;
    start_both(&founder, &joiner);
    one_peer_up(&joiner, ONE_SELF);
    one_deliver(&joiner, &founder);
    one_deliver(&founder, &joiner);
    one_deliver(&founder, &joiner);
    assert_int_equal(one_count(&joiner, EFFECT_JOINED), 0);
    struct wire_message refused = {.type = WIRE_refused};
    refused.refused.code = -GR_ENOTEMPTY;
    one_hear(&joiner, ONE_SELF, &refused);
    assert_int_equal(one_count(&joiner, EFFECT_REFUSED), 0);
    one_tick(&joiner, JOIN_PERIOD_MS);
    assert_null(one_sent(&joiner, ONE_SELF, WIRE_join));
    one_done(&founder);
    one_done(&joiner);
}

/* A founder that has been restarted with data in its store. */
static void start_with_data(struct one_node *one)
{
    struct one_node before;
    struct node_config config = one_config();
    one_start(&before, &config, 0);
    config.state = node_state(before.node);
    config.holds_data = true;
    one_start(one, &config, 0);
    one_done(&before);
}

static void a_node_that_holds_data_refuses(void **state)
{
    (void)state;
    struct one_node one;
    start_with_data(&one);
    one_peer_up(&one, THIRD);
    hear_join(&one, THIRD);
    assert_int_equal(one_sent(&one, THIRD, WIRE_refused)->refused.code, -GR_ENOTEMPTY);
    assert_int_equal(members_of(&one), 1);
    one_done(&one);
}

/* What the first store of any member means, the others know by the same step's messages. */
static void nobody_is_admitted_after_the_first_store(void **state)
{
    (void)state;
    struct one_node founder;
    struct one_node joiner;
    start_both(&founder, &joiner);
    let_join(&founder, &joiner);
    one_peer_up(&joiner, THIRD);
    one_put(&founder, bytes_of_text("k"), "v");
    one_loaded(&founder, 0, NULL);
    assert_int_equal(one_count(&founder, EFFECT_SAVE), 1);
    assert_non_null(one_sent(&founder, JOINER, WIRE_membership));
    one_hear(&joiner, ONE_SELF, one_sent(&founder, JOINER, WIRE_membership));
    hear_join(&joiner, THIRD);
    assert_int_equal(one_sent(&joiner, THIRD, WIRE_refused)->refused.code, -GR_ENOTEMPTY);
    one_peer_up(&founder, THIRD);
    hear_join(&founder, THIRD);
    assert_int_equal(one_sent(&founder, THIRD, WIRE_refused)->refused.code, -GR_ENOTEMPTY);
    one_serve(&founder);
    one_done(&founder);
    one_done(&joiner);
}

static void who_is_refused_says_why(void **state)
{
    (void)state;
    struct one_node founder;
    struct one_node joiner;
    start_with_data(&founder);
    start_joiner(&joiner);
    one_peer_up(&founder, JOINER);
    one_peer_up(&joiner, ONE_SELF);
    one_deliver(&joiner, &founder);
    one_deliver(&founder, &joiner);
    assert_int_equal(one_count(&joiner, EFFECT_REFUSED), 1);
    assert_true(one_effect(&joiner, EFFECT_REFUSED, 0)->text.len > 0);
    assert_int_equal(node_cluster(joiner.node), 0);
    one_done(&founder);
    one_done(&joiner);
}

/* A full queue is no reason to give up. */
static void a_refusal_that_may_pass_is_asked_again(void **state)
{
    (void)state;
    struct one_node joiner;
    struct wire_message refused = {.type = WIRE_refused, .refused = {.code = -GR_EBUSY}};
    start_joiner(&joiner);
    one_peer_up(&joiner, ONE_SELF);
    one_hear(&joiner, ONE_SELF, &refused);
    assert_int_equal(one_count(&joiner, EFFECT_REFUSED), 0);
    one_tick(&joiner, JOIN_PERIOD_MS);
    assert_non_null(one_sent(&joiner, ONE_SELF, WIRE_join));
    one_done(&joiner);
}

/* Two rings must not become one through a node that knows both. */
static void another_rings_gossip_is_not_listened_to(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node other;
    struct node_config config = one_config();
    one_start(&one, &config, 0);
    config.node = JOINER;
    config.cluster = 6;
    one_start(&other, &config, 0);
    one_peer_up(&one, JOINER);
    assert_non_null(one_sent(&one, JOINER, WIRE_gossip));
    one_peer_up(&other, ONE_SELF);
    assert_int_equal(one_deliver(&one, &other), 1);
    assert_int_equal(one_count(&other, EFFECT_SEND), 0);
    one_tick(&other, GOSSIP_PERIOD_MS + GOSSIP_JITTER_MS);
    struct wire_message told = {.type = WIRE_membership};
    told.membership.cluster = 6;
    told.membership.wants_answer = 1;
    one_hear(&one, JOINER, &told);
    assert_int_equal(one_count(&one, EFFECT_SEND), 0);
    assert_int_equal(members_of(&one), 1);
    one_done(&one);
    one_done(&other);
}

/* The message that tells of the third node is lost; the next round of gossip makes up for it. */
static void gossip_tells_of_a_third_node(void **state)
{
    (void)state;
    struct one_node founder;
    struct one_node joiner;
    start_both(&founder, &joiner);
    let_join(&founder, &joiner);
    one_deliver(&joiner, &founder);
    hear_join(&founder, THIRD);
    assert_int_equal(members_of(&founder), 3);
    assert_int_equal(members_of(&joiner), 2);
    one_tick(&founder, GOSSIP_PERIOD_MS + GOSSIP_JITTER_MS);
    one_hear(&joiner, ONE_SELF, one_sent(&founder, JOINER, WIRE_gossip));
    one_hear(&founder, JOINER, one_sent(&joiner, ONE_SELF, WIRE_membership));
    one_hear(&joiner, ONE_SELF, one_sent(&founder, JOINER, WIRE_membership));
    assert_int_equal(members_of(&joiner), 3);
    assert_true(one_count(&joiner, EFFECT_SAVE) > 0);
    assert_int_equal(node_log(joiner.node)->hash, node_log(founder.node)->hash);
    assert_int_equal(node_members(joiner.node)->hash, node_members(founder.node)->hash);
    one_tick(&founder, GOSSIP_PERIOD_MS + GOSSIP_JITTER_MS);
    one_hear(&joiner, ONE_SELF, one_sent(&founder, JOINER, WIRE_gossip));
    assert_int_equal(one_count(&joiner, EFFECT_SEND), 0); /* nothing left to tell */
    one_done(&founder);
    one_done(&joiner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_joiner_is_told_the_ring),
        cmocka_unit_test(a_lost_answer_is_asked_for_again),
        cmocka_unit_test(one_seed_is_asked_at_a_time),
        cmocka_unit_test(a_second_answer_changes_nothing),
        cmocka_unit_test(a_node_that_holds_data_refuses),
        cmocka_unit_test(nobody_is_admitted_after_the_first_store),
        cmocka_unit_test(who_is_refused_says_why),
        cmocka_unit_test(a_refusal_that_may_pass_is_asked_again),
        cmocka_unit_test(another_rings_gossip_is_not_listened_to),
        cmocka_unit_test(gossip_tells_of_a_third_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
