/* Opening the database itself: directory, settings, recovery of the log. */
#ifndef GR_STORE_ROCKSDB_OPEN_H
#define GR_STORE_ROCKSDB_OPEN_H

#include "store/rocksdb_impl.h"

/* Fill in `db` and `families`. Errors and `error_text` as engine_open. */
int rocksdb_open_database(struct rocksdb_engine *engine, const struct engine_options *options, char *error_text,
                          size_t error_size);

/* NULL-safe in every part. */
void rocksdb_close_database(struct rocksdb_engine *engine);

#endif
