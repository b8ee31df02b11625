/* Copies that fail their check, disks that cannot be read, and peers that speak nonsense with a straight face. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hlc.h"
#include "unit/node/one_node.h"

#define PEER (ONE_SELF + 1)

static struct blob *garbage(void)
{
    return blob_copy(bytes_of_text("this is no object"));
}

static void start(struct one_node *one)
{
    struct node_config config = one_config();
    one_start(one, &config, 2);
}

static void hear_copy(struct one_node *one, uint64_t from, uint64_t request, struct blob *object)
{
    struct wire_message ack = {.type = WIRE_get_ack};
    ack.get_ack.request = request;
    ack.get_ack.object = blob_bytes(object);
    one_hear(one, from, &ack);
}

static void a_read_repairs_the_own_damaged_copy(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    struct bytes key = bytes_of_text("k");
    struct blob *good = one_object(&one, key, "v", (struct dot){8, 5});
    one_ask(&one, (struct request){.op = OP_GET, .key = key});
    one_loaded(&one, 0, garbage());
    uint64_t request = one_sent(&one, PEER, WIRE_get)->get.request;
    hear_copy(&one, PEER, request, good);
    hear_copy(&one, PEER + 1, request, good);
    assert_int_equal(one.status, 0);
    assert_int_equal(one.loads_open, 1); /* the lane of the repair */
    one_loaded(&one, 0, garbage());
    const struct effect *store = one_effect(&one, EFFECT_STORE, 0);
    assert_non_null(store);
    assert_true(bytes_equal(blob_bytes(store->store.value), blob_bytes(good)));
    assert_int_equal(store->store.live_delta, 0);
    one_serve(&one);
    assert_true(node_is_idle(one.node));
    blob_unref(good);
    one_done(&one);
}

/* Also when the engine itself finds the damage. */
static void a_put_replaces_what_the_disk_cannot_read(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    struct bytes key = bytes_of_text("k");
    struct blob *good = one_object(&one, key, "v", (struct dot){8, 5});
    struct wire_message put = {.type = WIRE_put};
    put.put.request = 9;
    put.put.key = key;
    put.put.object = blob_bytes(good);
    one_hear(&one, PEER, &put);
    one_loaded(&one, GR_ECORRUPT, NULL);
    assert_int_equal(one_count(&one, EFFECT_STORE), 1);
    one_stored(&one, 0);
    assert_int_equal(one_sent(&one, PEER, WIRE_put_ack)->put_ack.error, 0);
    blob_unref(good);
    one_done(&one);
}

/* write.h W5: it cannot have seen what was minted here before. */
static void a_plain_write_replaces_a_damaged_copy_under_another_actor(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    uint64_t actor = node_actor(one.node);
    one_put(&one, bytes_of_text("k"), "v");
    one_loaded(&one, 0, garbage());
    const struct effect *store = one_effect(&one, EFFECT_STORE, 0);
    assert_non_null(store);
    assert_int_not_equal(one_dot_of(&one, bytes_of_text("k"), blob_bytes(store->store.value)).actor, actor);
    one_done(&one);
}

static void a_write_on_a_copy_that_cannot_be_read_is_handed_to_another_owner(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    one_put(&one, bytes_of_text("k"), "v");
    one_loaded(&one, GR_EIO, NULL);
    assert_int_equal(one_count(&one, EFFECT_STORE), 0);
    bool to_first = one_sent(&one, PEER, WIRE_forward) != NULL;
    bool to_second = one_sent(&one, PEER + 1, WIRE_forward) != NULL;
    assert_int_equal(to_first + to_second, 1);
    one_done(&one);
}

/* write.h W5: the dot may be elsewhere, and nothing here may cover it unseen. */
static void a_failed_store_renews_the_actor(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    uint64_t actor = node_actor(one.node);
    one_put(&one, bytes_of_text("k"), "v");
    one_loaded(&one, 0, NULL);
    assert_true(node_may_keep_actor(one.node));
    one_stored(&one, GR_ENOSPC);
    assert_int_not_equal(node_actor(one.node), actor);
    assert_false(node_may_keep_actor(one.node));
    one_done(&one);
}

static uint64_t hear_forward(struct one_node *one, struct wire_forward forward)
{
    struct wire_message message = {.type = WIRE_forward, .forward = forward};
    message.forward.request = 4;
    message.forward.key = bytes_of_text("k");
    message.forward.timeout_ms = 100;
    one_hear(one, PEER, &message);
    const struct wire_message *ack = one_sent(one, PEER, WIRE_forward_ack);
    return ack == NULL ? 0 : ack->forward_ack.error;
}

