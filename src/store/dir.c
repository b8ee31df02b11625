#include "store/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define FORMAT_PREFIX "gramme-store "
#define FORMAT_LINE_MAX 64

static int error_of_errno(int error_number)
{
    switch (error_number) {
    case EACCES:
    case EPERM:
    case EROFS:
        return GR_EACCES;
    case ENOSPC:
    case EDQUOT:
        return GR_ENOSPC;
    case ENOTDIR:
    case EEXIST:
    case ENAMETOOLONG:
        return GR_EINVAL;
    default:
        return GR_EIO;
    }
}

static const char *advice_on(int error)
{
    switch (error) {
    case GR_EACCES:
        return "make it writable for this user, or choose another data directory";
    case GR_ENOSPC:
        return "free some space, then start again";
    case GR_EINVAL:
        return "choose another data directory";
    default:
        return "check the disk and the system log";
    }
}

int dir_explain_errno(const char *path, int error_number, char *error_text, size_t error_size)
{
    int error = error_of_errno(error_number);
    snprintf(error_text, error_size, "cannot use %s: %s; %s", path, strerror(error_number), advice_on(error));
    return error;
}

static int join(char ret[PATH_MAX], const char *dir, const char *name, char *error_text, size_t error_size)
{
    if (snprintf(ret, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX) {
        return dir_explain_errno(dir, ENAMETOOLONG, error_text, error_size);
    }
    return 0;
}

/* As mkdir -p. Returns 0 or an errno. */
static int make_with_parents(const char *dir)
{
    char path[PATH_MAX];
    size_t len = strlen(dir);
    if (len == 0 || len >= sizeof path) {
        return len == 0 ? ENOENT : ENAMETOOLONG;
    }
    memcpy(path, dir, len + 1);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST) {
            return errno;
        }
        *slash = '/';
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : errno;
}

static int check_usable(const char *dir, char *error_text, size_t error_size)
{
    struct stat info;
    int error_number = make_with_parents(dir);
    if (error_number == 0 && stat(dir, &info) != 0) {
        error_number = errno;
    }
    if (error_number == 0 && !S_ISDIR(info.st_mode)) {
        error_number = ENOTDIR;
    }
    if (error_number == 0 && access(dir, R_OK | W_OK | X_OK) != 0) {
        error_number = errno;
    }
    return error_number == 0 ? 0 : dir_explain_errno(dir, error_number, error_text, error_size);
}

/* A missing FORMAT beside tables: somebody removed it, for a database without tables is all that a crash while
 * creating can leave. */
static int check_no_tables(const char *dir, const char *format, char *error_text, size_t error_size)
{
    char database[PATH_MAX];
    int status = join(database, dir, "rocksdb", error_text, error_size);
    DIR *stream = status == 0 ? opendir(database) : NULL;
    if (stream == NULL) {
        return status;
    }
    for (const struct dirent *entry = readdir(stream); entry != NULL && status == 0; entry = readdir(stream)) {
        const char *suffix = strrchr(entry->d_name, '.');
        if (suffix != NULL && strcmp(suffix, ".sst") == 0) {
            status = GR_ECORRUPT;
            snprintf(error_text, error_size, "%s is missing, but %s/%s holds data; " DIR_ADVICE, format, database,
                     entry->d_name);
        }
    }
    closedir(stream);
    return status;
}

static int check_format(const char *format, const char *line, char *error_text, size_t error_size, int *ret_version)
{
    char *end;
    size_t prefix_len = strlen(FORMAT_PREFIX);
    long version = strncmp(line, FORMAT_PREFIX, prefix_len) == 0 ? strtol(line + prefix_len, &end, 10) : 0;
    if (version < 1 || *end != '\n') {
        snprintf(error_text, error_size, "%s is damaged; " DIR_ADVICE, format);
        return GR_ECORRUPT;
    }
    if (version > DIR_FORMAT_VERSION) {
        snprintf(
            error_text, error_size,
            "%s says version %ld, this gramme knows versions up to %d; run the gramme that wrote it, or a later one",
            format, version, DIR_FORMAT_VERSION);
        return GR_EVERSION;
    }
    *ret_version = (int)version;
    return 0;
}

int dir_prepare(const char *dir, char *error_text, size_t error_size, int *ret_version)
{
    char format[PATH_MAX], line[FORMAT_LINE_MAX];
    int status = check_usable(dir, error_text, error_size);
    if (status == 0) {
        status = join(format, dir, "FORMAT", error_text, error_size);
    }
    if (status != 0) {
        return status;
    }
    FILE *file = fopen(format, "re");
    if (file == NULL && errno == ENOENT) {
        *ret_version = 0;
        return check_no_tables(dir, format, error_text, error_size);
    }
    if (file == NULL) {
        return dir_explain_errno(format, errno, error_text, error_size);
    }
    if (fgets(line, sizeof line, file) == NULL) {
        line[0] = '\0';
    }
    fclose(file);
    return check_format(format, line, error_text, error_size, ret_version);
}

/* Returns 0 or an errno. */
static int sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int error_number = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return error_number;
}

/* Returns 0 or an errno. */
static int write_durably(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno;
    }
    ssize_t len = (ssize_t)strlen(line);
    errno = ENOSPC; /* what a short write means */
    int error_number = write(fd, line, (size_t)len) == len && fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return error_number;
}

int dir_sync(const char *dir, char *error_text, size_t error_size)
{
    int error_number = sync_dir(dir);
    return error_number == 0 ? 0 : dir_explain_errno(dir, error_number, error_text, error_size);
}

int dir_replace_file(const char *dir, const char *name, const char *content, char *error_text, size_t error_size)
{
    char path[PATH_MAX], fresh[PATH_MAX + 8];
    int status = join(path, dir, name, error_text, error_size);
    if (status != 0) {
        return status;
    }
    snprintf(fresh, sizeof fresh, "%s.new", path);
    int error_number = write_durably(fresh, content);
    if (error_number == 0 && rename(fresh, path) != 0) {
        error_number = errno;
    }
    return error_number == 0 ? dir_sync(dir, error_text, error_size)
                             : dir_explain_errno(path, error_number, error_text, error_size);
}

int dir_mark_complete(const char *dir, char *error_text, size_t error_size)
{
    char line[FORMAT_LINE_MAX];
    snprintf(line, sizeof line, FORMAT_PREFIX "%d\n", DIR_FORMAT_VERSION);
    return dir_replace_file(dir, "FORMAT", line, error_text, error_size);
}
