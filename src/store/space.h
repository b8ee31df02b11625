/* Stopping before the disk is full, instead of when it is.
 *
 * RocksDB 7.8 does not come back from a log that could not be written: it says it has recovered, then fails every
 * further write with "previous error". So the engine keeps a reserve that only background work may use (writing out a
 * buffer, compaction, which is also what frees space), and refuses writes by itself while less than that is left.
 * They resume with the first write after space is back.
 */
#ifndef GR_STORE_SPACE_H
#define GR_STORE_SPACE_H

#include <stdbool.h>

/* Is more than the reserve left on the file system of `path`? Costs one system call, about a microsecond. */
bool space_is_left(const char *path);

/* Is half of the reserve left? An engine that stopped at the reserve can then be opened again, to be read; with less,
 * replaying the log could meet the full disk, which RocksDB 7.8 does not survive. */
bool space_is_left_to_open(const char *path);

#endif
