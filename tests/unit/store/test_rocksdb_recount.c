/* Leaves over reopenings, and counted anew where there are none. */
#include "store_test.h"

#include "store/rocksdb_options.h"

static int make(void **state)
{
    struct store *store = malloc(sizeof *store);
    store_init(store, ENGINE_ROCKSDB, ENGINE_SYNC);
    *state = store;
    return 0;
}

static int drop(void **state)
{
    store_done(*state);
    free(*state);
    return 0;
}

static struct engine_key at(uint64_t owner, uint16_t slot, const char *key)
{
    return (struct engine_key){owner, slot, bytes_of_text(key)};
}

static void put_object(struct store *store, uint16_t slot, const char *key, const char *value, uint64_t sums[LEAVES])
{
    uint64_t digest = leaf_digest(bytes_of_text(value));
    assert_int_equal(store_write(store, at(0, slot, key), value, 1, digest), 0);
    sums[leaf_of(bytes_of_text(key))] += digest;
}

static void expect_leaves(struct store *store, uint16_t slot, const uint64_t expected[LEAVES])
{
    uint64_t sums[LEAVES] = {0};
    size_t count;
    const struct leaf_sum *leaves = engine_leaves(store->engine, &count);
    for (size_t i = 0; i < count; i++) {
        assert_in_range(leaves[i].leaf, 0, LEAVES - 1);
        assert_true(leaves[i].sum != 0);
        if (leaves[i].slot == slot) {
            sums[leaves[i].leaf] += leaves[i].sum;
        }
    }
    assert_memory_equal(sums, expected, sizeof sums);
}

static void put_forty(struct store *store, uint64_t sums[LEAVES])
{
    char key[16];
    for (unsigned i = 0; i < 40; i++) {
        snprintf(key, sizeof key, "k%02u", i);
        put_object(store, 3, key, "12345678", sums);
    }
}

static void test_leaves_and_hints_survive_reopening(void **state)
{
    struct store *store = *state;
    uint64_t sums[LEAVES] = {0};
    size_t count;
    store_open(store);
    assert_null(engine_leaves(store->engine, &count));
    assert_int_equal(count, 0);
    put_forty(store, sums);
    assert_int_equal(store_write(store, at(99, 3, "k"), "hint", 0, 0), 0);
    for (unsigned round = 0; round < 2; round++) {
        store_reopen(store);
        expect_leaves(store, 3, sums);
        engine_forget_leaves(store->engine);
        assert_null(engine_leaves(store->engine, &count));
        assert_int_equal(count, 0);
        store_expect_at(store, at(99, 3, "k"), "hint");
        put_forty(store, sums);
    }
}

static void test_many_leaves_are_loaded(void **state)
{
    struct store *store = *state;
    enum { KEYS = 3000 };
    static struct engine_completion completions[KEYS];
    uint64_t sum = 0;
    size_t count;
    char key[16];
    store_open(store);
    struct blob *value = blob_copy(bytes_of_text("v"));
    for (unsigned i = 0; i < KEYS; i++) {
        snprintf(key, sizeof key, "%u", i);
        struct engine_write write = {.at = at(0, (uint16_t)i, key), .value = value, .leaf_delta = i + 1};
        assert_int_equal(engine_submit(store->engine, &write), 0);
    }
    blob_unref(value);
    engine_flush(store->engine);
    store_complete(store, completions, KEYS);
    store_reopen(store);
    const struct leaf_sum *leaves = engine_leaves(store->engine, &count);
    assert_int_equal(count, KEYS);
    for (size_t i = 0; i < count; i++) {
        sum += leaves[i].sum;
    }
    assert_true(sum == (uint64_t)KEYS * (KEYS + 1) / 2);
}

/* The journal begins anew, twice; records of the generation before lie behind those of the present one. */
static void test_full_journal_becomes_sums(void **state)
{
    struct store *store = *state;
    uint64_t sums[LEAVES] = {0};
    store_open(store);
    for (unsigned round = 0; round < 2; round++) {
        struct leaf_keeper *keeper = &rocksdb_engine_of(store->engine)->keeper;
        put_forty(store, sums);
        keeper->records = LEAF_RECORDS_MAX - 7; /* nobody commits now */
        uint64_t generation = keeper->generation;
        put_forty(store, sums);
        assert_int_equal(keeper->generation, generation + 1);
        assert_int_equal(keeper->records, 32);
        store_reopen(store);
        expect_leaves(store, 3, sums);
        keeper = &rocksdb_engine_of(store->engine)->keeper;
        assert_int_equal(keeper->generation, generation + 1);
        assert_int_equal(keeper->records, 32);
    }
}

static void put_at_clock(struct store *store, uint64_t leaf_delta, uint64_t clock)
{
    struct engine_completion completion;
    struct blob *value = blob_copy(bytes_of_text("12345678"));
    struct engine_write write = {.at = at(0, 3, "k"), .value = value, .leaf_delta = leaf_delta, .clock = clock};
    assert_int_equal(engine_submit(store->engine, &write), 0);
    blob_unref(value);
    engine_flush(store->engine);
    store_complete(store, &completion, 1);
    assert_int_equal(completion.status, 0);
}

static void expect_clock_kept(struct store *store, uint64_t clock)
{
    store_reopen(store);
    assert_true(engine_clock(store->engine) == clock);
}

