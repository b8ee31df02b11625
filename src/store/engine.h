/* The narrow door to what keeps bytes: one interface, several engines.
 *
 * An engine belongs to one shard. The reactor thread calls everything here; an engine may have threads of its own
 * behind it (a commit thread, readers) but shows none of them: results wait in the engine until they are polled.
 *
 * G1  A write is complete (engine_poll yields it with status 0) only when it would survive what `durability` says:
 *     sync, the log is on disk; buffered, the engine's memory and the kernel have it.
 * G2  Writes to one key take effect in the order of submission. All writes submitted before one engine_flush may
 *     share one commit (group commit).
 * G3  A read shows every completed write, and may show submitted ones.
 * G4  The count of live keys of a slot changes in the same commit as the write that changes it.
 * G5  A read error is never "absent".
 * G6  Once a write has failed, every write submitted before engine_poll was called again after yielding that failure,
 *     and all others of the same commit, fails too: it was made on top of one that is not there.
 * G7  A leaf's sum (base/leaf.h) changes in the same commit as the object that changes it. Hints are in no leaf.
 * G8  Hints lie apart from objects (a column family of their own): one for each owner and key.
 */
#ifndef GR_STORE_ENGINE_H
#define GR_STORE_ENGINE_H

#include "base/blob.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/page.h"

enum engine_kind { ENGINE_ROCKSDB, ENGINE_MEMORY };
enum engine_durability { ENGINE_SYNC, ENGINE_BUFFERED };

struct engine_options {
    enum engine_kind kind;
    enum engine_durability durability;
    const char *dir;      /* created if missing; unused by memory */
    size_t cache_bytes;   /* block cache; 0 for the default */
    uint32_t pending_max; /* bound on submitted operations not yet polled, at least 1; more is GR_EBUSY */
    /* Is this object live, not a tombstone? Asked by engine_open only, when live keys have to be counted anew after a
     * salvage. NULL: all are. */
    bool (*is_live)(struct bytes key, struct bytes object);
    /* Called from any thread when engine_poll has something new to give; must only wake the reactor. */
    void (*wake)(void *context);
    void *wake_context;
};

struct engine;

/* What is read or written: an object, or the hint of one. */
struct engine_key {
    uint64_t owner; /* 0: the object itself; else the hint that is kept for this owner */
    uint16_t slot;
    struct bytes key;
};

/* One write. The key is copied; the value is referenced until completion. */
struct engine_write {
    uint64_t token; /* comes back in the completion */
    struct engine_key at;
    struct blob *value;  /* NULL: remove it */
    int8_t live_delta;   /* -1, 0, 1: change in the number of live keys of the slot; 0 for a hint */
    uint64_t leaf_delta; /* what to add to the key's leaf, modulo 2^64; 0 for a hint */
    uint64_t clock;      /* kept as the high-water mark, the greatest of all committed */
};

/* One page of a scan: the objects of a slot in key order, or hints in the order of owner, slot and key. */
struct engine_scan {
    uint64_t token;
    bool hints;
    bool one_owner;     /* hints: of this owner only; else of this and all greater ones */
    bool resumes;       /* begin behind (owner, slot, after), or with slot (and owner) */
    bool values;        /* the values too */
    bool counts;        /* objects: page.counted and page.kept too, at the price of reading all of the slot */
    uint16_t leaves;    /* objects: one bit for each leaf wanted */
    uint64_t owner;     /* hints */
    uint16_t slot;      /* objects: the slot. Hints: see resumes */
    struct bytes after; /* copied */
    uint32_t bytes_max; /* of the page */
};

enum engine_result { ENGINE_FOUND, ENGINE_ABSENT, ENGINE_FAILED };
enum engine_done { ENGINE_WRITTEN, ENGINE_READ, ENGINE_SCANNED };

/* What engine_poll yields. */
struct engine_completion {
    uint64_t token;
    enum engine_done kind;
    enum engine_result result; /* of a read */
    int status;         /* of a write or scan, and of a failed read: 0 or GR_EIO, GR_ENOSPC, GR_ECORRUPT, GR_ENOMEM */
    struct blob *value; /* of a read that found something: one reference, the caller's */
    struct page *page;  /* of a scan that succeeded: the caller's to free */
};

/* Open or create. On failure `error_text` (of error_size bytes) says what to do about it and names the file.
 * Errors: GR_EACCES, GR_EINUSE, GR_EINVAL (not a directory), GR_ECORRUPT, GR_EVERSION (written by a later gramme),
 * GR_EIO, GR_ENOSPC, GR_ENOMEM. */
int engine_open(const struct engine_options *options, char *error_text, size_t error_size, struct engine **ret);

/* Commit what was submitted, flushed or not, then close and free; completions not polled by then are dropped. NULL is
 * allowed. */
void engine_close(struct engine *engine);

/* Read without blocking if the value is in memory. Returns
 *   ENGINE_FOUND   with one reference in `ret`,
 *   ENGINE_ABSENT,
 *   ENGINE_FAILED  with the reason in `ret_status`; GR_EAGAIN: it would block, call engine_get_later. */
