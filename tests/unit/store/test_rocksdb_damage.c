/* Directories that cannot be opened, and what is said about them: the file, and what to do; and damage that leaves the
 * rest as it was. */
#include "damage_test.h"

#include <sys/wait.h>

/* G5, and what a node's read repair leans on: the damage is found when the block is read, and named. */
static void test_damaged_block_fails_its_reads_only(void **state)
{
    struct store *store = *state;
    char file[512], key[16], text[512];
    unsigned failed = 0, found = 0;
    make_table(store);
    find_file(store, "", ".sst", file, sizeof file);
    damage(file, size_of(file) / 3, "damage");
    store_open(store);
    for (unsigned i = 0; i < WRITES; i++) {
        struct blob *blob = NULL;
        int status = 0;
        snprintf(key, sizeof key, "k%u", i);
        enum engine_result result = store_get(store, 1, key, &blob, &status);
        assert_int_not_equal(result, ENGINE_ABSENT);
        found += result == ENGINE_FOUND;
        failed += result == ENGINE_FAILED && status == GR_ECORRUPT;
        blob_unref(blob);
    }
    assert_int_equal(found + failed, WRITES);
    assert_in_range(failed, 1, WRITES / 2);
    engine_trouble(store->engine, text, sizeof text);
    assert_non_null(strstr(text, file));
}

/* What repairs the key lies in front of what cannot be read. */
static void test_key_in_a_damaged_block_can_be_written_again(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "", ".sst", file, sizeof file);
    damage(file, size_of(file) / 3, "damage");
    store_open(store);
    for (unsigned i = 0; i < WRITES; i++) {
        assert_int_equal(put_one(store, i), 0);
    }
    assert_int_equal(count_found(store), WRITES);
    expect_identity(store);
    store_reopen(store);
    expect_not_salvaged(store);
    assert_int_equal(count_found(store), WRITES);
}

static void test_scan_over_a_damaged_block_has_no_page(void **state)
{
    struct store *store = *state;
    struct engine_completion completion;
    struct engine_scan scan = {.slot = 1, .leaves = 0xffff, .counts = true, .bytes_max = 1000};
    char file[512];
    make_table(store);
    find_file(store, "", ".sst", file, sizeof file);
    damage(file, size_of(file) / 3, "damage");
    store_open(store);
    assert_int_equal(engine_page(store->engine, &scan), 0);
    store_complete(store, &completion, 1);
    assert_int_equal(completion.kind, ENGINE_SCANNED);
    assert_int_equal(completion.status, GR_ECORRUPT);
    assert_null(completion.page);
}

static void expect_all_but_the_last(struct store *store)
{
    char key[16];
    store_open(store);
    expect_not_salvaged(store);
    assert_int_equal(engine_live(store->engine, 1), WRITES - 1);
    assert_int_equal(engine_clock(store->engine), WRITES - 1);
    snprintf(key, sizeof key, "k%u", WRITES - 1);
    store_expect(store, 1, key, NULL);
    assert_int_equal(store_put(store, 1, key, "again", 1, WRITES), 0);
    store_reopen(store);
    store_expect(store, 1, key, "again");
    assert_int_equal(engine_live(store->engine, 1), WRITES);
}

static void test_log_cut_short_loses_its_last_commit_only(void **state)
{
    struct store *store = *state;
    char file[512];
    make_log(store);
    find_file(store, "", ".log", file, sizeof file);
    assert_int_equal(truncate(file, size_of(file) - 20), 0);
    expect_all_but_the_last(store);
}

static void test_log_with_a_torn_last_commit_loses_that_only(void **state)
{
    struct store *store = *state;
    char file[512], text[512];
    make_log(store);
    find_file(store, "", ".log", file, sizeof file);
    damage(file, -30, "damage");
    store_open(store);
    engine_trouble(store->engine, text, sizeof text);
    assert_non_null(strstr(text, file));
    store_close(store);
    expect_all_but_the_last(store);
}

