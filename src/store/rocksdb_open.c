#include "store/rocksdb_open.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/dir.h"
#include "store/rocksdb_explain.h"
#include "store/rocksdb_options.h"
#include "store/space.h"
#include "store/wal.h"

char *rocksdb_try_open(struct rocksdb_engine *engine, const struct rocksdb_opening *opening)
{
    struct rocksdb_settings settings;
    char *error = NULL;
    rocksdb_settings_init(&settings, opening->cache_bytes, opening->create, opening->recovery);
    rocksdb_options_set_paranoid_checks(settings.database, !opening->tolerant);
    for (unsigned i = 0; i < FAMILY_COUNT && opening->tolerant; i++) {
        rocksdb_options_set_disable_auto_compactions(settings.families[i], 1);
    }
    engine->db =
        rocksdb_open_column_families(settings.database, engine->path, FAMILY_COUNT, rocksdb_family_names,
                                     (const rocksdb_options_t *const *)settings.families, engine->families, &error);
    rocksdb_settings_done(&settings);
    return error;
}

void rocksdb_close_database(struct rocksdb_engine *engine)
{
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        if (engine->families[i] != NULL) {
            rocksdb_column_family_handle_destroy(engine->families[i]);
            engine->families[i] = NULL;
        }
    }
    if (engine->db != NULL) {
        rocksdb_close(engine->db);
        engine->db = NULL;
    }
    rocksdb_forget_state(engine);
}

/* RocksDB refused because of some file. If that is a log whose last commit is torn, leave that commit out: nobody was
 * told that it had been made (wal.h). Takes `error`; returns the one that stands, or NULL once it is open. */
static char *open_without_torn_end(struct rocksdb_engine *engine, struct rocksdb_opening opening, char *error)
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
    opening.recovery = rocksdb_point_in_time_recovery;
    return rocksdb_try_open(engine, &opening);
}

static int recover(struct rocksdb_engine *engine, const struct rocksdb_opening *opening, char *error_text,
                   size_t error_size)
{
    char *error = rocksdb_try_open(engine, opening);
    if (error != NULL && opening->recovery == rocksdb_tolerate_corrupted_tail_records_recovery) {
        error = open_without_torn_end(engine, *opening, error);
    }
    if (error == NULL) {
        return 0;
    }
    rocksdb_keep_trouble(engine, error);
    int status = rocksdb_explain_open(engine->path, error, error_text, error_size);
    rocksdb_free(error);
    return status;
}

/* RocksDB takes a missing log for an empty one; but there has been at least one ever since the database was made. */
static int check_log_exists(struct rocksdb_engine *engine, char *error_text, size_t error_size)
{
    char why[ROCKSDB_TROUBLE_BYTES];
    if (wal_count(engine->path) != 0) {
        return 0;
    }
    snprintf(why, sizeof why, "the log is missing: there is no file *.log in %.400s", engine->path);
    rocksdb_keep_trouble(engine, why);
    snprintf(error_text, error_size, "%s; " DIR_ADVICE, why);
    return GR_ECORRUPT;
}

static int load(struct rocksdb_engine *engine, char *error_text, size_t error_size)
{
    int status = rocksdb_load_state(engine);
    if (status == 0 && engine->salvage.state == SALVAGE_RECOUNT) {
        status = rocksdb_recount(engine, RECOUNT_ALL);
    } else if (status == 0 && engine->version == 1) {
        status = rocksdb_recount(engine, RECOUNT_LEAVES);
    }
    if (status != 0) {
        snprintf(error_text, error_size, "cannot read the database in %s: %s; " DIR_ADVICE, engine->path,
                 engine->trouble.text[0] != '\0' ? engine->trouble.text : "a record of the engine is malformed");
    }
    return status;
}

static int attempt(struct rocksdb_engine *engine, const struct engine_options *options,
                   const struct rocksdb_attempts *attempts, char *error_text, size_t error_size)
{
    struct rocksdb_opening opening = {.cache_bytes = options->cache_bytes,
                                      .create = engine->version == 0,
                                      .recovery = attempts->log_is_given_up
                                                      ? rocksdb_skip_any_corrupted_records_recovery
                                                      : rocksdb_tolerate_corrupted_tail_records_recovery};
    int status = 0;
    if (engine->version != 0 && engine->salvage.state != SALVAGE_RECOUNT) {
        status = check_log_exists(engine, error_text, error_size);
    }
    if (status == 0) {
        status = recover(engine, &opening, error_text, error_size);
    }
    return status == 0 ? load(engine, error_text, error_size) : status;
}

