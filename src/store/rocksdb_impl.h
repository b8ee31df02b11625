/* The parts of the RocksDB engine, for its own files only. (Not named rocksdb.h, lest it be taken for the library's.)
 *
 *     reactor --flush--> committer (1 thread) --+
 *        |                                      +--> completions --wake--> reactor polls
 *        +----get_later--> readers (4 threads) -+
 *
 * Each part has its own lock and its own file; none takes another's lock while holding its own.
 */
#ifndef GR_STORE_ROCKSDB_IMPL_H
#define GR_STORE_ROCKSDB_IMPL_H

#include <limits.h>
#include <rocksdb/c.h>
#include <stdatomic.h>

#include "store/deltas.h"
#include "store/engine_impl.h"

#define ROCKSDB_READERS 4u
#define ROCKSDB_TROUBLE_BYTES 512u

/* The column families, in the order in which they are opened. */
enum rocksdb_family { FAMILY_DEFAULT, FAMILY_OBJECTS, FAMILY_COUNTS, FAMILY_META, FAMILY_COUNT };

/* The newest failure in RocksDB's words. */
struct trouble {
    pthread_mutex_t lock;
    char text[ROCKSDB_TROUBLE_BYTES];
};

struct committer {
    struct op_list gathered; /* the reactor's: submitted, not flushed */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct op_list pending; /* under the lock, as the next two: flushed, not taken */
    bool idle;              /* the thread waits: only then is it worth a signal */
    bool stopping;
    rocksdb_writebatch_t *batch; /* the thread's own, as the next two */
    struct deltas deltas;
    uint64_t clock; /* the greatest that is in the database */
    uint32_t era;   /* failed commits so far, and why the last one failed (G6) */
    int failure;
    atomic_uint_fast64_t commits;
};

struct readers {
    pthread_t threads[ROCKSDB_READERS];
    unsigned started;
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct op_list pending; /* under the lock */
    bool stopping;
};

/* Buffered durability only: the log goes to the disk a little later. */
struct wal_syncer {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t stop;
    bool stopping;
    atomic_bool dirty; /* something was committed since the last sync began */
};

struct rocksdb_engine {
    struct engine base;
    char path[PATH_MAX]; /* of the database */
    atomic_int failure;  /* 0, or why a write failed in RocksDB: its log is not touched any more */
    rocksdb_t *db;
    rocksdb_column_family_handle_t *families[FAMILY_COUNT];
    rocksdb_readoptions_t *read_cached;   /* from memory or not at all */
    rocksdb_readoptions_t *read_blocking; /* from wherever it is */
    rocksdb_writeoptions_t *write_durable;
    rocksdb_writeoptions_t *write_commit; /* as the durability says */
    struct trouble trouble;
    struct committer committer;
    struct readers readers;
    struct wal_syncer syncer;
};

static inline struct rocksdb_engine *rocksdb_engine_of(struct engine *engine)
{
    return (struct rocksdb_engine *)engine;
}

/* The error that RocksDB's status text stands for; frees the text and keeps it as the newest trouble, unless it is
 * GR_EAGAIN. `text` is not NULL. From any thread. */
int rocksdb_take_error(struct rocksdb_engine *engine, char *text);

/* Remember a text, cut to ROCKSDB_TROUBLE_BYTES, as the newest trouble. From any thread. */
void rocksdb_keep_trouble(struct rocksdb_engine *engine, const char *text);

/* The same classification, and nothing else. */
int rocksdb_error_code(const char *text);

/* Whether a write may be tried. Errors: GR_ENOSPC, with a trouble that says so; the failure of an earlier write, which
 * lasts until the engine is opened again. From any thread. */
int rocksdb_check_writable(struct rocksdb_engine *engine);

/* RocksDB failed a write with this text: as rocksdb_take_error, and no more writes are let through. */
int rocksdb_take_write_error(struct rocksdb_engine *engine, char *text);

/* Start and stop the parts. Stopping finishes what the part was given; a part that was never started may be stopped.
 * Errors: GR_ENOMEM. */
int committer_start(struct rocksdb_engine *engine);
void committer_stop(struct rocksdb_engine *engine);
int readers_start(struct rocksdb_engine *engine);
void readers_stop(struct rocksdb_engine *engine);
int wal_syncer_start(struct rocksdb_engine *engine);
void wal_syncer_stop(struct rocksdb_engine *engine);

/* rocksdb_commit.c, rocksdb_read.c, rocksdb_scan.c, rocksdb_meta.c: the table's functions. */
void rocksdb_submit_write(struct engine *engine, struct op *op);
void rocksdb_flush_writes(struct engine *engine);
enum engine_result rocksdb_get_cached(struct engine *engine, struct bytes stored, struct blob **ret, int *ret_status);
void rocksdb_get_blocking(struct engine *engine, struct op *op);
int rocksdb_scan_slot(struct engine *engine, uint16_t slot, engine_visit *visit, void *context);
int rocksdb_put_record(struct engine *engine, const char *name, struct bytes value);
int rocksdb_get_record(struct engine *engine, const char *name, struct buffer *ret);

/* The records that the engine keeps for itself beside those of engine_meta_put; see rocksdb_meta.c. */
#define ROCKSDB_CLOCK_KEY "i:clock"

/* Load counts, clock and whether there is data, after opening. Errors: GR_EIO, GR_ECORRUPT. */
int rocksdb_load_state(struct rocksdb_engine *engine);

#endif
