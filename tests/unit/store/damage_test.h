/* A store with known content, files that are damaged, and what is expected of the next opening. */
#ifndef GR_TEST_DAMAGE_H
#define GR_TEST_DAMAGE_H

#include "store_test.h"

#include "store/key.h"
#include "store/rocksdb_options.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { WRITES = 300, VALUE_BYTES = 400 };

static inline int make(void **state)
{
    struct store *store = malloc(sizeof *store);
    store_init(store, ENGINE_ROCKSDB, ENGINE_SYNC);
    *state = store;
    return 0;
}

static inline int drop(void **state)
{
    store_done(*state);
    free(*state);
    return 0;
}

static inline void write_key(char ret[16], unsigned number)
{
    snprintf(ret, 16, "k%u", number);
}

static inline void write_value(char ret[VALUE_BYTES + 1], unsigned number)
{
    memset(ret, 'v', VALUE_BYTES);
    ret[VALUE_BYTES] = '\0';
    ret[number % VALUE_BYTES] = (char)('a' + number % 20);
}

/* With the change of its leaf, as the core does it. */
static inline int put_one(struct store *store, unsigned number)
{
    char key[16], value[VALUE_BYTES + 1];
    struct engine_completion completion;
    write_key(key, number);
    write_value(value, number);
    struct blob *blob = blob_copy(bytes_of_text(value));
    struct engine_write write = {.at = {0, 1, bytes_of_text(key)},
                                 .value = blob,
                                 .live_delta = 1,
                                 .leaf_delta = leaf_digest(blob_bytes(blob)),
                                 .clock = number + 1};
    assert_int_equal(engine_submit(store->engine, &write), 0);
    blob_unref(blob);
    engine_flush(store->engine);
    store_complete(store, &completion, 1);
    return completion.status;
}

/* One commit a write, so that the log has many records. */
static inline void put_all(struct store *store)
{
    assert_int_equal(engine_meta_put(store->engine, "identity", bytes_of_text("me")), 0);
    for (unsigned i = 0; i < WRITES; i++) {
        assert_int_equal(put_one(store, i), 0);
    }
}

/* Data in the log only. */
static inline void make_log(struct store *store)
{
    store_open(store);
    put_all(store);
    store_close(store);
}

/* Data in a table only: opening writes out what the log held. */
static inline void make_table(struct store *store)
{
    make_log(store);
    store_reopen(store);
    store_close(store);
}

/* The largest file of the database whose name begins and ends so. */
static inline void find_file(struct store *store, const char *prefix, const char *suffix, char *ret, size_t size)
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

static inline off_t size_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

/* Overwrite bytes; a negative place counts from the end. */
static inline void damage(const char *path, off_t place, const char *bytes)
{
    int fd = open(path, O_WRONLY);
    off_t at = place < 0 ? size_of(path) + place : place;
    assert_int_equal(pwrite(fd, bytes, strlen(bytes), at), strlen(bytes));
    close(fd);
}

static inline void expect_refused(struct store *store, int error, const char *file, const char *advice)
{
    char text[1024];
    assert_int_equal(store_try_open(store, text, sizeof text), error);
    if (strstr(text, file) == NULL || strstr(text, advice) == NULL) {
        fail_msg("neither %s nor %s in: %s", file, advice, text);
    }
}

static inline void expect_corrupt(struct store *store, const char *file)
{
    expect_refused(store, GR_ECORRUPT, file, "backup");
}

/* How many keys are there; none may be anything but what was written. */
static inline unsigned count_found(struct store *store)
{
    unsigned found = 0;
    for (unsigned i = 0; i < WRITES; i++) {
        char key[16], value[VALUE_BYTES + 1];
        struct blob *blob = NULL;
        int status = 0;
        write_key(key, i);
        write_value(value, i);
        enum engine_result result = store_get(store, 1, key, &blob, &status);
        assert_int_not_equal(result, ENGINE_FAILED);
        if (result == ENGINE_FOUND) {
            assert_true(bytes_equal(blob_bytes(blob), bytes_of_text(value)));
            found++;
        }
        blob_unref(blob);
    }
    return found;
}

static inline void expect_identity(struct store *store)
{
    struct buffer buffer;
    buffer_init(&buffer, 100);
    assert_int_equal(engine_meta_get(store->engine, "identity", &buffer), 0);
    assert_true(bytes_equal(buffer_bytes(&buffer), bytes_of_text("me")));
    buffer_done(&buffer);
}

static inline void expect_not_salvaged(struct store *store)
{
    char text[1024];
    assert_false(engine_was_salvaged(store->engine, text, sizeof text));
    assert_string_equal(text, "");
}

#endif
