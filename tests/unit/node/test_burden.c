#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hlc.h"
#include "unit/node/one_node.h"

#define PEER_A (ONE_SELF + 1)
#define BYTES_MAX 1000u

/* Values of which one fits, not two. */
static const char *large(void)
{
    static char value[601];
    memset(value, 'v', sizeof value - 1);
    return value;
}

static void start(struct one_node *one, unsigned peers)
{
    struct node_config config = one_config();
    config.writes_bytes_max = BYTES_MAX;
    one_start(one, &config, peers);
}

static uint64_t held(const struct one_node *one)
{
    return node_stats(one->node)->writes_bytes;
}

static void what_does_not_fit_is_refused_at_once(void **state)
{
    (void)state;
    struct one_node one;
    start(&one, 2);
    one_put(&one, one_key_of(&one, 0, ONE_SELF, 0), large());
    uint64_t first = held(&one);
    assert_in_range(first, 601, 700);
    one_put(&one, one_key_of(&one, 0, ONE_SELF, 1), large());
    assert_int_equal(one.replies, 1);
    assert_int_equal(one.status, GR_EBUSY);
    assert_int_equal(one.loads_open, 1);
    assert_int_equal(held(&one), first);
    assert_int_equal(node_stats(one.node)->requests_busy, 1);
    one_put(&one, one_key_of(&one, 0, ONE_SELF, 2), "small");
    assert_int_equal(one.replies, 1);
    assert_in_range(held(&one), first + 6, BYTES_MAX);
    one_tick(&one, ONE_TIMEOUT_MS);
    assert_int_equal(one.replies, 3);
    assert_int_equal(held(&one), 0);
    one_put(&one, one_key_of(&one, 0, ONE_SELF, 1), large());
    assert_int_equal(one.replies, 3);
    one_done(&one);
}

static void one_write_alone_may_weigh_more(void **state)
{
    (void)state;
    static char value[2 * BYTES_MAX + 1];
    memset(value, 'v', sizeof value - 1);
    struct one_node one;
    start(&one, 2);
    one_put(&one, one_key_of(&one, 0, ONE_SELF, 0), value);
    assert_int_equal(one.replies, 0);
    one_put(&one, one_key_of(&one, 0, ONE_SELF, 1), "small");
    assert_int_equal(one.status, GR_EBUSY);
    one_ask(&one, (struct request){.op = OP_GET, .key = one_key_of(&one, 0, ONE_SELF, 1)});
    assert_int_equal(one.replies, 1); /* a read is none of these */
    one_done(&one);
}

static void what_is_answered_weighs_nothing(void **state)
{
    (void)state;
    struct one_node one;
    start(&one, 2);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    one_put(&one, key, large());
    one_loaded(&one, 0, NULL);
    const struct wire_put *put = &one_sent(&one, PEER_A, WIRE_put)->put;
    struct wire_message ack = {.type = WIRE_put_ack, .put_ack = {.request = put->request}};
    struct dot dot = one_dot_of(&one, key, put->object);
    ack.put_ack.newest_actor = dot.actor;
    ack.put_ack.newest_hlc = dot.hlc;
    one_stored(&one, 0);
    one_hear(&one, PEER_A, &ack);
    assert_int_equal(one.replies, 1);
    assert_int_equal(one.status, 0);
    assert_false(node_is_idle(one.node)); /* the third owner hangs */
    assert_int_equal(held(&one), 0);
    one_done(&one);
}

/* APPEND: two small ones, to large values. */
static void the_value_before_counts(void **state)
{
    (void)state;
    struct one_node one;
    start(&one, 2);
    struct bytes keys[] = {one_key_of(&one, 0, ONE_SELF, 0), one_key_of(&one, 0, ONE_SELF, 1)};
    struct dot dot = {.actor = 9, .hlc = hlc_from_ms(1)};
    for (unsigned i = 0; i < 2; i++) {
        one_ask(&one, (struct request){.op = OP_APPEND, .key = keys[i], .value = bytes_of_text("more"), .r = 1});
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(one.replies, 0);
        one_loaded(&one, 0, one_object(&one, keys[i], large(), dot));
    }
    assert_int_equal(one.replies, 1);
    assert_int_equal(one.status, GR_EBUSY);
    assert_in_range(held(&one), 600, 800);
    assert_int_equal(one.loads_open, 1); /* the first one's lane */
    assert_int_equal(node_stats(one.node)->requests_busy, 1);
    one_tick(&one, ONE_TIMEOUT_MS);
    assert_int_equal(held(&one), 0);
    one_done(&one);
}

static void so_does_what_is_handed_on(void **state)
{
    (void)state;
    struct one_node one;
    start(&one, 3);
    struct bytes key = one_key_of_others(&one, 0);
    uint64_t owner = one_owner(&one, key, 0);
    one_put(&one, key, large());
    const struct wire_forward *sent = &one_sent(&one, owner, WIRE_forward)->forward;
    struct wire_message answer = {.type = WIRE_forward_ack};
    answer.forward_ack.request = sent->request;
    answer.forward_ack.hlc = sent->hlc;
    assert_in_range(held(&one), 601, 700);
    one_put(&one, one_key_of_others(&one, 1), large());
    assert_int_equal(one.replies, 1);
    assert_int_equal(one.status, GR_EBUSY);
    one_ask(&one, (struct request){.op = OP_GET, .key = one_key_of_others(&one, 1)});
    assert_int_equal(one.replies, 1);
    one_hear(&one, owner, &answer);
    assert_int_equal(one.replies, 2);
    assert_int_equal(one.status, 0);
    assert_int_equal(held(&one), 0); /* though more copies may be told of */
    one_ask(&one, (struct request){.op = OP_APPEND, .key = key, .value = bytes_of_text(large())});
    assert_int_not_equal(held(&one), 0);
    one_peer_down(&one, owner);
    assert_int_equal(held(&one), 0);
    one_done(&one);
}

static void who_handed_it_on_is_told(void **state)
{
    (void)state;
    struct one_node one;
    start(&one, 2);
    one_put(&one, one_key_of(&one, 0, ONE_SELF, 0), large());
    struct wire_message forward = {.type = WIRE_forward};
    forward.forward.request = 4;
    forward.forward.op = OP_SET;
    forward.forward.timeout_ms = ONE_TIMEOUT_MS;
    forward.forward.actor = 8;
    forward.forward.hlc = 1;
    forward.forward.key = one_key_of(&one, 0, ONE_SELF, 1);
    forward.forward.value = bytes_of_text(large());
    one_hear(&one, PEER_A, &forward);
    const struct wire_message *answer = one_sent(&one, PEER_A, WIRE_forward_ack);
    assert_non_null(answer);
    assert_int_equal(answer->forward_ack.error, -GR_EBUSY);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_refused_at_once),
        cmocka_unit_test(one_write_alone_may_weigh_more),
        cmocka_unit_test(what_is_answered_weighs_nothing),
        cmocka_unit_test(the_value_before_counts),
        cmocka_unit_test(so_does_what_is_handed_on),
        cmocka_unit_test(who_handed_it_on_is_told),
    };
    return cmocka_run_group_tests_name("node/burden", tests, NULL, NULL);
}
