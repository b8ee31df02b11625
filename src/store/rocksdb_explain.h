/* Turning RocksDB's refusal to open into a sentence that names the file and the next thing to do. */
#ifndef GR_STORE_ROCKSDB_EXPLAIN_H
#define GR_STORE_ROCKSDB_EXPLAIN_H

#include <stddef.h>

/* `path` is the database's directory, `status` RocksDB's text. Writes the sentence; returns the GR_E value. */
int rocksdb_explain_open(const char *path, const char *status, char *error_text, size_t error_size);

#endif
