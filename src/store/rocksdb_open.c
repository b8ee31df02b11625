#include "store/rocksdb_open.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "store/dir.h"
#include "store/rocksdb_explain.h"
#include "store/rocksdb_options.h"
#include "store/space.h"
#include "store/wal.h"

/* Returns RocksDB's error text, to be freed, or NULL. */
static char *try_open(struct rocksdb_engine *engine, const char *path, size_t cache_bytes, bool create, int recovery)
{
    struct rocksdb_settings settings;
    char *error = NULL;
    rocksdb_settings_init(&settings, cache_bytes, create, recovery);
    engine->db =
        rocksdb_open_column_families(settings.database, path, FAMILY_COUNT, rocksdb_family_names,
                                     (const rocksdb_options_t *const *)settings.families, engine->families, &error);
    rocksdb_settings_done(&settings);
    return error;
}

/* RocksDB refused because of some file. If that is a log whose last commit is torn, leave that commit out: nobody was
 * told that it had been made (wal.h). Takes `error`; returns the one that stands, or NULL once it is open. */
static char *open_without_torn_end(struct rocksdb_engine *engine, size_t cache_bytes, char *error)
{
    struct wal_verdict verdict;
    char text[ROCKSDB_TROUBLE_BYTES];
    if (rocksdb_error_code(error) != GR_ECORRUPT || wal_examine_dir(engine->path, &verdict) != 0 ||
        verdict.state != WAL_TORN) {
        return error;
    }
    rocksdb_free(error);
    snprintf(text, sizeof text, "the last commit in %.400s was torn at byte %" PRIu64 " and has been left out",
             verdict.file, verdict.offset);
    rocksdb_keep_trouble(engine, text);
    return try_open(engine, engine->path, cache_bytes, false, rocksdb_point_in_time_recovery);
}

static int recover(struct rocksdb_engine *engine, size_t cache_bytes, bool is_new, char *error_text, size_t error_size)
{
    char *error = try_open(engine, engine->path, cache_bytes, is_new, rocksdb_tolerate_corrupted_tail_records_recovery);
    if (error != NULL) {
        error = open_without_torn_end(engine, cache_bytes, error);
    }
    if (error == NULL) {
        return 0;
    }
    int status = rocksdb_explain_open(engine->path, error, error_text, error_size);
    rocksdb_free(error);
    return status;
}

/* RocksDB takes a missing log for an empty one; but there has been at least one ever since the database was made. */
static int check_log_exists(const struct rocksdb_engine *engine, char *error_text, size_t error_size)
{
    if (wal_count(engine->path) != 0) {
        return 0;
    }
    snprintf(error_text, error_size,
             "the log is missing: there is no file *.log in %s; restore the data directory from a backup, or move it "
             "away and let the node join again as a new one",
             engine->path);
    return GR_ECORRUPT;
}

static int check_dir(struct rocksdb_engine *engine, const char *dir, char *error_text, size_t error_size,
                     bool *ret_is_new)
{
    int status = dir_prepare(dir, error_text, error_size, ret_is_new);
    if (status != 0) {
        return status;
    }
    if (snprintf(engine->path, sizeof engine->path, "%s/rocksdb", dir) >= (int)sizeof engine->path) {
        return dir_explain_errno(dir, ENAMETOOLONG, error_text, error_size);
    }
    if (!space_is_left_to_open(dir)) {
        return dir_explain_errno(dir, ENOSPC, error_text, error_size);
    }
    return *ret_is_new ? 0 : check_log_exists(engine, error_text, error_size);
}

int rocksdb_open_database(struct rocksdb_engine *engine, const struct engine_options *options, char *error_text,
                          size_t error_size)
{
    bool is_new = false;
    int status = check_dir(engine, options->dir, error_text, error_size, &is_new);
    if (status == 0) {
        status = recover(engine, options->cache_bytes, is_new, error_text, error_size);
    }
    if (status == 0 && is_new) {
        status = dir_mark_created(options->dir, error_text, error_size);
    }
    return status;
}

void rocksdb_close_database(struct rocksdb_engine *engine)
{
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        if (engine->families[i] != NULL) {
            rocksdb_column_family_handle_destroy(engine->families[i]);
        }
    }
    if (engine->db != NULL) {
        rocksdb_close(engine->db);
    }
}
