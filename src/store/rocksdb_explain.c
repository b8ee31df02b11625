#include "store/rocksdb_explain.h"
#include "store/dir.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/rocksdb_impl.h"
#include "store/wal.h"

static const char *advice_on(int error)
{
    switch (error) {
    case GR_EINUSE:
        return "another process has it open: stop that one, or choose another data directory";
    case GR_EACCES:
        return "make it writable for this user, or choose another data directory";
    case GR_ENOSPC:
        return "free some space, then start again";
    case GR_ECORRUPT:
        return DIR_ADVICE;
    case GR_EVERSION:
        return "run the gramme that wrote it, or a later one";
    default:
        return "check the disk and the system log";
    }
}

/* Some of RocksDB's texts tell what is wrong without telling where. Then look for it. */
static void find_file(const char *path, const char *status, char *ret, size_t size)
{
    struct wal_verdict verdict;
    if (strstr(status, "CURRENT") != NULL) {
        snprintf(ret, size, "%s/CURRENT", path);
    } else if (wal_examine_dir(path, &verdict) == 0 && verdict.state != WAL_WHOLE) {
        snprintf(ret, size, "%s at byte %" PRIu64, verdict.file, verdict.offset);
    } else {
        snprintf(ret, size, "a file in %s", path);
    }
}

int rocksdb_explain_open(const char *path, const char *status, char *error_text, size_t error_size)
{
    char file[PATH_MAX + 32];
    int error = rocksdb_error_code(status);
    if (strstr(status, path) != NULL) {
        snprintf(error_text, error_size, "cannot open the database in %s: %s; %s", path, status, advice_on(error));
    } else {
        find_file(path, status, file, sizeof file);
        snprintf(error_text, error_size, "cannot open the database because of %s: %s; %s", file, status,
                 advice_on(error));
    }
    return error;
}
