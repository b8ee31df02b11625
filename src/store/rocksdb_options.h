/* How RocksDB is set up; docs/decisions/010-rocksdb.md says why. */
#ifndef GR_STORE_ROCKSDB_OPTIONS_H
#define GR_STORE_ROCKSDB_OPTIONS_H

#include "store/rocksdb_impl.h"

struct rocksdb_settings {
    rocksdb_options_t *database;
    rocksdb_options_t *families[FAMILY_COUNT];
};

/* Everything but the directory. `create`: an empty database may be made. `recovery`: one of RocksDB's
 * rocksdb_…_recovery. */
void rocksdb_settings_init(struct rocksdb_settings *settings, size_t cache_bytes, bool create, int recovery);
void rocksdb_settings_done(struct rocksdb_settings *settings);

/* The families' names, in the order of enum rocksdb_family. */
extern const char *const rocksdb_family_names[FAMILY_COUNT];

#endif
