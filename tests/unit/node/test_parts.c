#include "node/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/internal.h"
#include "unit/node/hinter.h"

#define BYTES_MAX 300u
#define ROUNDS 300u
#define PEERS 4u

static void start(struct one_node *one)
{
    struct node_config config = hinter_config();
    config.object_bytes_max = BYTES_MAX;
    one_start(one, &config, PEERS);
    hinter_wait(one, 200);
}

static struct blob *encoded(const struct object *object, struct bytes key)
{
    struct blob *blob = blob_new(object_encoded_size(object));
    assert_non_null(blob);
    object_encode(object, key, blob->data);
    return blob;
}

static struct object merged(struct one_node *one, const struct object *a, const struct object *b)
{
    struct object ret;
    assert_int_equal(object_merge(a, b, &one->arena, &ret), 0);
    return ret;
}

/* Some actors, each with a value that nobody has superseded, or with none. */
static struct object drawn(struct one_node *one, struct rng *rng, unsigned values_min)
{
    static const char text[60] = "v";
    struct object object;
    object_init(&object, CONFLICT_SIBLINGS);
    unsigned actors = values_min + (unsigned)rng_below(rng, 8);
    for (unsigned i = 0; i < actors; i++) {
        struct object absent;
        struct object written;
        object_init(&absent, CONFLICT_SIBLINGS);
        struct dot dot = {.actor = 1 + rng_below(rng, 1000), .hlc = 1000 + rng_below(rng, 1000)};
        struct bytes value = bytes_of(text, (size_t)rng_below(rng, sizeof text));
        bool deletes = i >= values_min && rng_chance(rng, 300000);
        int error =
            object_write(&absent, CONFLICT_SIBLINGS, dot, deletes ? NULL : &value, NULL, &one->arena, &written, NULL);
        assert_int_equal(error, 0);
        object = merged(one, &object, &written);
    }
    return object;
}

/* M1, in whatever state the other side is that merges them. */
static void the_merge_of_the_parts_is_the_object(void **state)
{
    (void)state;
    struct one_node one;
    struct rng rng;
    start(&one);
    rng_init(&rng, 3);
    unsigned parts = 0;
    struct bytes key = bytes_of_text("k");
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct object object = drawn(&one, &rng, 4);
        struct object there = drawn(&one, &rng, 0);
        struct object wanted = merged(&one, &there, &object);
        struct blob *rest = encoded(&object, key);
        while (rest != NULL) {
            struct blob *first;
            struct blob *next;
            struct object part;
            assert_int_equal(parts_split(one.node, key, rest, &first, &next), 0);
            assert_true(first->len <= BYTES_MAX || next == NULL);
            assert_int_equal(object_decode(arena_copy(&one.arena, blob_bytes(first)), key, &one.arena, &part), 0);
            there = merged(&one, &there, &part);
            blob_unref(first);
            blob_unref(rest);
            rest = next;
            parts++;
        }
        assert_true(object_equal(&there, &wanted));
    }
    assert_true(parts > ROUNDS + ROUNDS / 2);
    one_done(&one);
}

static void one_value_goes_whole(void **state)
{
    (void)state;
    struct one_node one;
    start(&one);
    struct bytes key = bytes_of_text("k");
    char text[BYTES_MAX + 1] = "";
    memset(text, 'v', BYTES_MAX);
    struct blob *object = hinter_object(&one, key, text, 0);
    assert_true(parts_go_whole(one.node, key, object));
    struct blob *first;
    struct blob *rest;
    assert_int_equal(parts_split(one.node, key, object, &first, &rest), 0);
    assert_ptr_equal(first, object);
    assert_null(rest);
    blob_unref(first);
    blob_unref(object);
    one_done(&one);
}

static void a_damaged_object_is_not_split(void **state)
{
    (void)state;
    struct one_node one;
    struct rng rng;
    start(&one);
    rng_init(&rng, 1);
    struct bytes key = bytes_of_text("k");
    struct object object = drawn(&one, &rng, 12);
    struct blob *blob = encoded(&object, key);
    blob->data[blob->len - 1] ^= 1;
    struct blob *first;
    struct blob *rest;
    assert_int_equal(parts_split(one.node, key, blob, &first, &rest), GR_ECORRUPT);
    blob_unref(blob);
    one_done(&one);
}

static void ask_for(struct one_node *one, uint64_t from, struct bytes key, uint64_t digest, struct blob *held)
{
    struct wire_message get = {.type = WIRE_get};
    get.get.request = 5;
    get.get.key = key;
    get.get.digest = digest;
    one_hear(one, from, &get);
    one_loaded(one, 0, blob_ref(held));
}

static void an_owner_that_asks_is_sent_the_parts(void **state)
{
    (void)state;
    struct one_node one;
    struct rng rng;
    start(&one);
    rng_init(&rng, 1);
    struct bytes key = one_key_of(&one, 0, ONE_SELF, 0);
    uint64_t owner = one_owner(&one, key, 1);
    uint64_t other = ONE_SELF + 1;
    while (other == owner || other == one_owner(&one, key, 2)) {
        other++;
    }
    struct object object = drawn(&one, &rng, 12);
    struct blob *held = encoded(&object, key);
    ask_for(&one, owner, key, 0, held);
    assert_int_equal(one_sent(&one, owner, WIRE_get_ack)->get_ack.error, -GR_ETOOBIG);
    assert_int_equal(one_sent(&one, owner, WIRE_put)->put.request, 0);
    assert_true(one_count(&one, EFFECT_SEND) > 2);
    ask_for(&one, other, key, 0, held);
    assert_int_equal(one_sent(&one, other, WIRE_get_ack)->get_ack.error, -GR_ETOOBIG);
    assert_null(one_sent(&one, other, WIRE_put));
    ask_for(&one, owner, key, object_digest(blob_bytes(held)), held); /* it has all of it by now */
    assert_int_equal(one_sent(&one, owner, WIRE_get_ack)->get_ack.error, 0);
    assert_int_equal(one_sent(&one, owner, WIRE_get_ack)->get_ack.same, 1);
    blob_unref(held);
    one_done(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_merge_of_the_parts_is_the_object),
        cmocka_unit_test(one_value_goes_whole),
        cmocka_unit_test(a_damaged_object_is_not_split),
        cmocka_unit_test(an_owner_that_asks_is_sent_the_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
