/* Opening nevertheless, when files are bad. What cannot be read is put aside (salvage.h); replicas have the objects.
 *
 *   damaged log   it is read once more, passing over the bad records; the damaged file stays aside
 *   missing log   what it held is lost; the rest opens
 *   other files   the database is opened once with its bad tables unread, so that the log is not lost with the list of
 *                 its families; then RocksDB's repair makes a new list of the tables that can be read from end to end
 *
 * After a repair all tables lie in one level, ordered by their newest record: of an object that was written often an
 * older one may be found. So everything is compared with the replicas, not only what is missing.
 *
 * The family of identity and membership must be whole: if it has lost its mark (rocksdb_impl.h), the opening fails.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/dir.h"
#include "store/rocksdb_open.h"
#include "store/rocksdb_options.h"
#include "store/wal.h"

/* Sectors that a disk cannot read any more are as bad as a wrong checksum. */
static bool is_bad_file(int status, const char *why)
{
    return status == GR_ECORRUPT || (status == GR_EIO && strstr(why, "Input/output error") != NULL);
}

/* Is it the log? Then `ret_why` says more. */
static bool is_log_bad(const struct rocksdb_engine *engine, char *ret_why, size_t size)
{
    struct wal_verdict verdict;
    int status = wal_examine_dir(engine->path, &verdict);
    if (status == 0 && verdict.state == WAL_DAMAGED) {
        snprintf(ret_why, size, "the log %.300s is damaged at byte %" PRIu64, verdict.file, verdict.offset);
    }
    return status == GR_ENOENT || (status == 0 && verdict.state == WAL_DAMAGED);
}

/* Bring what the log holds into tables, while it is still known which family is which. A database that cannot be opened
 * even so keeps its log for the repair. */
static void write_out_log(struct rocksdb_engine *engine)
{
    struct rocksdb_opening opening = {.tolerant = true, .recovery = rocksdb_skip_any_corrupted_records_recovery};
    rocksdb_free(rocksdb_try_open(engine, &opening));
    rocksdb_close_database(engine);
}

static int repair(struct rocksdb_engine *engine, char *error_text, size_t error_size)
{
    struct rocksdb_settings settings;
    char *error = NULL;
    rocksdb_settings_init(&settings, 0, true, rocksdb_skip_any_corrupted_records_recovery);
    rocksdb_options_set_uint64add_merge_operator(settings.database);
    rocksdb_repair_db(settings.database, engine->path, &error);
    rocksdb_settings_done(&settings);
    if (error == NULL) {
        return 0;
    }
    int status = rocksdb_error_code(error);
    snprintf(error_text, error_size, "cannot repair the database in %s: %s; " DIR_ADVICE, engine->path, error);
    rocksdb_free(error);
    return status;
}

static int set_state(struct rocksdb_engine *engine, enum salvage_state state, char *error_text, size_t error_size)
{
    engine->salvage.state = state;
    return salvage_save(engine->dir, &engine->salvage, error_text, error_size);
}

static int repair_in_steps(struct rocksdb_engine *engine, bool was_cut_short, char *error_text, size_t error_size)
{
    int status = 0;
    if (!was_cut_short) {
        write_out_log(engine);
        status = set_state(engine, SALVAGE_REPAIRING, error_text, error_size);
    }
    if (status == 0) {
        status = repair(engine, error_text, error_size);
    }
    return status == 0 ? set_state(engine, SALVAGE_RECOUNT, error_text, error_size) : status;
}

int rocksdb_salvage(struct rocksdb_engine *engine, int status, const char *why, struct rocksdb_attempts *attempts,
                    char *error_text, size_t error_size)
{
    char place[PATH_MAX], sentence[SALVAGE_TEXT_BYTES], reason[ROCKSDB_TROUBLE_BYTES];
    bool was_cut_short = engine->salvage.state == SALVAGE_REPAIRING;
    bool is_asked_for = was_cut_short || engine->salvage.state == SALVAGE_WANTED;
    snprintf(reason, sizeof reason, "%s", is_asked_for ? "repaired when it was opened" : why);
    bool is_log = !is_asked_for && !attempts->log_is_given_up && is_log_bad(engine, reason, sizeof reason);
    if (engine->version == 0 || attempts->repaired || !is_bad_file(status, why)) {
        return status;
    }
    status = salvage_put_aside(engine->dir, place, sizeof place, error_text, error_size);
    if (status != 0) {
        return status;
    }
    snprintf(sentence, sizeof sentence, "%s; what could not be read is in %.300s", reason, place);
    salvage_tell(&engine->salvage, sentence);
    if (is_log) {
        attempts->log_is_given_up = true;
        return set_state(engine, SALVAGE_RECOUNT, error_text, error_size);
    }
    attempts->repaired = true;
    status = set_state(engine, was_cut_short ? SALVAGE_REPAIRING : SALVAGE_WANTED, error_text, error_size);
    return status == 0 ? repair_in_steps(engine, was_cut_short, error_text, error_size) : status;
}

