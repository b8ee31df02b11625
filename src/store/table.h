/* Looking into RocksDB's tables before RocksDB does: Debian's build of 7.8 reads a table's properties without comparing
 * their checksum first, and ends the process over some that make no sense; it would do so at every start.
 *
 *     data blocks | filter, index | properties and others | metaindex: name -> place of each | footer
 *
 *     block     its bytes, then type of compression, 1 byte | checksum of both, 4 bytes LE
 *     footer    type of checksum, 1 byte | place of metaindex | place of index | zeros up to byte 41
 *               version, 4 bytes LE | magic, 8 bytes LE
 *     place     offset, length: two varints
 *
 * Looked at are the metaindex and what it names but for filters: two or three short reads. All others RocksDB checks
 * by itself. What is not understood, or cannot be read, is left to RocksDB.
 */
#ifndef GR_STORE_TABLE_H
#define GR_STORE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

/* Is the table certainly damaged in one of those blocks? `ret_offset`: where the block begins. Borrows `fd`. */
bool table_is_damaged(int fd, uint64_t *ret_offset);

#endif
