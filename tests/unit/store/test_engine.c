/* What every engine promises (engine.h), asked of each of them: the same tests, three groups. */
#include "store_test.h"

static int make(void **state, enum engine_kind kind, enum engine_durability durability)
{
    struct store *store = malloc(sizeof *store);
    assert_non_null(store);
    store_init(store, kind, durability);
    store_open(store);
    *state = store;
    return 0;
}

static int make_memory(void **state)
{
    return make(state, ENGINE_MEMORY, ENGINE_SYNC);
}

static int make_rocksdb_sync(void **state)
{
    return make(state, ENGINE_ROCKSDB, ENGINE_SYNC);
}

static int make_rocksdb_buffered(void **state)
{
    return make(state, ENGINE_ROCKSDB, ENGINE_BUFFERED);
}

static int drop(void **state)
{
    store_done(*state);
    free(*state);
    return 0;
}

static void test_fresh_engine_is_empty(void **state)
{
    struct store *store = *state;
    struct engine_completion completion;
    store_expect(store, 0, "nothing", NULL);
    assert_int_equal(engine_live(store->engine, 16383), 0);
    assert_int_equal(engine_clock(store->engine), 0);
    assert_false(engine_holds_data(store->engine));
    assert_int_equal(engine_commits(store->engine), 0);
    assert_int_equal(engine_poll(store->engine, &completion, 1), 0);
}

static void test_write_completes_after_flush_and_is_read_back(void **state)
{
    struct store *store = *state;
    struct engine_completion completion;
    assert_int_equal(store_submit(store, 77, 5, "k", "v", 1, 9), 0);
    assert_int_equal(engine_poll(store->engine, &completion, 1), 0);
    engine_flush(store->engine);
    store_complete(store, &completion, 1);
    assert_int_equal(completion.token, 77);
    assert_int_equal(completion.kind, ENGINE_WRITTEN);
    assert_int_equal(completion.status, 0);
    assert_null(completion.value);
    store_expect(store, 5, "k", "v");
    assert_true(engine_holds_data(store->engine));
}

static void test_slot_is_part_of_the_key(void **state)
{
    struct store *store = *state;
    assert_int_equal(store_put(store, 1, "k", "one", 1, 1), 0);
    assert_int_equal(store_put(store, 256, "k", "other", 1, 2), 0);
    store_expect(store, 1, "k", "one");
    store_expect(store, 256, "k", "other");
    store_expect(store, 2, "k", NULL);
}

static void test_empty_key_and_value_are_kept(void **state)
{
    struct store *store = *state;
    assert_int_equal(store_put(store, 3, "", "", 1, 1), 0);
    store_expect(store, 3, "", "");
}

static void test_large_value_and_long_key(void **state)
{
    struct store *store = *state;
    char key[2000];
    size_t len = (size_t)9 << 20; /* more than one commit takes */
    char *value = malloc(len + 1);
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    memset(value, 'v', len);
    value[len] = '\0';
    assert_int_equal(store_put(store, 3, key, value, 1, 1), 0);
    store_expect(store, 3, key, value);
    assert_int_equal(store_put(store, 3, key, "small", 0, 2), 0);
    store_expect(store, 3, key, "small");
    free(value);
}

static void test_writes_to_a_key_take_effect_in_order(void **state)
{
    struct store *store = *state;
    enum { WRITES = 500 };
    struct engine_completion completions[WRITES];
    char value[16];
    for (unsigned i = 0; i < WRITES; i++) {
        snprintf(value, sizeof value, "%u", i);
        assert_int_equal(store_submit(store, i, 7, "k", value, 0, i), 0);
        if (i % 3 == 0) {
            engine_flush(store->engine);
        }
    }
    engine_flush(store->engine);
    store_complete(store, completions, WRITES);
    for (unsigned i = 0; i < WRITES; i++) {
        assert_int_equal(completions[i].token, i);
        assert_int_equal(completions[i].status, 0);
    }
    store_expect(store, 7, "k", "499");
}

static void test_writes_of_one_flush_share_a_commit(void **state)
{
    struct store *store = *state;
    enum { WRITES = 1000 };
    struct engine_completion completions[WRITES];
    char key[16];
    for (unsigned i = 0; i < WRITES; i++) {
        snprintf(key, sizeof key, "k%u", i);
        assert_int_equal(store_submit(store, i, (uint16_t)i, key, "v", 1, i), 0);
    }
    engine_flush(store->engine);
    engine_flush(store->engine);
    store_complete(store, completions, WRITES);
    assert_int_equal(engine_commits(store->engine), 1);
}