static int has_mark(struct rocksdb_engine *engine, enum rocksdb_family family, bool *ret)
{
    char *error = NULL;
    size_t len;
    char *value = rocksdb_get_cf(engine->db, engine->read_blocking, engine->families[family], ROCKSDB_MARK_KEY,
                                 sizeof ROCKSDB_MARK_KEY - 1, &len, &error);
    if (error != NULL) {
        return rocksdb_take_error(engine, error);
    }
    *ret = value != NULL;
    rocksdb_free(value);
    return 0;
}

static int put_mark(struct rocksdb_engine *engine, enum rocksdb_family family)
{
    char *error = NULL;
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    rocksdb_flushoptions_set_wait(options, 1);
    rocksdb_put_cf(engine->db, engine->write_durable, engine->families[family], ROCKSDB_MARK_KEY,
                   sizeof ROCKSDB_MARK_KEY - 1, "gramme", 6, &error);
    if (error == NULL) {
        rocksdb_flush_cf(engine->db, options, engine->families[family], &error);
    }
    rocksdb_flushoptions_destroy(options);
    return error == NULL ? 0 : rocksdb_take_write_error(engine, error);
}

/* A meta family without its mark: new, or not whole. */
static int check_meta(struct rocksdb_engine *engine, char *error_text, size_t error_size)
{
    if (engine->salvage.state == SALVAGE_NONE || engine->version < DIR_FORMAT_VERSION) {
        return 0;
    }
    snprintf(error_text, error_size,
             "what this node is, and what it knows of the others, could not be read: %s; " DIR_ADVICE,
             engine->salvage.text);
    return GR_ECORRUPT;
}

static int ensure_marks(struct rocksdb_engine *engine, char *error_text, size_t error_size)
{
    for (enum rocksdb_family family = FAMILY_OBJECTS; family < FAMILY_COUNT; family++) {
        bool has = false;
        int status = has_mark(engine, family, &has);
        if (status == 0 && !has && family == FAMILY_META) {
            status = check_meta(engine, error_text, error_size);
            if (status != 0) {
                return status;
            }
        }
        if (status == 0 && !has) {
            status = put_mark(engine, family);
        }
        if (status != 0) {
            snprintf(error_text, error_size, "cannot use the database in %s: %s; check the disk and the system log",
                     engine->path, engine->trouble.text);
            return status;
        }
    }
    return 0;
}

/* The salvage that this opening was about is complete: say what lies aside. */
static int end(struct rocksdb_engine *engine, char *error_text, size_t error_size)
{
    char names[ROCKSDB_TROUBLE_BYTES], sentence[ROCKSDB_TROUBLE_BYTES + 16];
    int status = salvage_tidy(engine->dir, error_text, error_size);
    if (status != 0) {
        return status;
    }
    salvage_list(engine->dir, names, sizeof names);
    snprintf(sentence, sizeof sentence, "put aside:%s", names[0] == '\0' ? " nothing" : names);
    salvage_tell(&engine->salvage, sentence);
    return set_state(engine, SALVAGE_DONE, error_text, error_size);
}

int rocksdb_end_salvage(struct rocksdb_engine *engine, char *error_text, size_t error_size)
{
    int status = ensure_marks(engine, error_text, error_size);
    if (status == 0 && engine->salvage.state == SALVAGE_RECOUNT) {
        status = end(engine, error_text, error_size);
    }
    engine->was_salvaged = engine->salvage.state != SALVAGE_NONE;
    engine->base.holds_data |= engine->was_salvaged;
    return status;
}
