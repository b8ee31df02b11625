#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/internal.h"
#include "node/quorum.h"
#include "unit/node/hinter.h"

#define PEERS 5u /* with this node six: three own a key, three may stand in */

struct asked {
    struct one_node one;
    struct quorum quorum;
    uint16_t partition;
    const uint64_t *owners;
};

static void begin(struct asked *asked, unsigned wanted)
{
    quorum_init(&asked->quorum, asked->one.node, asked->partition, wanted);
}

static void start(struct asked *asked, bool owned_here)
{
    struct one_node *one = &asked->one;
    hinter_start(one, PEERS);
    struct bytes key = owned_here ? one_key_of(one, 0, ONE_SELF, 0) : one_key_of_others(one, 0);
    asked->partition = ring_partition(ring_slot(key), one->node->membership.partitions);
    asked->owners = placement_owners(node_placement(one->node), asked->partition);
}

static void send_all(struct asked *asked)
{
    for (unsigned i = 0; i < asked->quorum.tally.asked; i++) {
        if (!tally_has(&asked->quorum.tally, i)) {
            quorum_sent(&asked->quorum, asked->one.node, i);
        }
    }
}

static void an_owner_and_its_stand_ins_are_one_copy(void **state)
{
    (void)state;
    struct asked asked;
    start(&asked, true);
    begin(&asked, 2);
    send_all(&asked);
    quorum_fail(&asked.quorum, asked.owners[1], GR_ETIMEOUT);
    quorum_recruit(&asked.quorum, asked.one.node);
    assert_int_equal(asked.quorum.tally.asked, 4);
    assert_int_equal(asked.quorum.stands_for[3], asked.owners[1]);
    send_all(&asked);
    quorum_ack(&asked.quorum, asked.quorum.nodes[3]);
    assert_int_equal(quorum_copies(&asked.quorum), 1);
    quorum_ack(&asked.quorum, asked.owners[1]); /* after all */
    assert_int_equal(quorum_copies(&asked.quorum), 1);
    assert_int_equal(quorum_verdict(&asked.quorum), TALLY_OPEN);
    assert_int_equal(quorum_pending(&asked.quorum), 2);
    quorum_ack(&asked.quorum, asked.owners[2]);
    assert_int_equal(quorum_verdict(&asked.quorum), TALLY_MET);
    one_done(&asked.one);
}

static void the_next_healthy_nodes_of_the_list_stand_in(void **state)
{
    (void)state;
    struct asked asked;
    uint64_t list[1 + PEERS];
    start(&asked, true);
    struct node *node = asked.one.node;
    assert_int_equal(placement_preference(node_placement(node), asked.partition, list, 1 + PEERS), 1 + PEERS);
    hinter_suspect(&asked.one, list[1]);
    hinter_suspect(&asked.one, list[2]);
    hinter_suspect(&asked.one, list[3]);
    begin(&asked, 2);
    assert_int_equal(quorum_verdict(&asked.quorum), TALLY_LOST);
    quorum_recruit(&asked.quorum, node);
    assert_int_equal(quorum_verdict(&asked.quorum), TALLY_OPEN);
    assert_int_equal(asked.quorum.tally.asked, 5);
    assert_int_equal(asked.quorum.nodes[3], list[4]);
    assert_int_equal(asked.quorum.stands_for[3], list[1]);
    assert_int_equal(asked.quorum.nodes[4], list[5]);
    assert_int_equal(asked.quorum.stands_for[4], list[2]);
    quorum_recruit(&asked.quorum, node);
    assert_int_equal(asked.quorum.tally.asked, 5); /* each has one */
    quorum_fail(&asked.quorum, list[4], GR_EBUSY);
    quorum_recruit(&asked.quorum, node);
    assert_int_equal(asked.quorum.tally.asked, 5); /* nobody is left */
    one_done(&asked.one);
}

static void this_node_stands_in_before_others(void **state)
{
    (void)state;
    struct asked asked;
    start(&asked, false);
    one_peer_down(&asked.one, asked.owners[0]);
    begin(&asked, 2);
    quorum_recruit(&asked.quorum, asked.one.node);
    assert_int_equal(asked.quorum.nodes[3], ONE_SELF);
    assert_int_equal(asked.quorum.stands_for[3], asked.owners[0]);
    one_done(&asked.one);
}

