/* Opening the database itself: directory, settings, recovery of the log, state; and repair, if files are bad. */
#ifndef GR_STORE_ROCKSDB_OPEN_H
#define GR_STORE_ROCKSDB_OPEN_H

#include "store/rocksdb_impl.h"

/* Everything but the threads. Errors and `error_text` as engine_open. */
int rocksdb_open_database(struct rocksdb_engine *engine, const struct engine_options *options, char *error_text,
                          size_t error_size);

/* Close it, and forget what was loaded from it. NULL-safe in every part. */
void rocksdb_close_database(struct rocksdb_engine *engine);

/* How to open: what RocksDB's options are for. */
struct rocksdb_opening {
    size_t cache_bytes;
    bool create;   /* an empty database may be made */
    bool tolerant; /* bad tables may stay in the database, unread; nothing is compacted */
    int recovery;  /* one of RocksDB's rocksdb_..._recovery */
};

/* Returns RocksDB's error text, to be freed, or NULL. */
char *rocksdb_try_open(struct rocksdb_engine *engine, const struct rocksdb_opening *opening);

/* Take tables away over which RocksDB would end the process. `ret_why` says which, or is empty. Errors as
 * engine_open. */
int rocksdb_lay_by_tables(struct rocksdb_engine *engine, char *ret_why, size_t why_size, char *error_text,
                          size_t error_size);

/* rocksdb_salvage.c */

/* What may still be tried in this opening. */
struct rocksdb_attempts {
    bool log_is_given_up; /* damaged records are passed over, a missing log is an empty one */
    bool repaired;
};

/* Opening has failed with `status`, because of `why`: put files aside and make the next attempt a better one. Errors as
 * engine_open; `status` itself when nothing is left to try, with the text untouched. */
int rocksdb_salvage(struct rocksdb_engine *engine, int status, const char *why, struct rocksdb_attempts *attempts,
                    char *error_text, size_t error_size);

/* The database is open, its state loaded: end what was begun. Errors as engine_open. */
int rocksdb_end_salvage(struct rocksdb_engine *engine, char *error_text, size_t error_size);

#endif
