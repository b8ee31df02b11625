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

/* One key, compared between this node and a peer for a comparison that wants to know how it ended. */
struct repairing {
    struct one_node one;
    struct bytes key;
    struct blob *object;
    struct sync_run *run;
    uint64_t request;
};

static void start(struct repairing *repairing)
{
    struct one_node *one = &repairing->one;
    hinter_start(one, 2);
    repairing->key = one_key_of(one, 0, ONE_SELF, 0);
    repairing->object = hinter_object(one, repairing->key, "v", 0);
    repairing->run = &one->node->sync.state->run;
    repairing->run->repairs_open = OPEN;
    repairing->run->failed = false;
}

static void done(struct repairing *repairing)
{
    blob_unref(repairing->object);
    one_done(&repairing->one);
}

/* Outside a step, as nothing but a long comparison leads there; its one load is answered. */
static void repair(struct repairing *repairing, uint64_t peer, int status, struct blob *own)
{
    struct one_node *one = &repairing->one;
    env_begin(&one->node->env, one->now);
    assert_int_equal(repair_key(one->node, ring_slot(repairing->key), repairing->key, peer), 0);
    one->loads[one->loads_open++] = one_effect(one, EFFECT_LOAD, 0)->load.token;
    one_loaded(one, status, own);
    const struct wire_message *get = one_sent(one, PEER, WIRE_get);
    repairing->request = get == NULL ? 0 : get->get.request;
}

static void answer(struct repairing *repairing, int error, struct bytes object)
{
    struct wire_message ack = {.type = WIRE_get_ack};
    ack.get_ack.request = repairing->request;
    ack.get_ack.error = (uint16_t)-error;
    ack.get_ack.object = object;
    one_hear(&repairing->one, PEER, &ack);
}

/* Was the comparison told once, and so? */
static void assert_told(const struct repairing *repairing, bool succeeded)
{
    assert_int_equal(repairing->run->repairs_open, OPEN - 1);
    assert_int_equal(repairing->run->failed, !succeeded);
    assert_int_equal(node_stats(repairing->one.node)->keys_repaired, succeeded);
    assert_true(node_is_idle(repairing->one.node));
}

static void assert_not_told(const struct repairing *repairing)
{
    assert_int_equal(repairing->run->repairs_open, OPEN);
}

static void what_the_peer_lacks_is_sent(void **state)
{
    (void)state;
    struct repairing repairing;
    start(&repairing);
    repair(&repairing, PEER, 0, blob_ref(repairing.object));
    assert_null(one_sent(&repairing.one, THIRD, WIRE_get));
    assert_not_told(&repairing);
    answer(&repairing, 0, BYTES_EMPTY);
    assert_true(bytes_equal(one_sent(&repairing.one, PEER, WIRE_put)->put.object, blob_bytes(repairing.object)));
    assert_null(one_sent(&repairing.one, THIRD, WIRE_put));
    assert_told(&repairing, true);
    done(&repairing);
}

static void what_is_lacking_here_is_told_when_it_is_durable(void **state)
{
    (void)state;
    for (unsigned fails = 0; fails < 2; fails++) {
        struct repairing repairing;
        start(&repairing);
        repair(&repairing, PEER, 0, NULL);
        answer(&repairing, 0, blob_bytes(repairing.object));
        one_loaded(&repairing.one, 0, NULL);
        assert_not_told(&repairing);
        one_stored(&repairing.one, fails ? GR_EIO : 0);
        assert_told(&repairing, !fails);
        done(&repairing);
    }
}

static void a_lane_that_cannot_be_read_is_a_failure(void **state)
{
    (void)state;
    struct repairing repairing;
    start(&repairing);
    repair(&repairing, PEER, 0, NULL);
    answer(&repairing, 0, blob_bytes(repairing.object));
    one_loaded(&repairing.one, GR_EIO, NULL);
    assert_told(&repairing, false);
    done(&repairing);
}

static void equal_copies_are_a_success(void **state)
{
    (void)state;
    struct repairing repairing;
    start(&repairing);
    repair(&repairing, PEER, 0, blob_ref(repairing.object));
    answer(&repairing, 0, blob_bytes(repairing.object));
    assert_null(one_sent(&repairing.one, PEER, WIRE_put));
    assert_told(&repairing, true);
    done(&repairing);
}

static void a_damaged_own_copy_is_replaced(void **state)
{
    (void)state;
    struct repairing repairing;
    start(&repairing);
    repair(&repairing, PEER, GR_ECORRUPT, NULL);
    answer(&repairing, 0, blob_bytes(repairing.object));
    one_loaded(&repairing.one, GR_ECORRUPT, NULL);
    one_stored(&repairing.one, 0);
    assert_told(&repairing, true);
    done(&repairing);
}

static void a_peer_that_has_no_sound_copy_is_sent_one(void **state)
{
    (void)state;
    static const int errors[] = {GR_ECORRUPT, GR_ENOCOPY};
    for (unsigned i = 0; i < 2; i++) {
        struct repairing repairing;
        start(&repairing);
        repair(&repairing, PEER, 0, blob_ref(repairing.object));
        answer(&repairing, errors[i], BYTES_EMPTY);
        assert_non_null(one_sent(&repairing.one, PEER, WIRE_put));
        assert_told(&repairing, true);
        done(&repairing);
    }
}

static void a_peer_that_cannot_read_is_a_failure(void **state)
{
    (void)state;
    struct repairing repairing;
    start(&repairing);
    repair(&repairing, PEER, 0, blob_ref(repairing.object));
    answer(&repairing, GR_EIO, BYTES_EMPTY);
    assert_told(&repairing, false);
    done(&repairing);
}

