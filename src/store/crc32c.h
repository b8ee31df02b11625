/* CRC-32C (Castagnoli), the checksum of RocksDB's log records. A byte at a time: it is used on damaged files only. */
#ifndef GR_STORE_CRC32C_H
#define GR_STORE_CRC32C_H

#include "base/bytes.h"

uint32_t crc32c(struct bytes bytes);

/* As RocksDB stores it: checksums of data that holds checksums are weak. */
uint32_t crc32c_mask(uint32_t crc);

#endif
