#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/internal.h"
#include "node/quorum.h"
#include "unit/node/hinter.h"

#define WHERE "h:4" /* the address that one_node.c gives its peers */

static void a_lost_quorum_names_who_failed_and_why(void **state)
{
    (void)state;
    struct one_node one;
    struct quorum quorum;
    hinter_start(&one, 2);
    one_peer_down(&one, ONE_SELF + 1);
    hinter_suspect(&one, ONE_SELF + 2);
    quorum_init(&quorum, one.node, 0, 2);
    quorum_sent(&quorum, one.node, (unsigned)quorum_place(&quorum, ONE_SELF));
    quorum_ack(&quorum, ONE_SELF);
    struct bytes text = quorum_detail(&quorum, one.node, " writes", &one.arena);
    bool silent_first = quorum_place(&quorum, ONE_SELF + 2) < quorum_place(&quorum, ONE_SELF + 1);
    const char *expected = silent_first ? "wanted 2 of 3 writes, got 1 (" WHERE " silent, " WHERE " down)"
                                        : "wanted 2 of 3 writes, got 1 (" WHERE " down, " WHERE " silent)";
    assert_true(bytes_equal(text, bytes_of_text(expected)));
    one_done(&one);
}

static void an_open_quorum_names_who_is_late(void **state)
{
    (void)state;
    struct one_node one;
    struct quorum quorum;
    hinter_start(&one, 2);
    quorum_init(&quorum, one.node, 0, 3);
    for (unsigned i = 0; i < 3; i++) {
        quorum_sent(&quorum, one.node, i);
    }
    quorum_ack(&quorum, ONE_SELF);
    quorum_ack(&quorum, ONE_SELF + 1);
    struct bytes text = quorum_detail(&quorum, one.node, " reads", &one.arena);
    assert_true(bytes_equal(text, bytes_of_text("wanted 3 of 3 reads, got 2 (" WHERE " no answer in time)")));
    one_done(&one);
}

static void an_owner_and_its_stand_in_are_one_in_words_too(void **state)
{
    (void)state;
    struct one_node one;
    struct quorum quorum;
    hinter_start(&one, 3);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    quorum_init(&quorum, one.node, ring_partition(ring_slot(key), one.node->membership.partitions), 3);
    for (unsigned i = 0; i < 3; i++) {
        quorum_sent(&quorum, one.node, i);
    }
    quorum_ack(&quorum, quorum.nodes[0]);
    quorum_fail(&quorum, quorum.nodes[1], GR_ENOSPC);
    quorum_fail(&quorum, quorum.nodes[2], GR_ENOSPC);
    quorum_recruit(&quorum, one.node); /* one other member: one stand-in */
    quorum_sent(&quorum, one.node, 3);
    quorum_ack(&quorum, quorum.nodes[1]);
    quorum_ack(&quorum, quorum.nodes[3]);
    struct bytes text = quorum_detail(&quorum, one.node, " writes", &one.arena);
    const char *expected = "wanted 3 of 3 writes, got 2 (" WHERE " no space left on the device)";
    assert_true(bytes_equal(text, bytes_of_text(expected)));
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_quorum_names_who_failed_and_why),
        cmocka_unit_test(an_open_quorum_names_who_is_late),
        cmocka_unit_test(an_owner_and_its_stand_in_are_one_in_words_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
