/* Listing the live keys of a slot: deleted ones are passed over, and one visit looks at so much and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/live.h"
#include "version/object.h"

#define SLOT 9u
#define TOMBSTONES 16384u /* what one visit looks at */

static void wake(void *context)
{
    (void)context;
}

static int open_engine(void **state)
{
    char text[256];
    struct engine_options options = {.kind = ENGINE_MEMORY, .pending_max = 2 * TOMBSTONES, .wake = wake};
    return engine_open(&options, text, sizeof text, (struct engine **)state);
}

static int close_engine(void **state)
{
    engine_close(*state);
    return 0;
}

/* A value of so many bytes; NULL for a tombstone. */
static struct blob *encode(struct bytes key, const struct bytes *value)
{
    struct arena arena;
    struct object old, written;
    struct dot dot = {1, 1};
    arena_init(&arena, 4096);
    object_init(&old, CONFLICT_LWW);
    assert_int_equal(object_write(&old, CONFLICT_LWW, dot, value, NULL, &arena, &written, NULL), 0);
    struct blob *blob = blob_new(object_encoded_size(&written));
    object_encode(&written, key, blob->data);
    arena_done(&arena);
    return blob;
}

static void put(struct engine *engine, const char *key, const struct bytes *value)
{
    struct blob *blob = encode(bytes_of_text(key), value);
    struct engine_write write = {.at = {0, SLOT, bytes_of_text(key)}, .value = blob, .clock = 1};
    struct engine_completion done;
    assert_int_equal(engine_submit(engine, &write), 0);
    blob_unref(blob);
    engine_flush(engine);
    assert_int_equal(engine_poll(engine, &done, 1), 1);
}

static void count_visit(void *visitor, struct bytes key)
{
    (void)key;
    ++*(unsigned *)visitor;
}

static unsigned visit(struct engine *engine, uint32_t max)
{
    unsigned seen = 0;
    assert_int_equal(live_visit(engine, SLOT, max, count_visit, &seen), 0);
    return seen;
}

static void test_deleted_keys_are_passed_over(void **state)
{
    struct bytes value = bytes_of_text("value");
    put(*state, "a", &value);
    put(*state, "b", NULL);
    put(*state, "c", &value);
    assert_int_equal(visit(*state, 9), 2);
    assert_int_equal(visit(*state, 1), 1);
    assert_int_equal(visit(*state, 0), 0);
}

static void test_objects_looked_at_are_bounded(void **state)
{
    struct bytes value = bytes_of_text("value");
    char key[16];
    put(*state, "a", &value);
    put(*state, "z", &value);
    assert_int_equal(visit(*state, 9), 2);
    for (unsigned i = 0; i < TOMBSTONES; i++) {
        snprintf(key, sizeof key, "gone%u", i);
        put(*state, key, NULL);
    }
    assert_int_equal(visit(*state, 9), 1);
}

static void test_bytes_looked_at_are_bounded(void **state)
{
    size_t len = (size_t)3 << 20;
    uint8_t *zeros = calloc(1, len);
    struct bytes value = bytes_of(zeros, len);
    const char *const keys[] = {"a", "b", "c", "d", "e"};
    for (unsigned i = 0; i < 5; i++) {
        put(*state, keys[i], &value);
    }
    assert_int_equal(visit(*state, 9), 3);
    free(zeros);
}

static bool is_live(const char *key, struct blob *object)
{
    bool live = live_is_live(bytes_of_text(key), blob_bytes(object));
    blob_unref(object);
    return live;
}

static void test_tombstones_do_not_count_as_live(void **state)
{
    struct bytes key = bytes_of_text("a");
    struct bytes value = bytes_of_text("value");
    (void)state;
    assert_true(is_live("a", encode(key, &value)));
    assert_false(is_live("a", encode(key, NULL)));
}

/* As the node takes it: what repairs such a copy leaves the count as it is. */
static void test_damaged_objects_count_as_live(void **state)
{
    struct bytes key = bytes_of_text("a");
    (void)state;
    assert_true(is_live("another", encode(key, NULL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_deleted_keys_are_passed_over, open_engine, close_engine),
        cmocka_unit_test_setup_teardown(test_objects_looked_at_are_bounded, open_engine, close_engine),
        cmocka_unit_test_setup_teardown(test_bytes_looked_at_are_bounded, open_engine, close_engine),
        cmocka_unit_test(test_tombstones_do_not_count_as_live),
        cmocka_unit_test(test_damaged_objects_count_as_live),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
