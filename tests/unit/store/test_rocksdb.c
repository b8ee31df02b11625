/* What only an engine with a disk promises: surviving a reopening, a kill, and reads that have to wait. */
#include "store_test.h"

#include "store/key.h"

static int make_sync(void **state)
{
    struct store *store = malloc(sizeof *store);
    store_init(store, ENGINE_ROCKSDB, ENGINE_SYNC);
    *state = store;
    return 0;
}

static int make_buffered(void **state)
{
    make_sync(state);
    ((struct store *)*state)->options.durability = ENGINE_BUFFERED;
    return 0;
}

static int drop(void **state)
{
    store_done(*state);
    free(*state);
    return 0;
}

static void put_many(struct store *store, unsigned count, size_t value_bytes)
{
    struct engine_completion *completions = calloc(count, sizeof *completions);
    char *value = malloc(value_bytes + 1), key[16];
    value[value_bytes] = '\0';
    for (unsigned i = 0; i < count; i++) {
        memset(value, 'a' + (int)(i % 26), value_bytes);
        snprintf(key, sizeof key, "k%u", i);
        assert_int_equal(store_submit(store, i, (uint16_t)(i % KEY_SLOTS), key, value, 1, 1000 + i), 0);
        if (i % 100 == 0) {
            engine_flush(store->engine);
        }
    }
    engine_flush(store->engine);
    store_complete(store, completions, count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(completions[i].status, 0);
    }
    free(value);
    free(completions);
}

static void test_objects_counts_clock_and_records_survive_reopening(void **state)
{
    struct store *store = *state;
    struct buffer buffer;
    buffer_init(&buffer, 100);
    store_open(store);
    put_many(store, 500, 100);
    assert_int_equal(store_put(store, 3, "k3", "tombstone", -1, 77), 0);
    assert_int_equal(store_put(store, 3, "more", "v", 1, 5000), 0);
    assert_int_equal(store_put(store, 3, "and more", "v", 1, 4000), 0);
    assert_int_equal(engine_meta_put(store->engine, "identity", bytes_of_text("me")), 0);
    for (unsigned round = 0; round < 3; round++) {
        store_reopen(store);
        assert_int_equal(engine_live(store->engine, 3), 2);
        assert_int_equal(engine_live(store->engine, 4), 1);
        assert_int_equal(engine_live(store->engine, 600), 0);
        assert_int_equal(engine_clock(store->engine), 5000);
        assert_true(engine_holds_data(store->engine));
        store_expect(store, 3, "k3", "tombstone");
        store_expect(store, 3, "more", "v");
        buffer_clear(&buffer, 0);
        assert_int_equal(engine_meta_get(store->engine, "identity", &buffer), 0);
        assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of_text("me")));
    }
    assert_int_equal(store_put(store, 3, "more", "v2", 0, 4500), 0);
    store_reopen(store);
    assert_int_equal(engine_clock(store->engine), 5000);
    buffer_done(&buffer);
}

static void test_writes_not_flushed_are_committed_by_close(void **state)
{
    struct store *store = *state;
    store_open(store);
    assert_int_equal(store_submit(store, 1, 1, "k", "v", 1, 1), 0);
    store_reopen(store);
    store_expect(store, 1, "k", "v");
    assert_int_equal(engine_live(store->engine, 1), 1);
}

static void test_writes_arriving_during_a_sync_share_the_next(void **state)
{
    struct store *store = *state;
    enum { WRITES = 5000 };
    struct engine_completion completion;
    unsigned done = 0;
    store_open(store);
    for (unsigned i = 0; i < WRITES; i++) { /* a flush for each: only the thread's pace makes groups */
        assert_int_equal(store_submit(store, i, 1, "k", "v", 0, i), 0);
        engine_flush(store->engine);
        while (engine_poll(store->engine, &completion, 1) == 1) {
            assert_int_equal(completion.token, done++);
        }
    }
    while (done < WRITES) {
        store_complete(store, &completion, 1);
        assert_int_equal(completion.token, done++);
    }
    assert_in_range(engine_commits(store->engine), 1, WRITES / 2);
}

/* After a reopening everything is in tables and nothing in the cache, so a read cannot be answered inline. */
static void test_read_that_would_block_says_so_and_completes_on_a_thread(void **state)
{
    struct store *store = *state;
    enum { KEYS = 20000, VALUE_BYTES = 200 };
    unsigned blocked = 0;
    char key[16], value[VALUE_BYTES + 1];
    store->options.cache_bytes = (size_t)64 << 10;
    store_open(store);
    put_many(store, KEYS, VALUE_BYTES);
    store_reopen(store);
    for (unsigned i = 0; i < KEYS; i += 7) {
        struct blob *blob = NULL;
        int status = 0;
        snprintf(key, sizeof key, "k%u", i);
        memset(value, 'a' + (int)(i % 26), VALUE_BYTES);
        value[VALUE_BYTES] = '\0';
        enum engine_result result = engine_get(
            store->engine, &(struct engine_key){0, (uint16_t)(i % KEY_SLOTS), bytes_of_text(key)}, &blob, &status);
        if (result == ENGINE_FAILED) {
            assert_int_equal(status, GR_EAGAIN);
            blocked++;
        }
        blob_unref(blob);
        store_expect(store, (uint16_t)(i % KEY_SLOTS), key, value);
    }
    assert_true(blocked > 100);
    store_expect(store, 1, "absent", NULL);
}

static void test_many_blocking_reads_at_once(void **state)
{
    struct store *store = *state;
    enum { KEYS = 2000 };
    static struct engine_completion completions[KEYS];
    static bool seen[KEYS];
    char key[16];
    store_open(store);
    put_many(store, KEYS, 300);
    store_reopen(store);
    for (unsigned i = 0; i < KEYS; i++) {
        snprintf(key, sizeof key, "k%u", i);
        assert_int_equal(engine_get_later(store->engine, i, &(struct engine_key){0, (uint16_t)i, bytes_of_text(key)}),
                         0);
    }
    store_complete(store, completions, KEYS);
    for (unsigned i = 0; i < KEYS; i++) {
        uint64_t token = completions[i].token;
        assert_int_equal(completions[i].result, ENGINE_FOUND);
        assert_false(seen[token]);
        seen[token] = true;
        assert_int_equal(completions[i].value->data[0], 'a' + (int)(token % 26));
        blob_unref(completions[i].value);
    }
}

static void test_buffered_log_is_synced_in_the_background(void **state)
{
    struct store *store = *state;
    store_open(store);
    assert_int_equal(store_put(store, 1, "k", "v", 1, 1), 0);
    sleep(2);
    assert_int_equal(store_put(store, 1, "k", "v2", 0, 2), 0);
    store_reopen(store);
    store_expect(store, 1, "k", "v2");
}

#define ON(test, make) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(test_objects_counts_clock_and_records_survive_reopening, make_sync),
        ON(test_objects_counts_clock_and_records_survive_reopening, make_buffered),
        ON(test_writes_not_flushed_are_committed_by_close, make_sync),
        ON(test_writes_arriving_during_a_sync_share_the_next, make_sync),
        ON(test_read_that_would_block_says_so_and_completes_on_a_thread, make_sync),
        ON(test_many_blocking_reads_at_once, make_sync),
        ON(test_buffered_log_is_synced_in_the_background, make_buffered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
