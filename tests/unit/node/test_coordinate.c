/* What holds for every kind of request: one answer, at its deadline at the latest, and a bounded number open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/reap.h"
#include "unit/node/one_node.h"

#define STEP_MS 10u
#define REQUESTS_MAX 2u

struct kind {
    struct request request;
    bool of_others;    /* a key of other owners: it is handed on */
    int status;        /* when the deadline comes and nobody has answered */
    int status_stored; /* when only the own store has */
};

static const struct kind kinds[] = {
    {{.op = OP_GET}, false, GR_ENOQUORUM, GR_ENOQUORUM},      {{.op = OP_SET}, false, GR_ETIMEOUT, GR_ENOQUORUM},
    {{.op = OP_DELETE}, false, GR_ENOQUORUM, GR_ENOQUORUM},   {{.op = OP_APPEND}, false, GR_ENOQUORUM, GR_ENOQUORUM},
    {{.op = OP_SETRANGE}, false, GR_ENOQUORUM, GR_ENOQUORUM}, {{.op = OP_GET}, true, GR_ENOQUORUM, GR_ENOQUORUM},
    {{.op = OP_SET}, true, GR_ETIMEOUT, GR_ENOQUORUM},        {{.op = OP_DELETE}, true, GR_ETIMEOUT, GR_ETIMEOUT},
    {{.op = OP_APPEND}, true, GR_ETIMEOUT, GR_ETIMEOUT},      {{.op = OP_SETRANGE}, true, GR_ETIMEOUT, GR_ETIMEOUT},
    {{.op = OP_COUNT}, false, GR_ETIMEOUT, GR_ETIMEOUT},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static void ask(struct one_node *one, const struct kind *kind, unsigned number)
{
    struct request request = kind->request;
    if (request.op != OP_COUNT) {
        request.key = kind->of_others ? one_key_of_others(one, number) : one_key_of(one, 0, ONE_SELF, number);
        request.value = bytes_of_text("v");
    }
    one_ask(one, request);
}

/* Ask, let the peers be silent, and see one reply come by the deadline and no other after it. */
static void judge_deadline(const struct kind *kind, bool store_answers)
{
    struct one_node one;
    struct node_config config = one_config();
    one_start(&one, &config, 3);
    ask(&one, kind, 0);
    for (unsigned ms = STEP_MS; ms <= ONE_TIMEOUT_MS; ms += STEP_MS) {
        if (store_answers) {
            one_serve(&one);
        }
        one_tick(&one, STEP_MS);
    }
    assert_int_equal(one.replies, 1);
    assert_int_equal(one.status, store_answers ? kind->status_stored : kind->status);
    one_serve(&one);
    one_tick(&one, 2 * ONE_TIMEOUT_MS);
    assert_int_equal(one.replies, 1);
    assert_int_equal(node_stats(one.node)->requests_open, 0);
    one_done(&one);
}

static void each_kind_is_answered_once_by_its_deadline(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KINDS; i++) {
        judge_deadline(&kinds[i], false);
        judge_deadline(&kinds[i], true);
    }
}

/* Fill the pool of one kind; what comes then is refused at once, and after the deadlines there is room again. */
static void judge_full(const struct kind *kind)
{
    struct one_node one;
    struct node_config config = one_config();
    config.requests_max = REQUESTS_MAX;
    one_start(&one, &config, 3);
    unsigned asked = 0;
    while (one.replies == 0 && asked < 3 * REQUESTS_MAX) {
        ask(&one, kind, asked++);
    }
    assert_int_equal(one.replies, 1);
    assert_int_equal(one.status, GR_EBUSY);
    one_tick(&one, ONE_TIMEOUT_MS);
    one_serve(&one);
    one_tick(&one, ONE_TIMEOUT_MS);
    assert_int_equal(one.replies, asked);
    assert_true(node_is_idle(one.node));
    ask(&one, kind, 0);
    assert_int_equal(one.replies, asked);
    one_serve(&one);
    one_done(&one);
}

static void a_full_pool_refuses_and_recovers(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KINDS; i++) {
        if (kinds[i].request.op != OP_COUNT) { /* of counts 256 may be open, whatever the configuration */
            judge_full(&kinds[i]);
        }
    }
}

static void hear_get(struct one_node *one, uint64_t number)
{
    struct wire_message get = {.type = WIRE_get};
    get.get.request = number;
    get.get.key = one_key_of(one, 0, ONE_SELF, (unsigned)number);
    one_hear(one, ONE_SELF + 1, &get);
}

static void hear_put(struct one_node *one, uint64_t number)
{
    struct bytes key = one_key_of(one, 0, ONE_SELF, (unsigned)number);
    struct blob *object = one_object(one, key, "v", (struct dot){.actor = 8, .hlc = number + 1});
    struct wire_message put = {.type = WIRE_put};
    put.put.request = number + 1;
    put.put.key = key;
    put.put.object = blob_bytes(object);
    one_hear(one, ONE_SELF + 1, &put);
    blob_unref(object);
}

static void a_full_replica_refuses_and_recovers(void **state)
{
    (void)state;
    struct one_node one;
    struct node_config config = one_config();
    config.requests_max = REQUESTS_MAX;
    one_start(&one, &config, 3);
    for (uint64_t i = 0; i <= REQUESTS_MAX + REAP_BATCH; i++) { /* proofs of deletions have room beside requests */
        hear_get(&one, i);
    }
    assert_int_equal(one_sent(&one, ONE_SELF + 1, WIRE_get_ack)->get_ack.error, -GR_EBUSY);
    for (uint64_t i = 0; i <= REQUESTS_MAX; i++) {
        hear_put(&one, i);
    }
    assert_int_equal(one_sent(&one, ONE_SELF + 1, WIRE_put_ack)->put_ack.error, -GR_EBUSY);
    one_serve(&one);
    assert_true(node_is_idle(one.node));
    hear_get(&one, 0);
    hear_put(&one, 0);
    assert_int_equal(one.loads_open, 2);
    one_serve(&one);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_answered_once_by_its_deadline),
        cmocka_unit_test(a_full_pool_refuses_and_recovers),
        cmocka_unit_test(a_full_replica_refuses_and_recovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
