/* The RocksDB engine put together: its parts are opened in order, and closed in the reverse one. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "store/rocksdb_impl.h"
#include "store/rocksdb_open.h"
#include "store/space.h"
#include "store/wal.h"

static uint64_t count_commits(struct engine *engine)
{
    return atomic_load_explicit(&rocksdb_engine_of(engine)->committer.commits, memory_order_relaxed);
}

static void copy_trouble(struct engine *engine, char *ret_text, size_t text_size)
{
    struct trouble *trouble = &rocksdb_engine_of(engine)->trouble;
    pthread_mutex_lock(&trouble->lock);
    snprintf(ret_text, text_size, "%s", trouble->text);
    pthread_mutex_unlock(&trouble->lock);
}

static bool was_salvaged(struct engine *engine, char *ret_text, size_t text_size)
{
    struct rocksdb_engine *rocksdb = rocksdb_engine_of(engine);
    pthread_mutex_lock(&rocksdb->trouble.lock);
    snprintf(ret_text, text_size, "%s", rocksdb->was_salvaged ? rocksdb->salvage.text : "");
    pthread_mutex_unlock(&rocksdb->trouble.lock);
    return rocksdb->was_salvaged;
}

static int want_salvage(struct engine *engine, const char *why)
{
    return rocksdb_want_repair(rocksdb_engine_of(engine), why);
}

/* A repair that has been asked for meanwhile stays so. */
static int end_salvage(struct engine *engine)
{
    struct rocksdb_engine *rocksdb = rocksdb_engine_of(engine);
    char text[ROCKSDB_TROUBLE_BYTES];
    int status = 0;
    pthread_mutex_lock(&rocksdb->trouble.lock);
    if (rocksdb->salvage.state == SALVAGE_DONE) {
        status = salvage_forget(rocksdb->dir, text, sizeof text);
        rocksdb->salvage.state = status == 0 ? SALVAGE_NONE : SALVAGE_DONE;
    }
    pthread_mutex_unlock(&rocksdb->trouble.lock);
    if (status != 0) {
        rocksdb_keep_trouble(rocksdb, text);
        return status;
    }
    rocksdb->was_salvaged = false;
    return 0;
}

/* An opening writes out what is in the log, and begins a log and a list of tables. */
static uint64_t reopen_bytes(struct engine *engine)
{
    struct rocksdb_engine *rocksdb = rocksdb_engine_of(engine);
    if (atomic_load_explicit(&rocksdb->failure, memory_order_relaxed) != GR_ENOSPC) {
        return 0;
    }
    return space_to_begin(rocksdb->path) + wal_bytes(rocksdb->path);
}

static void free_io_options(struct rocksdb_engine *engine)
{
    rocksdb_readoptions_destroy(engine->read_cached);
    rocksdb_readoptions_destroy(engine->read_blocking);
    rocksdb_writeoptions_destroy(engine->write_durable);
    rocksdb_writeoptions_destroy(engine->write_commit);
}

static void make_io_options(struct rocksdb_engine *engine, enum engine_durability durability)
{
    enum { BLOCK_CACHE_TIER = 1 };
    engine->read_cached = rocksdb_readoptions_create();
    rocksdb_readoptions_set_read_tier(engine->read_cached, BLOCK_CACHE_TIER);
    engine->read_blocking = rocksdb_readoptions_create();
    engine->write_durable = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(engine->write_durable, 1);
    engine->write_commit = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(engine->write_commit, durability == ENGINE_SYNC);
}

/* A clean stop leaves nothing for the kernel to lose, buffered or not. A broken log is left alone: syncing one that
 * failed to be written ends the process in RocksDB 7.8 (an assertion), and what was acknowledged is in it already. */
static void sync_log(struct rocksdb_engine *engine)
{
    char *error = NULL;
    if (engine->db == NULL || atomic_load_explicit(&engine->failure, memory_order_relaxed) != 0) {
        return;
    }
    rocksdb_flush_wal(engine->db, 1, &error);
    rocksdb_free(error);
}

static void close_engine(struct engine *engine)
{
    struct rocksdb_engine *rocksdb = rocksdb_engine_of(engine);
    readers_stop(rocksdb);
    committer_stop(rocksdb);
    wal_syncer_stop(rocksdb);
    sync_log(rocksdb);
    rocksdb_close_database(rocksdb);
    free_io_options(rocksdb);
    leaf_keeper_done(&rocksdb->keeper);
    pthread_mutex_destroy(&rocksdb->trouble.lock);
    engine_done(engine);
    free(rocksdb);
}

static const struct engine_vtable rocksdb_vtable = {
    .close = close_engine,
    .get = rocksdb_get_cached,
    .get_later = rocksdb_get_blocking,
    .page = rocksdb_page,
    .submit = rocksdb_submit_write,
    .flush = rocksdb_flush_writes,
    .scan = rocksdb_scan_slot,
    .meta_put = rocksdb_put_record,
    .meta_get = rocksdb_get_record,
    .commits = count_commits,
    .was_salvaged = was_salvaged,
    .want_salvage = want_salvage,
    .salvage_done = end_salvage,
    .reopen_bytes = reopen_bytes,
    .trouble = copy_trouble,
};

static int start_parts(struct rocksdb_engine *engine, enum engine_durability durability)
{
    int status = committer_start(engine);
    if (status == 0) {
        status = readers_start(engine);
    }
    if (status == 0 && durability == ENGINE_BUFFERED) {
        status = wal_syncer_start(engine);
    }
    return status;
}

int rocksdb_engine_open(const struct engine_options *options, char *error_text, size_t error_size, struct engine **ret)
{
    struct rocksdb_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL || engine_init(&engine->base, &rocksdb_vtable, options) != 0) {
        free(engine);
        return GR_ENOMEM;
    }
    engine->is_live = options->is_live;
    pthread_mutex_init(&engine->trouble.lock, NULL);
    make_io_options(engine, options->durability);
    int status = leaf_keeper_init(&engine->keeper);
    if (status == 0) {
        status = rocksdb_open_database(engine, options, error_text, error_size);
    }
    if (status == 0) {
        status = start_parts(engine, options->durability);
    }
    if (status != 0) {
        close_engine(&engine->base);
        return status;
    }
    *ret = &engine->base;
    return 0;
}
