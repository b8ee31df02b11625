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
#include <stdint.h>

/* What a new data directory needs to be free, in bytes: the reserve, and 64 MB at least. RocksDB sets up to 18 MB aside
 * for logs and lists of tables, at each opening anew: with 24 MB a node joins, and refuses its first writes; with 8 it
 * does not start a second time. */
uint64_t space_to_begin(const char *path);

/* Bytes left on the file system of `path`; UINT64_MAX when nobody can tell: whoever uses the file will. */
uint64_t space_left(const char *path);

/* Is more than the reserve left on the file system of `path`? Costs one system call, about a microsecond. */
bool space_is_left(const char *path);

/* Is half of the reserve left? An engine that stopped at the reserve can then be opened again, to be read; with less,
 * replaying the log could meet the full disk, which RocksDB 7.8 does not survive. */
bool space_is_left_to_open(const char *path);

/* Can so much be written there? It is set aside in a file without a name, and given back: free bytes alone say nothing
 * of quotas and of limits on the size of a file. Blocks for some milliseconds. */
bool space_can_take(const char *path, uint64_t bytes);

#endif
