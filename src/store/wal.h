/* Looking into RocksDB's log when RocksDB will not open it: is only its end torn, or is it damaged?
 *
 * A log is a row of blocks of 32 KiB; a record never crosses a block's end but is cut into fragments instead:
 *
 *     checksum, 4 bytes LE, masked | length, 2 bytes LE | type, 1 byte | payload ...
 *     type: 1 a whole record, 2 its first fragment, 3 a middle one, 4 its last; the checksum covers type and payload
 *
 * A machine that loses power leaves the commit that was being written in any state: short, with holes of zeros, or with
 * a wrong checksum. Nobody was told of that commit. A commit begins only after the one before it is on disk, so what
 * is torn is the last one: no other record begins behind it. A bad record with the beginning of another behind it
 * is damage, to acknowledged writes, and must not be passed over.
 *
 * With buffered durability several commits may be on their way to the disk, so that a torn end can look like damage
 * here; it is treated as such then, which is the safe mistake.
 */
#ifndef GR_STORE_WAL_H
#define GR_STORE_WAL_H

#include <limits.h>
#include <stdint.h>

#include "base/bytes.h"

enum wal_state { WAL_WHOLE, WAL_TORN, WAL_DAMAGED };

struct wal_verdict {
    enum wal_state state;
    uint64_t offset; /* of the first bad record; 0 when whole */
    char file[PATH_MAX];
};

/* Examine the content of one log. `ret_offset` as above. */
enum wal_state wal_examine(struct bytes log, uint64_t *ret_offset);

/* Examine every log in the database's directory, oldest first, up to the first bad record.
 * Errors: GR_ENOENT (there is no log at all), GR_EIO, GR_ENOMEM. */
int wal_examine_dir(const char *path, struct wal_verdict *ret);

/* How many logs the directory has. Errors: GR_EIO. */
int wal_count(const char *path);

/* How many bytes they have in all; 0 when nobody can tell. */
uint64_t wal_bytes(const char *path);

#endif