/* Whoever opens in vain is told as well what has been tried, and where the files are. */
static void tell_of_salvage(const struct rocksdb_engine *engine, const struct rocksdb_attempts *attempts,
                            char *error_text, size_t error_size)
{
    size_t len = strlen(error_text);
    if ((attempts->repaired || attempts->log_is_given_up) && len < error_size) {
        snprintf(error_text + len, error_size - len, " (%s)", engine->salvage.text);
    }
}

/* Attempts until it is open or nothing is left to try. `bad_table`: why tables are missing at first, or empty. */
static int open_or_salvage(struct rocksdb_engine *engine, const struct engine_options *options, const char *bad_table,
                           char *error_text, size_t error_size)
{
    struct rocksdb_attempts attempts = {0};
    bool must_repair = engine->salvage.state == SALVAGE_WANTED || engine->salvage.state == SALVAGE_REPAIRING;
    int status = must_repair ? GR_ECORRUPT : attempt(engine, options, &attempts, error_text, error_size);
    while (status != 0) {
        char why[ROCKSDB_TROUBLE_BYTES];
        snprintf(why, sizeof why, "%s", bad_table[0] != '\0' ? bad_table : engine->trouble.text);
        bad_table = "";
        rocksdb_close_database(engine);
        status = rocksdb_salvage(engine, status, why, &attempts, error_text, error_size);
        if (status != 0) {
            tell_of_salvage(engine, &attempts, error_text, error_size);
            return status;
        }
        status = attempt(engine, options, &attempts, error_text, error_size);
    }
    return 0;
}

/* A repair that was cut short comes before any opening; one that was asked for by the last run may as well. */
static int open_at_last(struct rocksdb_engine *engine, const struct engine_options *options, char *error_text,
                        size_t error_size)
{
    char bad_table[ROCKSDB_TROUBLE_BYTES];
    int status = rocksdb_lay_by_tables(engine, bad_table, sizeof bad_table, error_text, error_size);
    return status == 0 ? open_or_salvage(engine, options, bad_table, error_text, error_size) : status;
}

/* A new directory: before anything is written, and before anybody counts on this node. */
static int check_room(const struct rocksdb_engine *engine, const char *dir, char *error_text, size_t error_size)
{
    uint64_t left = space_left(dir);
    uint64_t needed = space_to_begin(dir);
    if (engine->version != 0) {
        return space_is_left_to_open(dir) ? 0 : dir_explain_errno(dir, ENOSPC, error_text, error_size);
    }
    if (left > needed) {
        return 0;
    }
    snprintf(error_text, error_size,
             "cannot use %s: a new data directory needs %" PRIu64 " MB, and its disk has %" PRIu64
             " MB left; free some space, or choose another data directory",
             dir, needed >> 20, left >> 20);
    return GR_ENOSPC;
}

static int check_dir(struct rocksdb_engine *engine, const char *dir, char *error_text, size_t error_size)
{
    int status = dir_prepare(dir, error_text, error_size, &engine->version);
    if (status != 0) {
        return status;
    }
    if (snprintf(engine->dir, sizeof engine->dir, "%s", dir) >= (int)sizeof engine->dir ||
        snprintf(engine->path, sizeof engine->path, "%s/rocksdb", dir) >= (int)sizeof engine->path) {
        return dir_explain_errno(dir, ENAMETOOLONG, error_text, error_size);
    }
    status = check_room(engine, dir, error_text, error_size);
    return status == 0 ? salvage_load(dir, &engine->salvage, error_text, error_size) : status;
}

int rocksdb_open_database(struct rocksdb_engine *engine, const struct engine_options *options, char *error_text,
                          size_t error_size)
{
    int status = check_dir(engine, options->dir, error_text, error_size);
    if (status == 0) {
        status = open_at_last(engine, options, error_text, error_size);
    }
    if (status == 0 && engine->version != DIR_FORMAT_VERSION) {
        status = dir_mark_complete(options->dir, error_text, error_size);
    }
    return status == 0 ? rocksdb_end_salvage(engine, error_text, error_size) : status;
}