static void a_stand_in_that_fails_is_followed_by_another(void **state)
{
    (void)state;
    struct asked asked;
    start(&asked, true);
    one_peer_down(&asked.one, asked.owners[1]);
    begin(&asked, 3);
    quorum_recruit(&asked.quorum, asked.one.node);
    send_all(&asked);
    quorum_fail(&asked.quorum, asked.quorum.nodes[3], GR_EBUSY);
    assert_int_equal(quorum_verdict(&asked.quorum), TALLY_LOST);
    quorum_recruit(&asked.quorum, asked.one.node);
    assert_int_equal(quorum_verdict(&asked.quorum), TALLY_OPEN);
    assert_int_equal(asked.quorum.stands_for[4], asked.owners[1]);
    assert_true(asked.quorum.nodes[4] != asked.quorum.nodes[3]);
    one_done(&asked.one);
}

static void suspects_are_a_last_resort_and_the_dead_are_none(void **state)
{
    (void)state;
    struct asked asked;
    start(&asked, true);
    for (uint64_t peer = ONE_SELF + 1; peer <= ONE_SELF + PEERS; peer++) {
        if (peer == asked.owners[2]) {
            hinter_suspect(&asked.one, peer);
        } else {
            one_peer_down(&asked.one, peer);
        }
    }
    begin(&asked, 3);
    quorum_recruit(&asked.quorum, asked.one.node);
    assert_false(quorum_last_resort(&asked.quorum, asked.one.node));
    begin(&asked, 2);
    quorum_recruit(&asked.quorum, asked.one.node);
    assert_true(quorum_last_resort(&asked.quorum, asked.one.node));
    assert_false(tally_has(&asked.quorum.tally, 2));
    assert_true(tally_has(&asked.quorum.tally, 1));
    one_done(&asked.one);
}

/* A pause shorter than the request's time costs no request. */
static void who_was_asked_is_waited_for_when_nobody_else_is_left(void **state)
{
    (void)state;
    struct asked asked;
    start(&asked, true);
    begin(&asked, 3);
    send_all(&asked);
    for (uint64_t peer = ONE_SELF + 1; peer <= ONE_SELF + PEERS; peer++) {
        hinter_suspect(&asked.one, peer);
    }
    quorum_fail(&asked.quorum, asked.owners[1], GR_ETIMEOUT);
    quorum_recruit(&asked.quorum, asked.one.node);
    assert_true(quorum_last_resort(&asked.quorum, asked.one.node));
    assert_true(quorum_awaits(&asked.quorum, asked.owners[1]));
    quorum_fail(&asked.quorum, asked.owners[1], GR_EIO); /* its answer is no silence */
    assert_false(quorum_last_resort(&asked.quorum, asked.one.node));
    assert_true(quorum_may_ack(&asked.quorum, asked.owners[1])); /* but a late answer counts */
    assert_false(quorum_awaits(&asked.quorum, asked.owners[1]));
    one_done(&asked.one);
}

static void the_fastest_is_next(void **state)
{
    (void)state;
    struct asked asked;
    start(&asked, false);
    hinter_health(&asked.one, asked.owners[0])->hedge_ms = 30;
    hinter_health(&asked.one, asked.owners[1])->hedge_ms = 9;
    hinter_health(&asked.one, asked.owners[2])->hedge_ms = 9;
    begin(&asked, 2);
    for (unsigned i = 0; i < 3; i++) {
        int place = quorum_next(&asked.quorum, asked.one.node);
        assert_int_equal(place, (i + 1) % 3); /* of two that are as fast the preferred one */
        quorum_sent(&asked.quorum, asked.one.node, (unsigned)place);
    }
    assert_int_equal(quorum_next(&asked.quorum, asked.one.node), -1);
    one_done(&asked.one);
}

static void a_new_question_forgets_the_answers_but_not_the_stand_ins(void **state)
{
    (void)state;
    struct asked asked;
    start(&asked, true);
    one_peer_down(&asked.one, asked.owners[1]);
    begin(&asked, 2);
    quorum_recruit(&asked.quorum, asked.one.node);
    send_all(&asked);
    quorum_ack(&asked.quorum, ONE_SELF);
    quorum_ack(&asked.quorum, asked.quorum.nodes[3]);
    assert_int_equal(quorum_verdict(&asked.quorum), TALLY_MET);
    quorum_again(&asked.quorum, asked.one.node);
    assert_int_equal(quorum_copies(&asked.quorum), 0);
    assert_int_equal(quorum_pending(&asked.quorum), 0);
    assert_int_equal(asked.quorum.errors[1], GR_EUNREACHABLE);
    assert_int_equal(asked.quorum.stands_for[3], asked.owners[1]);
    quorum_recruit(&asked.quorum, asked.one.node);
    assert_int_equal(asked.quorum.tally.asked, 4);
    one_done(&asked.one);
}