enum engine_result engine_get(struct engine *engine, const struct engine_key *at, struct blob **ret, int *ret_status);

/* Read on another thread; completes through engine_poll. The key is copied. Needs no flush.
 * Errors: GR_EBUSY, GR_ENOMEM. */
int engine_get_later(struct engine *engine, uint64_t token, const struct engine_key *at);

/* Read a page on another thread; completes through engine_poll. All of it is of one moment. Without `counts` nothing
 * outside the page is read; with it, the counts are of the whole slot also where the scan resumes or leaves are left
 * out. Errors: GR_EBUSY, GR_ENOMEM. */
int engine_page(struct engine *engine, const struct engine_scan *scan);

/* Add to the kept sums of a slot's leaves what engine_page has found missing, and keep the clock as a write does, but
 * synced, buffered or not; completes through engine_poll as a write. Errors: GR_EBUSY, GR_ENOMEM. */
int engine_mend(struct engine *engine, uint64_t token, uint16_t slot, const uint64_t delta[LEAVES], uint64_t clock);

/* Queue a write. Errors: GR_EBUSY, GR_ENOMEM (nothing is kept then). */
int engine_submit(struct engine *engine, const struct engine_write *write);

/* Everything submitted since the last flush may go. Called once a tick. */
void engine_flush(struct engine *engine);

/* Take up to `max` completions; returns how many. */
unsigned engine_poll(struct engine *engine, struct engine_completion *ret, unsigned max);

/* Live keys of a slot as of the last completed write. */
uint64_t engine_live(struct engine *engine, uint16_t slot);

/* The greatest clock of all completed writes; 0 when there is none. */
uint64_t engine_clock(struct engine *engine);

/* Every leaf sum that is not 0, as of opening, by slot and leaf; the engine's until engine_forget_leaves. */
const struct leaf_sum *engine_leaves(struct engine *engine, size_t *ret_count);
void engine_forget_leaves(struct engine *engine);

/* Files that could not be read were put aside when the engine was opened. Stays true over restarts until
 * engine_salvage_done. The text names the files. Until then, whatever this engine has acknowledged before the salvage:
 *
 *     objects, hints   any may be missing, be older than it was, or be back although it was removed
 *     counts, leaves   are those of the objects that are there
 *     engine_clock     may be lower than it was, even 0, and lower than clocks in objects that are there: it lies in
 *                      files of its own, and is not made anew from objects, which the engine does not interpret
 *     records          of engine_meta_put: any may be missing (GR_ENOENT) or be older than it was; when all are gone,
 *                      engine_open fails unless the log alone had them */
bool engine_was_salvaged(struct engine *engine, char *ret_text, size_t text_size);
int engine_salvage_done(struct engine *engine); /* errors: as engine_meta_put */

/* Let the next opening put aside what cannot be read, whole files of it: a damaged block fails every scan of its slots,
 * even when all its objects have been written anew. After a write has failed with GR_ECORRUPT it does so in any case.
 * Blocks. Errors: as engine_meta_put. */
int engine_want_salvage(struct engine *engine, const char *why);

/* Has a write met a full disk where the reserve did not help (space.h)? Then none is taken until the engine is opened
 * anew, and so many bytes should be free for that (space_can_take). Else 0. While it is 0 it costs next to nothing,
 * else a look at the directory. */
uint64_t engine_reopen_bytes(struct engine *engine);

/* Has any object ever been stored, a tombstone too? */
bool engine_holds_data(struct engine *engine);

/* One object of a scan; key and value are borrowed until it returns. False ends the scan. It must not call the
 * engine. */
typedef bool engine_visit(void *context, struct bytes key, struct bytes value);

/* Visit the completed objects of a slot in key order; stops when `visit` returns false. Blocks: for small or background
 * use. Errors: GR_EIO, GR_ECORRUPT, GR_ENOMEM. */
int engine_scan(struct engine *engine, uint16_t slot, engine_visit *visit, void *context);

/* Small records beside the objects (identity, membership), always durable on return. Blocks; a put comes after all
 * records that were submitted before.
 * Errors: GR_ENOENT (get only), GR_EIO, GR_ENOSPC, GR_ETOOBIG (the buffer's bound). */
int engine_meta_put(struct engine *engine, const char *name, struct bytes value);
int engine_meta_get(struct engine *engine, const char *name, struct buffer *ret);

/* The same as a write: queued, durable under any durability when it completes through engine_poll. The value is copied.
 * Errors: GR_EBUSY, GR_ENOMEM. */
int engine_meta_put_later(struct engine *engine, uint64_t token, const char *name, struct bytes value);

/* Commits made since the engine was opened; each is one wait for the log (sync), however many writes shared it. */
uint64_t engine_commits(struct engine *engine);

/* What the engine itself said about its newest failed write or read, naming the file, for the log; "" when nothing
 * has failed. A status says what to do, this says why. */
void engine_trouble(struct engine *engine, char *ret_text, size_t text_size);

#endif
