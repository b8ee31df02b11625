#include "store_test.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "store/salvage.h"

/* Only its directory is used. */
static int make(void **state)
{
    struct store *store = malloc(sizeof *store);
    char path[STORE_PATH_BYTES + 16];
    store_init(store, ENGINE_ROCKSDB, ENGINE_SYNC);
    snprintf(path, sizeof path, "%s/rocksdb", store->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    *state = store;
    return 0;
}

static int drop(void **state)
{
    store_done(*state);
    free(*state);
    return 0;
}

static void make_file(struct store *store, const char *name)
{
    char path[STORE_PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", store->dir, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void remove_file(struct store *store, const char *name)
{
    char path[STORE_PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", store->dir, name);
    assert_int_equal(unlink(path), 0);
}

static bool exists(struct store *store, const char *name)
{
    char path[STORE_PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", store->dir, name);
    return access(path, F_OK) == 0;
}

static void test_state_and_text_are_kept_until_forgotten(void **state)
{
    struct store *store = *state;
    struct salvage salvage, found;
    char error[256];
    assert_int_equal(salvage_load(store->dir, &salvage, error, sizeof error), 0);
    assert_int_equal(salvage.state, SALVAGE_NONE);
    for (enum salvage_state each = SALVAGE_WANTED; each <= SALVAGE_DONE; each++) {
        salvage = (struct salvage){.state = each, .text = "what has happened"};
        assert_int_equal(salvage_save(store->dir, &salvage, error, sizeof error), 0);
        assert_int_equal(salvage_load(store->dir, &found, error, sizeof error), 0);
        assert_int_equal(found.state, each);
        assert_string_equal(found.text, "what has happened");
    }
    assert_int_equal(salvage_forget(store->dir, error, sizeof error), 0);
    assert_int_equal(salvage_forget(store->dir, error, sizeof error), 0);
    assert_int_equal(salvage_load(store->dir, &found, error, sizeof error), 0);
    assert_int_equal(found.state, SALVAGE_NONE);
}

static void test_nonsense_asks_for_a_repair(void **state)
{
    struct store *store = *state;
    struct salvage found;
    char error[256];
    make_file(store, "SALVAGE");
    assert_int_equal(salvage_load(store->dir, &found, error, sizeof error), 0);
    assert_int_equal(found.state, SALVAGE_REPAIRING);
}

static void test_texts_are_told_newest_first_and_bounded(void **state)
{
    (void)state;
    struct salvage salvage = {.state = SALVAGE_DONE};
    char longest[2 * SALVAGE_TEXT_BYTES];
    salvage_tell(&salvage, "first");
    assert_string_equal(salvage.text, "first");
    salvage_tell(&salvage, "second");
    assert_string_equal(salvage.text, "second; first");
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    salvage_tell(&salvage, longest);
    assert_int_equal(strlen(salvage.text), SALVAGE_TEXT_BYTES - 1);
    salvage_tell(&salvage, "last");
    assert_int_equal(strlen(salvage.text), SALVAGE_TEXT_BYTES - 1);
    assert_memory_equal(salvage.text, "last; xxx", 9);
}

static void test_what_the_database_keeps_is_not_aside(void **state)
{
    struct store *store = *state;
    char place[PATH_MAX], error[256], names[256];
    static const char *const files[] = {"1.sst", "2.sst", "3.log", "CURRENT", "MANIFEST-4", "LOCK", "LOG"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "rocksdb/%s", files[i]);
        make_file(store, name);
    }
    assert_int_equal(salvage_put_aside(store->dir, place, sizeof place, error, sizeof error), 0);
    assert_true(exists(store, "quarantine/1/1.sst") && exists(store, "quarantine/1/3.log"));
    assert_true(exists(store, "quarantine/1/CURRENT") && exists(store, "quarantine/1/MANIFEST-4"));
    assert_false(exists(store, "quarantine/1/LOCK") || exists(store, "quarantine/1/LOG"));
    remove_file(store, "rocksdb/2.sst");
    remove_file(store, "rocksdb/CURRENT");
    make_file(store, "rocksdb/CURRENT"); /* another one */
    assert_int_equal(salvage_tidy(store->dir, error, sizeof error), 0);
    assert_true(exists(store, "rocksdb/1.sst") && !exists(store, "quarantine/1/1.sst"));
    assert_true(exists(store, "quarantine/1/2.sst") && exists(store, "quarantine/1/CURRENT"));
    salvage_list(store->dir, names, sizeof names);
    assert_non_null(strstr(names, " 2.sst"));
    assert_null(strstr(names, "1.sst"));
}

static void test_what_a_repair_lays_by_is_aside_too(void **state)
{
    struct store *store = *state;
    char place[PATH_MAX], error[256], path[STORE_PATH_BYTES + 64], to[STORE_PATH_BYTES + 64];
    make_file(store, "rocksdb/1.sst");
    assert_int_equal(salvage_put_aside(store->dir, place, sizeof place, error, sizeof error), 0);
    assert_int_equal(salvage_put_aside(store->dir, place, sizeof place, error, sizeof error), 0);
    snprintf(path, sizeof path, "%s/rocksdb/lost", store->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    make_file(store, "rocksdb/lost/5.log");
    snprintf(path, sizeof path, "%s/rocksdb/1.sst", store->dir);
    snprintf(to, sizeof to, "%s/rocksdb/lost/1.sst", store->dir);
    assert_int_equal(rename(path, to), 0);
    assert_int_equal(salvage_tidy(store->dir, error, sizeof error), 0);
    assert_true(exists(store, "quarantine/2/1.sst") && exists(store, "quarantine/2/5.log"));
    assert_false(exists(store, "rocksdb/lost/1.sst") || exists(store, "rocksdb/lost/5.log"));
}

#define ON(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(test_state_and_text_are_kept_until_forgotten), ON(test_nonsense_asks_for_a_repair),
        ON(test_texts_are_told_newest_first_and_bounded), ON(test_what_the_database_keeps_is_not_aside),
        ON(test_what_a_repair_lays_by_is_aside_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