static void test_counts_and_clock_follow_completions(void **state)
{
    struct store *store = *state;
    struct engine_completion completion;
    assert_int_equal(store_put(store, 9, "a", "v", 1, 100), 0);
    assert_int_equal(store_put(store, 9, "b", "v", 1, 50), 0);
    assert_int_equal(engine_live(store->engine, 9), 2);
    assert_int_equal(engine_clock(store->engine), 100);
    assert_int_equal(store_submit(store, 1, 9, "a", "gone", -1, 101), 0);
    assert_int_equal(engine_live(store->engine, 9), 2);
    engine_flush(store->engine);
    store_complete(store, &completion, 1);
    assert_int_equal(engine_live(store->engine, 9), 1);
    assert_int_equal(engine_live(store->engine, 10), 0);
    assert_int_equal(engine_clock(store->engine), 101);
}

static void test_bound_on_pending_is_busy_until_polled(void **state)
{
    struct store *store = *state;
    struct engine_completion completions[3];
    store_close(store);
    store->options.pending_max = 3;
    store_open(store);
    assert_int_equal(store_submit(store, 1, 1, "a", "v", 1, 1), 0);
    assert_int_equal(store_submit(store, 2, 1, "b", "v", 1, 2), 0);
    assert_int_equal(engine_get_later(store->engine, 3, &(struct engine_key){0, 1, bytes_of_text("a")}), 0);
    assert_int_equal(store_submit(store, 4, 1, "c", "v", 1, 3), GR_EBUSY);
    assert_int_equal(engine_get_later(store->engine, 5, &(struct engine_key){0, 1, bytes_of_text("a")}), GR_EBUSY);
    engine_flush(store->engine);
    store_complete(store, completions, 3);
    for (unsigned i = 0; i < 3; i++) {
        blob_unref(completions[i].value);
    }
    assert_int_equal(store_submit(store, 6, 1, "c", "v", 1, 3), 0);
}

static void test_bound_on_pending_bytes_is_busy(void **state)
{
    struct store *store = *state;
    struct engine_completion completions[64];
    unsigned accepted = 0;
    struct blob *blob = blob_new((size_t)16 << 20);
    memset(blob->data, 'v', blob->len);
    struct engine_write write = {.at = {0, 1, bytes_of_text("k")}, .value = blob, .clock = 1};
    while (accepted < 64 && engine_submit(store->engine, &write) == 0) {
        accepted++;
    }
    assert_int_equal(accepted, 4);
    assert_int_equal(engine_submit(store->engine, &write), GR_EBUSY);
    engine_flush(store->engine);
    store_complete(store, completions, accepted);
    assert_int_equal(engine_submit(store->engine, &write), 0);
    blob_unref(blob);
}

static void test_blocking_read_completes(void **state)
{
    struct store *store = *state;
    struct engine_completion completion;
    assert_int_equal(store_put(store, 4, "k", "v", 1, 1), 0);
    assert_int_equal(engine_get_later(store->engine, 21, &(struct engine_key){0, 4, bytes_of_text("k")}), 0);
    store_complete(store, &completion, 1);
    assert_int_equal(completion.token, 21);
    assert_int_equal(completion.kind, ENGINE_READ);
    assert_int_equal(completion.result, ENGINE_FOUND);
    assert_true(bytes_equal(blob_bytes(completion.value), bytes_of_text("v")));
    blob_unref(completion.value);

    assert_int_equal(engine_get_later(store->engine, 22, &(struct engine_key){0, 4, bytes_of_text("none")}), 0);
    store_complete(store, &completion, 1);
    assert_int_equal(completion.result, ENGINE_ABSENT);
    assert_null(completion.value);
}

struct seen {
    char text[256];
    unsigned stop_after;
};

static bool note_seen(void *context, struct bytes key, struct bytes value)
{
    struct seen *seen = context;
    size_t len = strlen(seen->text);
    snprintf(seen->text + len, sizeof seen->text - len, "%.*s=%.*s ", (int)key.len, (const char *)key.data,
             (int)value.len, (const char *)value.data);
    return --seen->stop_after > 0;
}

static void expect_scan(struct store *store, uint16_t slot, unsigned stop_after, const char *expected)
{
    struct seen seen = {.text = "", .stop_after = stop_after};
    assert_int_equal(engine_scan(store->engine, slot, note_seen, &seen), 0);
    assert_string_equal(seen.text, expected);
}

static void test_scan_visits_a_slot_in_key_order(void **state)
{
    struct store *store = *state;
    assert_int_equal(store_put(store, 255, "z", "9", 1, 1), 0);
    assert_int_equal(store_put(store, 256, "b", "2", 1, 1), 0);
    assert_int_equal(store_put(store, 256, "", "0", 1, 1), 0);
    assert_int_equal(store_put(store, 256, "ab", "4", 1, 1), 0);
    assert_int_equal(store_put(store, 256, "a", "3", 1, 1), 0);
    assert_int_equal(store_put(store, 257, "a", "8", 1, 1), 0);
    assert_int_equal(store_put(store, 16383, "a", "7", 1, 1), 0);
    expect_scan(store, 256, 100, "=0 a=3 ab=4 b=2 ");
    expect_scan(store, 256, 2, "=0 a=3 ");
    expect_scan(store, 16383, 100, "a=7 ");
    expect_scan(store, 1, 100, "");
}

