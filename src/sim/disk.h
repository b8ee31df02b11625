/* A machine's disk behind the rules G1-G7 of store/engine.h: a log of writes in order of submission over a base that
 * is safe. Objects, hints and the leaves of the trees are kept apart, and share the log.
 *
 *        base                log: head ────────────────────────── tail
 *   safe from power cuts     completed, in the page cache │ under way
 *                            (only when buffered)         │
 *
 * D1  Writes complete in order of submission. When durability is sync, what is completed is in the base.
 * D2  A process that dies leaves the base and what is completed, and of the writes under way a part: for each object,
 *     and each hint, a prefix. A power cut leaves the base, and of all the log such a part.
 * D3  A failed write may have reached the disk or not, when the error is GR_EIO; never, when it is GR_ENOSPC. What was
 *     submitted behind it for the same object or hint before its failure was known fails too, without a trace.
 * D4  What a write adds to a leaf, and to the live keys, it adds exactly when its value is there.
 */
#ifndef GR_SIM_DISK_H
#define GR_SIM_DISK_H

#include "base/blob.h"
#include "base/leaf.h"
#include "base/rng.h"
#include "sim/keys.h"

struct disk_write {
    uint64_t token;
    uint64_t clock;
    uint64_t completed_us;
    uint64_t owner;      /* of a hint: whom it is kept for; 0: an object */
    uint64_t leaf_delta; /* for the key's leaf */
    struct blob *value;  /* NULL: remove it */
    struct blob *asked;  /* what was to be written, until it is completed */
    struct blob *mend;   /* LEAVES numbers to add to the leaves of the slot; there is no key then */
    int status;          /* of its completion */
    int8_t live_delta;
    uint8_t key;
    uint8_t leaf; /* of the key */
    uint16_t slot;
    bool traceless; /* failed, and left nothing */
};

struct disk_hint {
    uint64_t owner;
    uint8_t key;
    struct blob *value;
    struct blob *older; /* the last one before; not told by disk_next_hint */
};

#define DISK_OLDER_MAX 4u /* versions of an object that lie in files under the newest */

struct disk {
    struct blob *base[SIM_KEYS_MAX];
    struct blob *older[SIM_KEYS_MAX][DISK_OLDER_MAX]; /* the newest of them first; NULL: no more */
    int32_t live[SIM_KEYS_MAX];                       /* sum of live_delta: 1 or 0 when the node counts right */
    struct disk_hint *hints;                          /* in the order of first storing */
    uint32_t hints_count, hints_capacity;
    struct leaf_sum *leaves; /* those that were ever written to */
    uint32_t leaves_count, leaves_capacity;
    uint64_t clock;
    uint64_t sync_lag_us; /* how long a completed write waits in the page cache; 0 for sync */
    uint64_t busy_until_us;
    struct disk_write *log;
    uint32_t head, completed, tail; /* indices: head <= completed <= tail */
    uint32_t capacity;
    bool ever_written;
};

void disk_init(struct disk *disk, uint64_t sync_lag_us);
void disk_done(struct disk *disk);

/* Copies the write; its blobs get a reference more. */
void disk_submit(struct disk *disk, const struct disk_write *write);

/* The oldest write under way is done now. The result stays valid until the next call. */
const struct disk_write *disk_complete(struct disk *disk, uint64_t now_us);

/* The process is gone: end what is under way. One bit for each key of which a completed write was lost (power cut,
 * buffered). */
uint64_t disk_crash(struct disk *disk, struct rng *rng, uint64_t now_us, bool power_cut);

/* Is a write of the object or hint under way that will fail? */
bool disk_is_failing(const struct disk *disk, uint64_t owner, unsigned key);

/* What a reader sees of an object (owner 0) or hint: the newest completed value, or with `submitted` the newest of all.
 * Borrowed; NULL: absent. */
struct blob *disk_read(const struct disk *disk, uint64_t owner, unsigned key, bool submitted);

/* All that a node that stores the key in order may take for its newest object: what has been completed last, and what
 * is under way, even if it will fail; with `hints`, hints under way too. *cursor starts at 0; NULL at the end.
 * Borrowed. */
const struct blob *disk_next_view(const struct disk *disk, unsigned key, bool hints, uint32_t *cursor);

/* The hints as completed so far: whose, and of which key. *cursor starts at 0; false at the end. */
bool disk_next_hint(const struct disk *disk, uint32_t *cursor, struct disk_hint *ret);

/* How many hints there are, and their bytes; completed writes only. */
uint32_t disk_hints(const struct disk *disk, uint64_t *ret_bytes);

/* Live keys as counted, completed writes only. */
int32_t disk_live(const struct disk *disk, unsigned key);

/* The sums kept of a slot's leaves, completed writes only. */
void disk_kept(const struct disk *disk, uint16_t slot, uint64_t ret[LEAVES]);

/* The leaves that are not 0, of a disk that is not in use. Borrowed until the next write. */
const struct leaf_sum *disk_leaves(struct disk *disk, size_t *ret_count);

/* Flip one bit of a completed object or hint; false when there is none. */
bool disk_rot(struct disk *disk, struct rng *rng, uint64_t owner, unsigned key);

/* Files of a disk that is not in use are lost: some older version of the object, and of the hints of the key, is the
 * newest again. False when there is none. Leaves and live keys are to be counted anew. */
bool disk_set_back(struct disk *disk, struct rng *rng, unsigned key);

/* Count anew: first nothing, then object by object. */
void disk_count_none(struct disk *disk);
void disk_count(struct disk *disk, unsigned key, uint16_t slot, unsigned leaf, bool is_live);

/* Greatest clock of all completed writes. */
uint64_t disk_clock(const struct disk *disk);

static inline bool disk_is_quiet(const struct disk *disk)
{
    return disk->completed == disk->tail;
}

#endif
