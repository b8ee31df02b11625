/* What the tests of this room share: an engine in a directory of its own, and waiting for completions. */
#ifndef GR_TEST_STORE_H
#define GR_TEST_STORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "store/engine.h"

#define STORE_WAIT_S 30
#define STORE_PATH_BYTES 256

struct store {
    char dir[STORE_PATH_BYTES];
    struct engine_options options;
    struct engine *engine;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    unsigned wakes;
};

static inline void store_wake(void *context)
{
    struct store *store = context;
    pthread_mutex_lock(&store->lock);
    store->wakes++;
    pthread_cond_signal(&store->woken);
    pthread_mutex_unlock(&store->lock);
}

static inline int store_try_open(struct store *store, char *error_text, size_t error_size)
{
    return engine_open(&store->options, error_text, error_size, &store->engine);
}

static inline void store_open(struct store *store)
{
    char error_text[1024];
    if (store_try_open(store, error_text, sizeof error_text) != 0) {
        fail_msg("%s", error_text);
    }
}

static inline void store_close(struct store *store)
{
    engine_close(store->engine);
    store->engine = NULL;
}

static inline void store_reopen(struct store *store)
{
    store_close(store);
    store_open(store);
}

/* A fresh directory; nothing is opened yet. */
static inline void store_init(struct store *store, enum engine_kind kind, enum engine_durability durability)
{
    const char *parent = getenv("TMPDIR");
    *store = (struct store){.wakes = 0};
    snprintf(store->dir, sizeof store->dir, "%s/gramme-store-XXXXXX", parent == NULL ? "/tmp" : parent);
    assert_non_null(mkdtemp(store->dir));
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->woken, NULL);
    store->options = (struct engine_options){.kind = kind,
                                             .durability = durability,
                                             .dir = store->dir,
                                             .pending_max = 100000,
                                             .wake = store_wake,
                                             .wake_context = store};
}

static inline int store_remove_entry(const char *path, const struct stat *info, int flag, struct FTW *walk)
{
    (void)info;
    (void)flag;
    (void)walk;
    return remove(path);
}

static inline void store_done(struct store *store)
{
    store_close(store);
    nftw(store->dir, store_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    pthread_cond_destroy(&store->woken);
    pthread_mutex_destroy(&store->lock);
}

/* Sleep until the engine has woken us; fails the test after STORE_WAIT_S. */
static inline void store_wait(struct store *store)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += STORE_WAIT_S;
    int result = 0;
    pthread_mutex_lock(&store->lock);
    while (store->wakes == 0 && result == 0) {
        result = pthread_cond_timedwait(&store->woken, &store->lock, &end);
    }
    store->wakes = 0;
    pthread_mutex_unlock(&store->lock);
    assert_int_equal(result, 0);
}

/* The next `count` completions, in order. */
static inline void store_complete(struct store *store, struct engine_completion *ret, unsigned count)
{
    unsigned have = engine_poll(store->engine, ret, count);
    while (have < count) {
        store_wait(store);
        have += engine_poll(store->engine, ret + have, count - have);
    }
}

/* Submit one write; returns what engine_submit said. */
static inline int store_submit(struct store *store, uint64_t token, uint16_t slot, const char *key, const char *value,
                               int8_t live_delta, uint64_t clock)
{
    struct blob *blob = blob_copy(bytes_of_text(value));
    struct engine_write write = {
        .token = token, .at = {0, slot, bytes_of_text(key)}, .value = blob, .live_delta = live_delta, .clock = clock};
    int status = engine_submit(store->engine, &write);
    blob_unref(blob);
    return status;
}

/* Write and wait; returns the completion's status. */
static inline int store_put(struct store *store, uint16_t slot, const char *key, const char *value, int8_t live_delta,
                            uint64_t clock)
{
    struct engine_completion completion;
    assert_int_equal(store_submit(store, 1, slot, key, value, live_delta, clock), 0);
    engine_flush(store->engine);
    store_complete(store, &completion, 1);
    assert_int_equal(completion.kind, ENGINE_WRITTEN);
    return completion.status;
}

/* Any write, waited for; a `text` of NULL removes. Returns the completion's status. */
static inline int store_write(struct store *store, struct engine_key at, const char *text, int8_t live_delta,
                              uint64_t leaf_delta)
{
    struct engine_completion completion;
    struct blob *blob = text == NULL ? NULL : blob_copy(bytes_of_text(text));
    struct engine_write write = {
        .token = 3, .at = at, .value = blob, .live_delta = live_delta, .leaf_delta = leaf_delta, .clock = 1};
    assert_int_equal(engine_submit(store->engine, &write), 0);
    blob_unref(blob);
    engine_flush(store->engine);
    store_complete(store, &completion, 1);
    assert_int_equal(completion.kind, ENGINE_WRITTEN);
    assert_int_equal(completion.token, 3);
    return completion.status;
}

/* Scan and wait; the page is the caller's. */
static inline struct page *store_page(struct store *store, const struct engine_scan *scan)
{
    struct engine_completion completion;
    assert_int_equal(engine_page(store->engine, scan), 0);
    store_complete(store, &completion, 1);
    assert_int_equal(completion.kind, ENGINE_SCANNED);
    assert_int_equal(completion.token, scan->token);
    assert_int_equal(completion.status, 0);
    assert_non_null(completion.page);
    return completion.page;
}

/* Read, blocking if need be. */
static inline enum engine_result store_get_at(struct store *store, struct engine_key at, struct blob **ret,
                                              int *ret_status)
{
    enum engine_result result = engine_get(store->engine, &at, ret, ret_status);
    if (result != ENGINE_FAILED || *ret_status != GR_EAGAIN) {
        return result;
    }
    struct engine_completion completion;
    assert_int_equal(engine_get_later(store->engine, 2, &at), 0);
    store_complete(store, &completion, 1);
    assert_int_equal(completion.kind, ENGINE_READ);
    *ret = completion.value;
    *ret_status = completion.status;
    return completion.result;
}

static inline enum engine_result store_get(struct store *store, uint16_t slot, const char *key, struct blob **ret,
                                           int *ret_status)
{
    return store_get_at(store, (struct engine_key){0, slot, bytes_of_text(key)}, ret, ret_status);
}

/* It is exactly this text; NULL: it is absent. */
static inline void store_expect_at(struct store *store, struct engine_key at, const char *value)
{
    struct blob *blob = NULL;
    int status = 0;
    enum engine_result result = store_get_at(store, at, &blob, &status);
    assert_int_equal(result, value == NULL ? ENGINE_ABSENT : ENGINE_FOUND);
    if (value != NULL) {
        assert_true(bytes_equal(blob_bytes(blob), bytes_of_text(value)));
    }
    blob_unref(blob);
}

static inline void store_expect(struct store *store, uint16_t slot, const char *key, const char *value)
{
    store_expect_at(store, (struct engine_key){0, slot, bytes_of_text(key)}, value);
}

#endif