static void an_own_copy_that_cannot_be_read_is_a_failure(void **state)
{
    (void)state;
    struct repairing repairing;
    start(&repairing);
    repair(&repairing, PEER, GR_EIO, NULL);
    if (repairing.request != 0) {
        answer(&repairing, 0, blob_bytes(repairing.object));
    }
    assert_told(&repairing, false);
    done(&repairing);
}

static void a_peer_lost_in_the_midst_is_a_failure(void **state)
{
    (void)state;
    struct repairing repairing;
    start(&repairing);
    repair(&repairing, PEER, 0, blob_ref(repairing.object));
    assert_not_told(&repairing);
    repairing.run->peer = 0; /* only the read tells */
    one_peer_down(&repairing.one, PEER);
    assert_told(&repairing, false);
    done(&repairing);
}

static void a_peer_that_is_away_already_is_a_failure(void **state)
{
    (void)state;
    struct repairing repairing;
    start(&repairing);
    one_peer_down(&repairing.one, PEER);
    repairing.run->repairs_open = OPEN;
    repairing.run->failed = false;
    repair(&repairing, PEER, 0, blob_ref(repairing.object));
    assert_int_equal(repairing.request, 0);
    assert_told(&repairing, false);
    done(&repairing);
}

static void a_peer_that_never_answers_is_a_failure(void **state)
{
    (void)state;
    struct repairing repairing;
    start(&repairing);
    repair(&repairing, PEER, 0, blob_ref(repairing.object));
    hinter_wait(&repairing.one, ONE_TIMEOUT_MS);
    assert_told(&repairing, false);
    done(&repairing);
}

static void a_repair_of_all_owners_tells_nobody(void **state)
{
    (void)state;
    struct repairing repairing;
    start(&repairing);
    repair(&repairing, 0, 0, blob_ref(repairing.object));
    struct wire_message ack = {.type = WIRE_get_ack, .get_ack = {.request = repairing.request, .same = 1}};
    assert_int_equal(one_sent(&repairing.one, THIRD, WIRE_get)->get.request, repairing.request);
    one_hear(&repairing.one, THIRD, &ack);
    answer(&repairing, 0, BYTES_EMPTY);
    assert_non_null(one_sent(&repairing.one, PEER, WIRE_put));
    assert_not_told(&repairing);
    assert_true(node_is_idle(repairing.one.node));
    done(&repairing);
}

#define PART_BYTES 100u
#define WRITERS 12u

/* Values of so many writers from one on: more than go at once. */
static struct blob *many(struct bytes key, uint64_t first)
{
    struct entry entries[WRITERS];
    struct object object;
    object_init(&object, CONFLICT_SIBLINGS);
    for (unsigned i = 0; i < WRITERS; i++) {
        entries[i] = (struct entry){.dot = {.actor = first + i, .hlc = 100 + i}, .payload = bytes_of_text("value")};
        context_add(&object.context, entries[i].dot);
    }
    object.entries = entries;
    object.count = WRITERS;
    struct blob *blob = blob_new(object_encoded_size(&object));
    assert_non_null(blob);
    object_encode(&object, key, blob->data);
    return blob;
}

/* The own copy takes what the peer has, and the peer gets some of the rest: the next comparison finds that. */
static void what_did_not_all_go_is_no_success(void **state)
{
    (void)state;
    struct repairing repairing;
    start(&repairing);
    repairing.one.node->config.object_bytes_max = PART_BYTES;
    struct blob *here = many(repairing.key, 10);
    struct blob *there = many(repairing.key, 10 + WRITERS / 2);
    repair(&repairing, PEER, 0, blob_ref(here));
    answer(&repairing, 0, blob_bytes(there));
    assert_non_null(one_sent(&repairing.one, PEER, WIRE_put));
    assert_not_told(&repairing);
    one_loaded(&repairing.one, 0, here);
    one_stored(&repairing.one, 0);
    assert_told(&repairing, false);
    blob_unref(there);
    done(&repairing);
}

/* Where nothing is to be done here, it is told at once. */
static void what_did_not_all_go_is_told(void **state)
{
    (void)state;
    struct repairing repairing;
    start(&repairing);
    repairing.one.node->config.object_bytes_max = PART_BYTES;
    repair(&repairing, PEER, 0, many(repairing.key, 10));
    answer(&repairing, 0, BYTES_EMPTY);
    assert_told(&repairing, false);
    done(&repairing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_peer_lacks_is_sent),
        cmocka_unit_test(what_is_lacking_here_is_told_when_it_is_durable),
        cmocka_unit_test(a_lane_that_cannot_be_read_is_a_failure),
        cmocka_unit_test(equal_copies_are_a_success),
        cmocka_unit_test(a_damaged_own_copy_is_replaced),
        cmocka_unit_test(a_peer_that_has_no_sound_copy_is_sent_one),
        cmocka_unit_test(a_peer_that_cannot_read_is_a_failure),
        cmocka_unit_test(an_own_copy_that_cannot_be_read_is_a_failure),
        cmocka_unit_test(a_peer_lost_in_the_midst_is_a_failure),
        cmocka_unit_test(a_peer_that_is_away_already_is_a_failure),
        cmocka_unit_test(a_peer_that_never_answers_is_a_failure),
        cmocka_unit_test(a_repair_of_all_owners_tells_nobody),
        cmocka_unit_test(what_did_not_all_go_is_no_success),
        cmocka_unit_test(what_did_not_all_go_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
