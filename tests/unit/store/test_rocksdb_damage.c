/* Directories that cannot be opened, and what is said about them: the file, and what to do. */
#include "store_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { WRITES = 300, VALUE_BYTES = 400 };

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

/* One commit a write, so that the log has many records. */
static void put_all(struct store *store)
{
    char key[16], value[VALUE_BYTES + 1];
    memset(value, 'v', VALUE_BYTES);
    value[VALUE_BYTES] = '\0';
    for (unsigned i = 0; i < WRITES; i++) {
        snprintf(key, sizeof key, "k%u", i);
        value[i % VALUE_BYTES] = (char)('a' + i % 20);
        assert_int_equal(store_put(store, 1, key, value, 1, i + 1), 0);
    }
}

/* Data in the log only. */
static void make_log(struct store *store)
{
    store_open(store);
    put_all(store);
    store_close(store);
}

/* Data in a table only: opening writes out what the log held. */
static void make_table(struct store *store)
{
    make_log(store);
    store_reopen(store);
    store_close(store);
}

/* The largest file of the database whose name begins and ends so. */
static void find_file(struct store *store, const char *prefix, const char *suffix, char *ret, size_t size)
{
    char dir[STORE_PATH_BYTES + 16], path[STORE_PATH_BYTES + 280];
    off_t largest = -1;
    snprintf(dir, sizeof dir, "%s/rocksdb", store->dir);
    DIR *stream = opendir(dir);
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        size_t len = strlen(entry->d_name), suffix_len = strlen(suffix);
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && len >= suffix_len &&
            strcmp(entry->d_name + len - suffix_len, suffix) == 0 && stat(path, &info) == 0 && info.st_size > largest) {
            largest = info.st_size;
            snprintf(ret, size, "%s", path);
        }
    }
    closedir(stream);
    assert_true(largest >= 0);
}

static off_t size_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

/* Overwrite bytes; a negative place counts from the end. */
static void damage(const char *path, off_t place, const char *bytes)
{
    int fd = open(path, O_WRONLY);
    off_t at = place < 0 ? size_of(path) + place : place;
    assert_int_equal(pwrite(fd, bytes, strlen(bytes), at), strlen(bytes));
    close(fd);
}

static void expect_refused(struct store *store, int error, const char *file, const char *advice)
{
    char text[1024];
    assert_int_equal(store_try_open(store, text, sizeof text), error);
    if (strstr(text, file) == NULL || strstr(text, advice) == NULL) {
        fail_msg("neither %s nor %s in: %s", file, advice, text);
    }
}

static void expect_corrupt(struct store *store, const char *file)
{
    expect_refused(store, GR_ECORRUPT, file, "backup");
}

static void test_damaged_current_or_manifest(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "MANIFEST", "", file, sizeof file);
    damage(file, 40, "damage");
    expect_corrupt(store, file);
    assert_int_equal(truncate(file, 60), 0);
    expect_corrupt(store, file);
    assert_int_equal(unlink(file), 0);
    expect_corrupt(store, file);
    find_file(store, "CURRENT", "", file, sizeof file);
    damage(file, 0, "nonsense");
    expect_corrupt(store, file);
    assert_int_equal(truncate(file, 0), 0);
    expect_corrupt(store, file);
    assert_int_equal(unlink(file), 0);
    expect_corrupt(store, file);
}

static void test_truncated_or_missing_table(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "", ".sst", file, sizeof file);
    assert_int_equal(truncate(file, size_of(file) / 2), 0);
    expect_corrupt(store, file);
    assert_int_equal(unlink(file), 0);
    *strrchr(file, '.') = '\0';
    expect_corrupt(store, file);
}

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

static void test_damage_inside_the_log_is_refused(void **state)
{
    struct store *store = *state;
    char file[512];
    make_log(store);
    find_file(store, "", ".log", file, sizeof file);
    damage(file, size_of(file) / 2, "damage");
    expect_corrupt(store, file);
}

static void test_missing_log_is_refused(void **state)
{
    struct store *store = *state;
    char file[512];
    make_log(store);
    find_file(store, "", ".log", file, sizeof file);
    assert_int_equal(unlink(file), 0);
    expect_corrupt(store, "*.log");
}

static void expect_all_but_the_last(struct store *store)
{
    char key[16];
    store_open(store);
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
    char format[STORE_PATH_BYTES + 16];
    store_open(store);
    store_close(store);
    snprintf(format, sizeof format, "%s/FORMAT", store->dir);
    assert_int_equal(unlink(format), 0);
    store_open(store);
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
        ON(test_damaged_current_or_manifest),
        ON(test_truncated_or_missing_table),
        ON(test_damaged_block_fails_its_reads_only),
        ON(test_damage_inside_the_log_is_refused),
        ON(test_missing_log_is_refused),
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