/* It is kept by a commit that changes no leaf, by one with a record, and by one with the sums; and it never falls. */
static void test_clock_is_kept_by_any_commit(void **state)
{
    struct store *store = *state;
    store_open(store);
    put_at_clock(store, 0, 10);
    expect_clock_kept(store, 10);
    put_at_clock(store, 1, 20);
    expect_clock_kept(store, 20);
    put_at_clock(store, 1, 15);
    put_at_clock(store, 0, 16);
    expect_clock_kept(store, 20);
    rocksdb_engine_of(store->engine)->keeper.records = LEAF_RECORDS_MAX; /* nobody commits now */
    put_at_clock(store, 1, 30);
    assert_int_equal(rocksdb_engine_of(store->engine)->keeper.records, 0);
    expect_clock_kept(store, 30);
    put_at_clock(store, 1, 40);
    put_at_clock(store, 0, 50);
    expect_clock_kept(store, 50);
}

static void test_removed_objects_are_remembered_to_have_been(void **state)
{
    struct store *store = *state;
    store_open(store);
    assert_int_equal(store_write(store, at(0, 3, "k"), "12345678", 1, 5), 0);
    assert_int_equal(store_write(store, at(0, 3, "k"), NULL, -1, 0 - (uint64_t)5), 0);
    store_reopen(store);
    size_t count;
    assert_null(engine_leaves(store->engine, &count));
    assert_true(engine_holds_data(store->engine));
    assert_int_equal(engine_live(store->engine, 3), 0);
    store_expect(store, 3, "k", NULL);
}

static void write_format(struct store *store, const char *line)
{
    char path[STORE_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/FORMAT", store->dir);
    FILE *file = fopen(path, "w");
    fputs(line, file);
    fclose(file);
}

static void expect_format(struct store *store, const char *line)
{
    char path[STORE_PATH_BYTES + 16], found[64] = "";
    snprintf(path, sizeof path, "%s/FORMAT", store->dir);
    FILE *file = fopen(path, "r");
    assert_non_null(fgets(found, sizeof found, file));
    fclose(file);
    assert_string_equal(found, line);
}

/* Make the directory what version 1 would have left. */
static void make_old(struct store *store)
{
    char path[STORE_PATH_BYTES + 16], *error = NULL;
    struct rocksdb_settings settings;
    rocksdb_column_family_handle_t *families[FAMILY_COUNT];
    snprintf(path, sizeof path, "%s/rocksdb", store->dir);
    rocksdb_settings_init(&settings, 0, false, rocksdb_tolerate_corrupted_tail_records_recovery);
    rocksdb_t *db = rocksdb_open_column_families(settings.database, path, FAMILY_COUNT, rocksdb_family_names,
                                                 (const rocksdb_options_t *const *)settings.families, families, &error);
    assert_null(error);
    rocksdb_drop_column_family(db, families[FAMILY_HINTS], &error);
    assert_null(error);
    rocksdb_drop_column_family(db, families[FAMILY_TREES], &error);
    assert_null(error);
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        rocksdb_column_family_handle_destroy(families[i]);
    }
    rocksdb_close(db);
    rocksdb_settings_done(&settings);
    write_format(store, "gramme-store 1\n");
}

static void test_old_directory_gets_its_leaves(void **state)
{
    struct store *store = *state;
    uint64_t sums[LEAVES] = {0};
    store_open(store);
    put_forty(store, sums);
    assert_int_equal(store_write(store, at(0, 3, "dead"), "tombstone", 0, 0), 0);
    sums[leaf_of(bytes_of_text("dead"))] += leaf_digest(bytes_of_text("tombstone"));
    expect_format(store, "gramme-store 2\n");
    store_close(store);
    make_old(store);
    for (unsigned round = 0; round < 2; round++) {
        store_open(store);
        expect_format(store, "gramme-store 2\n");
        expect_leaves(store, 3, sums);
        assert_int_equal(engine_live(store->engine, 3), 40);
        store_expect(store, 3, "k07", "12345678");
        store_close(store);
    }
}

static void test_old_empty_directory_holds_no_data(void **state)
{
    struct store *store = *state;
    store_open(store);
    store_close(store);
    make_old(store);
    for (unsigned round = 0; round < 2; round++) {
        store_open(store);
        assert_false(engine_holds_data(store->engine));
        store_close(store);
    }
}

/* A crash after the leaves were counted and before FORMAT says so: they are counted once more, not twice as much. */
static void test_counting_twice_changes_nothing(void **state)
{
    struct store *store = *state;
    uint64_t sums[LEAVES] = {0};
    store_open(store);
    put_forty(store, sums);
    assert_int_equal(store_write(store, at(0, 9, "k"), "12345678", 1, 5), 0); /* a sum of nothing that is there */
    store_close(store);
    write_format(store, "gramme-store 1\n");
    store_open(store);
    expect_leaves(store, 3, sums);
    memset(sums, 0, sizeof sums);
    sums[leaf_of(bytes_of_text("k"))] = leaf_digest(bytes_of_text("12345678"));
    expect_leaves(store, 9, sums);
    store_reopen(store);
    expect_leaves(store, 9, sums);
}

#define ON(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(test_leaves_and_hints_survive_reopening),
        ON(test_many_leaves_are_loaded),
        ON(test_full_journal_becomes_sums),
        ON(test_clock_is_kept_by_any_commit),
        ON(test_removed_objects_are_remembered_to_have_been),
        ON(test_old_directory_gets_its_leaves),
        ON(test_old_empty_directory_holds_no_data),
        ON(test_counting_twice_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
