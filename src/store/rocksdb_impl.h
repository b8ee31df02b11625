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
#include "store/salvage.h"

#define ROCKSDB_READERS 4u
#define ROCKSDB_SCANNERS_MAX 2u /* readers that scan at a time: single reads must never wait for all of them */
#define ROCKSDB_TROUBLE_BYTES 512u

/* The column families, in the order in which they are opened. */
enum rocksdb_family {
    FAMILY_DEFAULT,
    FAMILY_OBJECTS,
    FAMILY_COUNTS,
    FAMILY_META,
    FAMILY_HINTS,
    FAMILY_TREES,
    FAMILY_COUNT
};

/* The newest failure in RocksDB's words. */
struct trouble {
    pthread_mutex_t lock;
    char text[ROCKSDB_TROUBLE_BYTES];
};

#define LEAF_CHUNKS 256u
#define LEAF_RECORDS_MAX 16384u /* in the journal */

/* The sums of all leaves, as they are in the database while nobody commits; see rocksdb_leaves.c. */
struct leaf_keeper {
    pthread_mutex_t lock; /* held while a commit is written: then, and only then, sums and database may differ */
    uint64_t sums[KEY_SLOTS][LEAVES]; /* under the lock for others than the committer, as all up to `records` */
    bool is_dirty[LEAF_CHUNKS];       /* differs from what is written of it */
    uint64_t generation;
    uint32_t records; /* in the journal, of this generation */
    size_t journal_bytes;
    uint8_t *record; /* the committer's: the changes of the batch being built */
    size_t changes;
};

/* A commit takes at least one write and stops at this much, so that a burst of big values neither doubles its memory
 * in the batch nor keeps the small writes behind it waiting: some 50 ms of a disk's 150 MB/s. */
#define COMMIT_BYTES_MAX ((size_t)8 << 20)