static void test_records_are_put_and_got(void **state)
{
    struct store *store = *state;
    struct buffer buffer;
    buffer_init(&buffer, 8);
    assert_int_equal(engine_meta_get(store->engine, "identity", &buffer), GR_ENOENT);
    assert_int_equal(engine_meta_put(store->engine, "identity", bytes_of_text("abc")), 0);
    assert_int_equal(engine_meta_put(store->engine, "clock", bytes_of_text("mine")), 0);
    assert_int_equal(engine_meta_put(store->engine, "identity", bytes_of_text("abcd")), 0);
    assert_int_equal(engine_meta_get(store->engine, "identity", &buffer), 0);
    assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of_text("abcd")));
    assert_int_equal(engine_meta_put(store->engine, "identity", BYTES_EMPTY), 0);
    assert_int_equal(engine_meta_get(store->engine, "identity", &buffer), 0);
    assert_int_equal(buffer.len, 4);
    assert_int_equal(engine_meta_put(store->engine, "identity", bytes_of_text("12345")), 0);
    assert_int_equal(engine_meta_get(store->engine, "identity", &buffer), GR_ETOOBIG);
    assert_int_equal(engine_clock(store->engine), 0);
    buffer_done(&buffer);
}

static void expect_record(struct store *store, const char *name, const char *value)
{
    struct buffer buffer;
    buffer_init(&buffer, 100);
    assert_int_equal(engine_meta_get(store->engine, name, &buffer), 0);
    assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of_text(value)));
    buffer_done(&buffer);
}

static void test_records_may_be_put_like_writes(void **state)
{
    struct store *store = *state;
    struct engine_completion done;
    assert_int_equal(engine_meta_put_later(store->engine, 7, "state", bytes_of_text("one")), 0);
    engine_flush(store->engine);
    store_complete(store, &done, 1);
    assert_int_equal(done.token, 7);
    assert_int_equal(done.kind, ENGINE_WRITTEN);
    assert_int_equal(done.status, 0);
    expect_record(store, "state", "one");
    assert_false(engine_holds_data(store->engine));
}

/* What was put at once stays, whatever was submitted before, flushed or not. */
static void test_a_record_put_at_once_comes_last(void **state)
{
    struct store *store = *state;
    for (unsigned round = 0; round < 50; round++) {
        struct engine_completion done[2];
        assert_int_equal(engine_meta_put_later(store->engine, 1, "state", bytes_of_text("earlier")), 0);
        engine_flush(store->engine);
        assert_int_equal(engine_meta_put_later(store->engine, 2, "state", bytes_of_text("soon")), 0);
        assert_int_equal(engine_meta_put(store->engine, "state", bytes_of_text("at once")), 0);
        expect_record(store, "state", "at once");
        store_complete(store, done, 2);
        expect_record(store, "state", "at once");
    }
}

static void test_close_with_everything_unpolled(void **state)
{
    struct store *store = *state;
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(store_submit(store, i, 1, "k", "v", 0, i), 0);
        assert_int_equal(engine_get_later(store->engine, i, &(struct engine_key){0, 1, bytes_of_text("k")}), 0);
    }
    engine_flush(store->engine);
    assert_int_equal(store_submit(store, 100, 1, "k", "last", 0, 100), 0);
}

#define ON(test, make) cmocka_unit_test_setup_teardown(test, make, drop)
#define EVERY_TEST(make)                                                                                           \
    {                                                                                                              \
        ON(test_fresh_engine_is_empty, make), ON(test_write_completes_after_flush_and_is_read_back, make),         \
            ON(test_slot_is_part_of_the_key, make), ON(test_empty_key_and_value_are_kept, make),                   \
            ON(test_large_value_and_long_key, make), ON(test_writes_to_a_key_take_effect_in_order, make),          \
            ON(test_writes_of_one_flush_share_a_commit, make), ON(test_counts_and_clock_follow_completions, make), \
            ON(test_bound_on_pending_is_busy_until_polled, make), ON(test_bound_on_pending_bytes_is_busy, make),   \
            ON(test_blocking_read_completes, make), ON(test_scan_visits_a_slot_in_key_order, make),                \
            ON(test_records_are_put_and_got, make), ON(test_records_may_be_put_like_writes, make),                 \
            ON(test_a_record_put_at_once_comes_last, make), ON(test_close_with_everything_unpolled, make),         \
    }

int main(void)
{
    const struct CMUnitTest memory[] = EVERY_TEST(make_memory);
    const struct CMUnitTest rocksdb_sync[] = EVERY_TEST(make_rocksdb_sync);
    const struct CMUnitTest rocksdb_buffered[] = EVERY_TEST(make_rocksdb_buffered);
    int failed = cmocka_run_group_tests_name("memory", memory, NULL, NULL);
    failed += cmocka_run_group_tests_name("rocksdb, sync", rocksdb_sync, NULL, NULL);
    failed += cmocka_run_group_tests_name("rocksdb, buffered", rocksdb_buffered, NULL, NULL);
    return failed;
}
