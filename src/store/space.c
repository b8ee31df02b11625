#include "store/space.h"

#include <sys/statvfs.h>

/* Twice the buffers that may be waiting to be written out; on a small disk, an eighth of it. */
#define RESERVE_BYTES ((uint64_t)256 << 20)
#define RESERVE_SHARE 8

uint64_t space_left(const char *path)
{
    struct statvfs disk;
    return statvfs(path, &disk) != 0 ? UINT64_MAX : (uint64_t)disk.f_bavail * disk.f_frsize;
}

static bool is_left(const char *path, uint64_t parts_of_reserve)
{
    struct statvfs disk;
    if (statvfs(path, &disk) != 0) {
        return true; /* whoever uses the file will tell */
    }
    uint64_t share = (uint64_t)disk.f_blocks * disk.f_frsize / RESERVE_SHARE;
    uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize;
    return left > (share < RESERVE_BYTES ? share : RESERVE_BYTES) / parts_of_reserve;
}

bool space_is_left(const char *path)
{
    return is_left(path, 1);
}

bool space_is_left_to_open(const char *path)
{
    return is_left(path, 2);
}