struct committer {
    struct op_list gathered; /* the reactor's: submitted, not flushed */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct op_list pending; /* under the lock, as the next four: flushed, not taken */
    bool idle;              /* the thread waits: only then is it worth a signal */
    bool stopping;
    uint32_t records;            /* submitted, not committed */
    pthread_cond_t recorded;     /* there are none left */
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
    struct op_list pending; /* under the lock, as the rest */
    struct op_list scans;
    unsigned scanning; /* readers that are at a scan */
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
    char dir[PATH_MAX];
    char path[PATH_MAX];                                    /* of the database in it */
    struct salvage salvage;                                 /* under `trouble`'s lock once the parts are started */
    bool was_salvaged;                                      /* and nobody has said yet that all is well again */
    bool (*is_live)(struct bytes key, struct bytes object); /* as in the options */
    int version;                                            /* of the layout that was found, 0: none; see dir.h */
    atomic_int failure; /* 0, or why a write failed in RocksDB: its log is not touched any more */
    rocksdb_t *db;
    rocksdb_column_family_handle_t *families[FAMILY_COUNT];
    rocksdb_readoptions_t *read_cached;   /* from memory or not at all */
    rocksdb_readoptions_t *read_blocking; /* from wherever it is */
    rocksdb_writeoptions_t *write_durable;
    rocksdb_writeoptions_t *write_commit; /* as the durability says */
    struct trouble trouble;
    struct leaf_keeper keeper;
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

/* engine_want_salvage. From any thread. */
int rocksdb_want_repair(struct rocksdb_engine *engine, const char *why);

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

/* Commit what was submitted, and wait until no record is under way. */
void committer_settle_records(struct rocksdb_engine *engine);

/* Perform a scan, on a reader's thread. */
void rocksdb_fill_page(struct rocksdb_engine *engine, struct op *op);

/* rocksdb_commit.c, rocksdb_read.c, rocksdb_scan.c, rocksdb_meta.c: the table's functions. */
void rocksdb_submit_write(struct engine *engine, struct op *op);
void rocksdb_flush_writes(struct engine *engine);
enum engine_result rocksdb_get_cached(struct engine *engine, bool is_hint, struct bytes stored, struct blob **ret,
                                      int *ret_status);
void rocksdb_get_blocking(struct engine *engine, struct op *op);
void rocksdb_page(struct engine *engine, struct op *op);
int rocksdb_scan_slot(struct engine *engine, uint16_t slot, engine_visit *visit, void *context);
int rocksdb_put_record(struct engine *engine, const char *name, struct bytes value);
void rocksdb_add_record(struct rocksdb_engine *engine, const char *name, struct bytes value); /* to the batch */
int rocksdb_get_record(struct engine *engine, const char *name, struct buffer *ret);

/* The records that the engine keeps for itself beside those of engine_meta_put; see rocksdb_meta.c. */
#define ROCKSDB_CLOCK_KEY "i:clock"

/* In every family, from the day it was made, lies a record under this key, which is no object's, hint's or slot's. Each
 * family has a table by that, from which a repair knows the family; and if meta has lost it, meta has lost a table. */
#define ROCKSDB_MARK_KEY "\xff"

static inline bool rocksdb_is_mark(struct bytes key)
{
    return bytes_equal(key, bytes_of_text(ROCKSDB_MARK_KEY));
}

/* Load counts, leaves, clock and whether there is data, after opening. Errors: GR_EIO, GR_ECORRUPT, GR_ENOMEM. */
int rocksdb_load_state(struct rocksdb_engine *engine);

/* As before anything was loaded. */
void rocksdb_forget_state(struct rocksdb_engine *engine);

/* Errors: GR_ENOMEM. */
int leaf_keeper_init(struct leaf_keeper *keeper);
void leaf_keeper_done(struct leaf_keeper *keeper);
void leaf_keeper_forget(struct leaf_keeper *keeper); /* no committer */

/* The batch being built adds `delta` to a leaf. Committer only, as the next two. */
void leaf_keeper_change(struct leaf_keeper *keeper, uint16_t slot, unsigned leaf, uint64_t delta);

/* A slot's sums are these: they have been counted. No committer yet. */
void leaf_keeper_set(struct leaf_keeper *keeper, uint16_t slot, const uint64_t sums[LEAVES]);

/* Add what was changed to the batch and to the sums, and keep others from looking until the batch has been written, or
 * has failed, with `status`. Returns whether `clock` went into the batch along with it. */
bool rocksdb_begin_leaves(struct rocksdb_engine *engine, rocksdb_writebatch_t *batch, uint64_t clock);
void rocksdb_end_leaves(struct rocksdb_engine *engine, int status);

/* Add the sums that differ from what is written of them to the batch, and begin the journal anew. The lock is held, or
 * there is no committer yet. */
void rocksdb_put_sums(struct rocksdb_engine *engine, rocksdb_writebatch_t *batch);

/* A snapshot, and a slot's sums of the same moment; waits for a commit that is being written. From any thread. */
const rocksdb_snapshot_t *rocksdb_snapshot_leaves(struct rocksdb_engine *engine, uint16_t slot, uint64_t ret[LEAVES]);

/* A clock was found in the database. */
void rocksdb_load_clock(struct rocksdb_engine *engine, uint64_t clock);

/* Take an entry of the family in; they come in order. Errors: GR_ECORRUPT. */
int rocksdb_load_leaf_entry(struct rocksdb_engine *engine, struct bytes key, struct bytes value);

/* Make the list that engine_leaves gives. Errors: GR_ENOMEM. */
int rocksdb_list_leaves(struct rocksdb_engine *engine);

/* Count the leaves, or the live keys too, from the objects that are there, and keep that, durably. The state has been
 * loaded, no part has been started. Errors: GR_EIO, GR_ECORRUPT, GR_ENOSPC, GR_ENOMEM. */
enum rocksdb_recounted { RECOUNT_LEAVES, RECOUNT_ALL };
int rocksdb_recount(struct rocksdb_engine *engine, enum rocksdb_recounted what);

#endif