static void hand_overs_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    struct wire_forward no_life = {.op = OP_SET, .actor = 0, .hlc = 9, .has_dot = 1};
    struct wire_forward far = {.op = OP_SET, .actor = 8, .hlc = HLC_OUTSIDE_MAX + 1, .has_dot = 1};
    struct wire_forward reads = {.op = OP_APPEND, .actor = 8, .hlc = 9, .has_dot = 1};
    struct wire_forward context = {.op = OP_SET, .actor = 8, .hlc = 9, .has_dot = 1, .context = bytes_of("\0\0", 2)};
    assert_int_equal(hear_forward(&one, no_life), -GR_EINVAL);
    assert_int_equal(hear_forward(&one, far), -GR_EINVAL);
    assert_int_equal(hear_forward(&one, reads), -GR_EINVAL);
    assert_int_equal(hear_forward(&one, context), -GR_EINVAL);
    assert_int_equal(one.loads_open, 0);
    one_done(&one);
}

static void an_object_of_no_sound_clock_is_refused(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    struct bytes key = bytes_of_text("k");
    struct blob *far = one_object(&one, key, "v", (struct dot){8, HLC_OUTSIDE_MAX + 1});
    struct wire_message put = {.type = WIRE_put};
    put.put.request = 9;
    put.put.key = key;
    put.put.object = blob_bytes(far);
    one_hear(&one, PEER, &put);
    assert_int_equal(one_sent(&one, PEER, WIRE_put_ack)->put_ack.error, -GR_EINVAL);
    blob_unref(far);
    one_done(&one);
}

/* A joining node may have links to two rings; they stay two. */
static void another_clusters_membership_is_not_listened_to(void **state)
{
    (void)state;
    struct one_node one;
    struct one_node other;
    struct node_config config = one_config();
    struct node_config foreign = one_config();
    foreign.cluster = config.cluster + 1;
    foreign.node = 77;
    one_start(&one, &config, 2);
    one_start(&other, &foreign, 0);
    one_peer_up(&other, PEER);
    one_peer_up(&one, 77);
    uint64_t before = node_log(one.node)->hash;
    struct wire_message gossip = {.type = WIRE_gossip};
    gossip.gossip.cluster = foreign.cluster;
    one_hear(&one, 77, &gossip);
    assert_null(one_sent(&one, 77, WIRE_membership));
    struct wire_message membership = {.type = WIRE_membership};
    uint8_t entry[RING_ENTRY_BYTES];
    ring_entry_encode(&node_log(other.node)->entries[0], entry);
    membership.membership.cluster = foreign.cluster;
    membership.membership.entries = bytes_of(entry, sizeof entry);
    one_hear(&one, 77, &membership);
    assert_int_equal(node_log(one.node)->hash, before);
    membership.membership.cluster = config.cluster;
    one_hear(&one, 77, &membership);
    assert_int_not_equal(node_log(one.node)->hash, before); /* the same, from the own ring */
    one_done(&one);
    one_done(&other);
}

/* A replica that never answers, while its link stays: requests that have been answered do not use up the pools. */
static void a_hung_replica_does_not_make_the_node_busy(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    for (unsigned i = 0; i < 100; i++) {
        struct bytes key = bytes_of_text("k");
        one_ask(&one, (struct request){.op = OP_GET, .key = key});
        one_loaded(&one, 0, NULL);
        uint64_t asked = one_sent(&one, PEER, WIRE_get) != NULL ? PEER : PEER + 1;
        const struct wire_message *get = one_sent(&one, asked, WIRE_get);
        assert_non_null(get);
        hear_copy(&one, asked, get->get.request, NULL);
        assert_int_equal(one.status, 0);
        one_put(&one, key, "v");
        one_loaded(&one, 0, NULL);
        const struct effect *store = one_effect(&one, EFFECT_STORE, 0);
        const struct wire_message *put = one_sent(&one, PEER, WIRE_put);
        assert_non_null(put);
        struct dot dot = one_dot_of(&one, key, blob_bytes(store->store.value));
        struct wire_message ack = {.type = WIRE_put_ack};
        ack.put_ack.request = put->put.request;
        ack.put_ack.newest_actor = dot.actor;
        ack.put_ack.newest_hlc = dot.hlc;
        one_stored(&one, 0);
        one_hear(&one, PEER, &ack);
        assert_int_equal(one.status, 0);
        assert_int_equal(one.replies, 2 * (i + 1));
    }
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_repairs_the_own_damaged_copy),
        cmocka_unit_test(a_put_replaces_what_the_disk_cannot_read),
        cmocka_unit_test(a_plain_write_replaces_a_damaged_copy_under_another_actor),
        cmocka_unit_test(a_write_on_a_copy_that_cannot_be_read_is_handed_to_another_owner),
        cmocka_unit_test(a_failed_store_renews_the_actor),
        cmocka_unit_test(hand_overs_that_cannot_be_are_refused),
        cmocka_unit_test(an_object_of_no_sound_clock_is_refused),
        cmocka_unit_test(another_clusters_membership_is_not_listened_to),
        cmocka_unit_test(a_hung_replica_does_not_make_the_node_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