/* --- beside a stupid quorum --- */

#define ROUNDS 300u
#define MOVES 60u

enum answer { NONE, ACKED, FAILED };

/* Each place by itself; the copies are counted by looking at every pair of places. */
struct stupid {
    bool sent[QUORUM_MAX];
    enum answer answer[QUORUM_MAX];
};

static uint64_t owner_at(const struct quorum *quorum, unsigned place)
{
    return quorum->stands_for[place] != 0 ? quorum->stands_for[place] : quorum->nodes[place];
}

struct counts {
    unsigned copies, pending, left;
};

static struct counts count_stupidly(const struct stupid *stupid, const struct quorum *quorum)
{
    struct counts counts = {0};
    for (unsigned owner = 0; owner < quorum->owners; owner++) {
        bool acked = false;
        bool awaited = false;
        bool may = false;
        for (unsigned i = 0; i < quorum->tally.asked; i++) {
            if (owner_at(quorum, i) == quorum->nodes[owner]) {
                acked |= stupid->answer[i] == ACKED;
                awaited |= stupid->sent[i] && stupid->answer[i] == NONE;
                may |= stupid->answer[i] != FAILED;
            }
        }
        counts.copies += acked;
        counts.pending += awaited && !acked;
        counts.left += may;
    }
    return counts;
}

static void compare(const struct stupid *stupid, const struct quorum *quorum, unsigned wanted)
{
    struct counts counts = count_stupidly(stupid, quorum);
    bool settled = true;
    for (unsigned i = 0; i < quorum->tally.asked; i++) {
        settled &= !stupid->sent[i] || stupid->answer[i] != NONE;
        assert_int_equal(quorum_awaits(quorum, quorum->nodes[i]), stupid->sent[i] && stupid->answer[i] == NONE);
        assert_int_equal(quorum_may_ack(quorum, quorum->nodes[i]), stupid->sent[i] && stupid->answer[i] != ACKED);
    }
    assert_int_equal(quorum_copies(quorum), counts.copies);
    assert_int_equal(quorum_pending(quorum), counts.pending);
    assert_int_equal(quorum_is_settled(quorum), settled);
    enum tally_verdict lost_or_open = counts.left < wanted ? TALLY_LOST : TALLY_OPEN;
    assert_int_equal(quorum_verdict(quorum), counts.copies >= wanted ? TALLY_MET : lost_or_open);
}

static void move(struct asked *asked, struct stupid *stupid, struct rng *rng)
{
    struct quorum *quorum = &asked->quorum;
    unsigned place = (unsigned)rng_below(rng, quorum->tally.asked);
    switch (rng_below(rng, 4)) {
    case 0:
        if (!stupid->sent[place] && stupid->answer[place] == NONE) {
            quorum_sent(quorum, asked->one.node, place);
            stupid->sent[place] = true;
        }
        break;
    case 1:
        if (quorum_may_ack(quorum, quorum->nodes[place])) {
            quorum_ack(quorum, quorum->nodes[place]);
            stupid->answer[place] = ACKED;
        }
        break;
    case 2:
        quorum_fail(quorum, quorum->nodes[place], GR_EIO);
        stupid->answer[place] = stupid->answer[place] == ACKED ? ACKED : FAILED;
        break;
    default:
        quorum_recruit(quorum, asked->one.node); /* all are healthy: it only adds places */
        break;
    }
}

static void a_quorum_is_what_a_stupid_one_says(void **state)
{
    (void)state;
    struct asked asked;
    struct rng rng;
    start(&asked, false);
    rng_init(&rng, 7);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct stupid stupid = {.sent = {false}};
        unsigned wanted = 1 + round % 3;
        begin(&asked, wanted);
        for (unsigned i = 0; i < MOVES; i++) {
            move(&asked, &stupid, &rng);
            compare(&stupid, &asked.quorum, wanted);
        }
    }
    one_done(&asked.one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_owner_and_its_stand_ins_are_one_copy),
        cmocka_unit_test(the_next_healthy_nodes_of_the_list_stand_in),
        cmocka_unit_test(this_node_stands_in_before_others),
        cmocka_unit_test(a_stand_in_that_fails_is_followed_by_another),
        cmocka_unit_test(suspects_are_a_last_resort_and_the_dead_are_none),
        cmocka_unit_test(who_was_asked_is_waited_for_when_nobody_else_is_left),
        cmocka_unit_test(the_fastest_is_next),
        cmocka_unit_test(a_new_question_forgets_the_answers_but_not_the_stand_ins),
        cmocka_unit_test(a_quorum_is_what_a_stupid_one_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
