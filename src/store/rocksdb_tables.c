/* Before the database is opened: tables over which RocksDB would end the process are taken away from it (table.h).
 *
 * They go to lost/, where RocksDB's repair lays by its own finds, and from where salvage_tidy brings them into the
 * quarantine. Whether a table counts is known to RocksDB only: one that does is missing then, so the opening fails and
 * the salvage begins; one that does not, such as a flush that lost its power leaves, is not missed. Either way a crash
 * in between changes nothing, so this comes before SALVAGE is written.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/dir.h"
#include "store/rocksdb_open.h"
#include "store/table.h"

static bool is_table(const char *name)
{
    const char *suffix = strrchr(name, '.');
    return suffix != NULL && strcmp(suffix, ".sst") == 0;
}

/* `dir` is the database's directory, open. */
static bool is_damaged(int dir, const char *name, uint64_t *ret_offset)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && table_is_damaged(fd, ret_offset);
    if (fd >= 0) {
        close(fd);
    }
    return is;
}

/* Returns 0 or an errno. */
static int lay_by(int dir, const char *name)
{
    char to[NAME_MAX + 8];
    snprintf(to, sizeof to, "lost/%s", name);
    if (mkdirat(dir, "lost", 0700) != 0 && errno != EEXIST) {
        return errno;
    }
    return renameat(dir, name, dir, to) == 0 ? 0 : errno;
}

/* Does another process have the database open? Then nothing is touched, and the opening will say so. Asked only when
 * there is something to take away: to close LOCK would undo a lock that this process has on it. */
static bool is_in_use(int dir)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = openat(dir, "LOCK", O_RDWR | O_CLOEXEC);
    bool is = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (fd >= 0) {
        close(fd);
    }
    return is;
}

/* Returns how many were laid by, or less than 0, a negative errno. */
static int lay_by_damaged(DIR *stream, const char *path, char *ret_why, size_t size)
{
    int count = 0;
    for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        uint64_t offset;
        if (!is_table(entry->d_name) || !is_damaged(dirfd(stream), entry->d_name, &offset)) {
            continue;
        }
        if (is_in_use(dirfd(stream))) {
            return 0;
        }
        snprintf(ret_why, size, "the table %.300s/%.60s is damaged at byte %" PRIu64, path, entry->d_name, offset);
        int error_number = lay_by(dirfd(stream), entry->d_name);
        if (error_number != 0) {
            return -error_number;
        }
        count++;
    }
    return count;
}

int rocksdb_lay_by_tables(struct rocksdb_engine *engine, char *ret_why, size_t why_size, char *error_text,
                          size_t error_size)
{
    char lost[PATH_MAX + 8];
    DIR *stream = opendir(engine->path);
    ret_why[0] = '\0';
    if (stream == NULL) {
        return errno == ENOENT ? 0 : dir_explain_errno(engine->path, errno, error_text, error_size);
    }
    int count = lay_by_damaged(stream, engine->path, ret_why, why_size);
    closedir(stream);
    if (count < 0) {
        return dir_explain_errno(engine->path, -count, error_text, error_size);
    }
    snprintf(lost, sizeof lost, "%s/lost", engine->path);
    int status = count == 0 ? 0 : dir_sync(lost, error_text, error_size);
    return count == 0 || status != 0 ? status : dir_sync(engine->path, error_text, error_size);
}
