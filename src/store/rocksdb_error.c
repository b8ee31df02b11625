/* What RocksDB's status texts mean to us. The C API gives texts only; these are the beginnings and the system errors
 * that Status::ToString and the file system write in 7.8. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/rocksdb_impl.h"
#include "store/space.h"

struct meaning {
    const char *part; /* of the status text */
    int error;
};

/* First match wins: a full disk is more to the point than the "IO error" that it comes in. */
static const struct meaning meanings[] = {
    {"Result incomplete", GR_EAGAIN},
    {"No space left on device", GR_ENOSPC},
    {"Disk quota exceeded", GR_ENOSPC},
    {"File too large", GR_ENOSPC},
    {"Corruption", GR_ECORRUPT},
    {"/LOCK: ", GR_EINUSE},
    {"lock hold by current process", GR_EINUSE},
    {"Permission denied", GR_EACCES},
    {"Read-only file system", GR_EACCES},
    {"does not exist (create_if_missing is false)", GR_ECORRUPT},
    {"No such file or directory", GR_ECORRUPT}, /* a file that the database names is gone */
    {"Column families not opened", GR_EVERSION},
    {"Cannot allocate memory", GR_ENOMEM},
};

int rocksdb_error_code(const char *text)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (strstr(text, meanings[i].part) != NULL) {
            return meanings[i].error;
        }
    }
    return GR_EIO;
}

void rocksdb_keep_trouble(struct rocksdb_engine *engine, const char *text)
{
    struct trouble *trouble = &engine->trouble;
    size_t len = strnlen(text, sizeof trouble->text - 1);
    pthread_mutex_lock(&trouble->lock);
    memcpy(trouble->text, text, len);
    trouble->text[len] = '\0';
    pthread_mutex_unlock(&trouble->lock);
}

int rocksdb_take_error(struct rocksdb_engine *engine, char *text)
{
    int error = rocksdb_error_code(text);
    if (error != GR_EAGAIN) {
        rocksdb_keep_trouble(engine, text);
    }
    rocksdb_free(text);
    return error;
}

/* A block cannot be read. It could not be after the next start either: so that one begins with a repair. */
int rocksdb_want_repair(struct rocksdb_engine *engine, const char *why)
{
    char text[ROCKSDB_TROUBLE_BYTES];
    int status = 0;
    pthread_mutex_lock(&engine->trouble.lock);
    if (engine->salvage.state != SALVAGE_WANTED) {
        engine->salvage.state = SALVAGE_WANTED;
        salvage_tell(&engine->salvage, why);
        status = salvage_save(engine->dir, &engine->salvage, text, sizeof text);
    }
    pthread_mutex_unlock(&engine->trouble.lock);
    if (status != 0) {
        rocksdb_keep_trouble(engine, text);
    }
    return status;
}

/* After a failed write RocksDB 7.8 may claim to have recovered, and then fails or asserts in the log's writer. What it
 * says after the first failure is of no use, so it is not asked again: opening anew is what helps. */
int rocksdb_take_write_error(struct rocksdb_engine *engine, char *text)
{
    char lasting[ROCKSDB_TROUBLE_BYTES];
    int error = rocksdb_error_code(text);
    snprintf(lasting, sizeof lasting, "writes are refused until the database is opened anew: %.440s", text);
    rocksdb_keep_trouble(engine, lasting);
    int none = 0;
    bool is_first = atomic_compare_exchange_strong(&engine->failure, &none, error);
    if (error == GR_ECORRUPT && is_first) {      /* met by a compaction, most likely */
        (void)rocksdb_want_repair(engine, text); /* writes fail whether it is remembered or not */
    }
    rocksdb_free(text);
    return error;
}

int rocksdb_check_writable(struct rocksdb_engine *engine)
{
    char text[ROCKSDB_TROUBLE_BYTES];
    int failure = atomic_load_explicit(&engine->failure, memory_order_relaxed);
    if (failure != 0 || space_is_left(engine->path)) {
        return failure;
    }
    snprintf(text, sizeof text, "nearly no space left on the disk of %.400s: writes wait until some is freed",
             engine->path);
    rocksdb_keep_trouble(engine, text);
    return GR_ENOSPC;
}
