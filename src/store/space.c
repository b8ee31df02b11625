#include "store/space.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Twice the buffers that may be waiting to be written out; on a small disk, an eighth of it. */
#define RESERVE_BYTES ((uint64_t)256 << 20)
#define RESERVE_SHARE 8
#define BEGIN_BYTES ((uint64_t)64 << 20)

uint64_t space_left(const char *path)
{
    struct statvfs disk;
    return statvfs(path, &disk) != 0 ? UINT64_MAX : (uint64_t)disk.f_bavail * disk.f_frsize;
}

static uint64_t reserve_of(const struct statvfs *disk)
{
    uint64_t share = (uint64_t)disk->f_blocks * disk->f_frsize / RESERVE_SHARE;
    return share < RESERVE_BYTES ? share : RESERVE_BYTES;
}

uint64_t space_to_begin(const char *path)
{
    struct statvfs disk;
    uint64_t reserve = statvfs(path, &disk) != 0 ? 0 : reserve_of(&disk);
    return reserve > BEGIN_BYTES ? reserve : BEGIN_BYTES;
}

static bool is_left(const char *path, uint64_t parts_of_reserve)
{
    struct statvfs disk;
    if (statvfs(path, &disk) != 0) {
        return true; /* whoever uses the file will tell */
    }
    return (uint64_t)disk.f_bavail * disk.f_frsize > reserve_of(&disk) / parts_of_reserve;
}

bool space_is_left(const char *path)
{
    return is_left(path, 1);
}

bool space_is_left_to_open(const char *path)
{
    return is_left(path, 2);
}

bool space_can_take(const char *path, uint64_t bytes)
{
    if (space_left(path) < bytes) {
        return false;
    }
    int fd = open(path, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        return true; /* not on every file system: then what is free has to do */
    }
    bool can = fallocate(fd, 0, 0, (off_t)bytes) == 0 || errno == EOPNOTSUPP;
    close(fd);
    return can;
}