static void test_missing_or_foreign_format(void **state)
{
    struct store *store = *state;
    char format[STORE_PATH_BYTES + 16];
    make_table(store);
    snprintf(format, sizeof format, "%s/FORMAT", store->dir);
    damage(format, 0, "gramme-store 9\n");
    expect_refused(store, GR_EVERSION, format, "later");
    damage(format, 0, "something else\n");
    expect_corrupt(store, format);
    assert_int_equal(truncate(format, 0), 0);
    expect_corrupt(store, format);
    assert_int_equal(unlink(format), 0);
    expect_corrupt(store, format);
}

/* What a crash between making the database and writing FORMAT leaves. */
static void test_half_made_database_is_finished(void **state)
{
    struct store *store = *state;
    char path[STORE_PATH_BYTES + 16], *error = NULL;
    struct rocksdb_settings settings;
    rocksdb_column_family_handle_t *families[FAMILY_COUNT];
    snprintf(path, sizeof path, "%s/rocksdb", store->dir);
    rocksdb_settings_init(&settings, 0, true, rocksdb_tolerate_corrupted_tail_records_recovery);
    rocksdb_t *db = rocksdb_open_column_families(settings.database, path, FAMILY_COUNT, rocksdb_family_names,
                                                 (const rocksdb_options_t *const *)settings.families, families, &error);
    assert_null(error);
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        rocksdb_column_family_handle_destroy(families[i]);
    }
    rocksdb_close(db);
    rocksdb_settings_done(&settings);
    store_open(store);
    expect_not_salvaged(store);
    assert_int_equal(store_put(store, 1, "k", "v", 1, 1), 0);
    store_reopen(store);
    store_expect(store, 1, "k", "v");
}

static void test_directory_that_is_a_file(void **state)
{
    struct store *store = *state;
    char file[STORE_PATH_BYTES + 16];
    snprintf(file, sizeof file, "%s/file", store->dir);
    close(open(file, O_WRONLY | O_CREAT, 0600));
    store->options.dir = file;
    expect_refused(store, GR_EINVAL, file, "another data directory");
    snprintf(file, sizeof file, "%s/file/below", store->dir);
    expect_refused(store, GR_EINVAL, file, "another data directory");
}

static void test_missing_parents_are_made(void **state)
{
    struct store *store = *state;
    char dir[STORE_PATH_BYTES + 16];
    snprintf(dir, sizeof dir, "%s/a/b/c/", store->dir);
    store->options.dir = dir;
    store_open(store);
    assert_int_equal(store_put(store, 1, "k", "v", 1, 1), 0);
    store_reopen(store);
    store_expect(store, 1, "k", "v");
}

static void test_unwritable_directory(void **state)
{
    struct store *store = *state;
    if (geteuid() == 0) {
        pid_t child = fork(); /* root may write anywhere: try as nobody */
        if (child == 0) {
            char text[1024];
            bool ok = setuid(65534) == 0 && store_try_open(store, text, sizeof text) == GR_EACCES &&
                      strstr(text, store->dir) != NULL && strstr(text, "writable") != NULL;
            _exit(ok ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        return;
    }
    assert_int_equal(chmod(store->dir, 0500), 0);
    expect_refused(store, GR_EACCES, store->dir, "writable");
    assert_int_equal(chmod(store->dir, 0700), 0);
}

#define ON(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(test_damaged_block_fails_its_reads_only),
        ON(test_key_in_a_damaged_block_can_be_written_again),
        ON(test_scan_over_a_damaged_block_has_no_page),
        ON(test_log_cut_short_loses_its_last_commit_only),
        ON(test_log_with_a_torn_last_commit_loses_that_only),
        ON(test_missing_or_foreign_format),
        ON(test_half_made_database_is_finished),
        ON(test_directory_that_is_a_file),
        ON(test_missing_parents_are_made),
        ON(test_unwritable_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
