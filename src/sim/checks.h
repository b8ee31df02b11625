/* What must hold, one file a checker. Each names the invariant it guards in world_violate:
 *
 *   "lost"       check_lost.c       an acknowledged write was on W disks, and in the end every owner includes it
 *   "lost"       check_siblings.c   a value leaves an object only because a later write saw it
 *   "deleted"    check_deleted.c    what was deleted and forgotten never comes back
 *   "accepted"   check_accepted.c   a write that could reach W nodes is accepted
 *   "dots"       check_dots.c       a dot names one write, and only its actor mints it
 *   "ring"       check_ring.c       all agree on membership and placement; owners distinct, loads even
 *   "bounds"     check_bounds.c     pools and queues keep their bounds, and empty when all is quiet
 *   "replay"     run.c              the same seed gives the same run
 *   "replies"    check_replies.c    each request gets one answer, in time
 *   "order"      check_order.c      what one client was told, a later one is not told otherwise
 *   "order"      check_append.c     what was appended is there, once, until something replaces the value
 *   "converged"  check_converged.c  when faults have stopped all owners become identical by themselves
 */
#ifndef GR_SIM_CHECKS_H
#define GR_SIM_CHECKS_H

#include "node/node.h"
#include "sim/history.h"
#include "sim/plan.h"

struct world;

/* --- dots: every version ever seen --- */

#define NO_VERSION UINT32_MAX

struct version {
    struct dot dot;
    uint64_t payload;   /* hash of it; 0 for a deletion */
    uint64_t seen_us;   /* first */
    uint32_t write;     /* operation that it is of; NO_WRITE for a deletion */
    uint32_t base;      /* of an APPEND: the operation whose value it was appended to; NO_WRITE: to nothing */
    struct names names; /* of all writes in the value */
    uint32_t next;      /* older version in the same bucket */
    uint32_t next_kept; /* older version of the key that nothing has superseded, or NO_VERSION */
    uint8_t key;
    bool deletion;
    bool superseded; /* a write that was minted later has covered it */
    uint8_t node;    /* that minted it */
};

struct sightings {
    struct version *list;
    uint32_t count, capacity;
    uint32_t *buckets; /* by dot: newest version, or NO_VERSION */
    uint32_t bucket_count;
    uint32_t kept[SIM_KEYS_MAX]; /* newest version that nothing has superseded, or NO_VERSION */
    uint64_t *digests;           /* open addressing: objects seen before need no second look */
    uint32_t digest_count, digest_capacity;
    bool tainted[SIM_KEYS_MAX]; /* a power cut took acknowledged writes of the key */
    bool full[SIM_KEYS_MAX];    /* an object of the key had a full context: a later one may have forgotten writes */
    bool hinted[SIM_KEYS_MAX];  /* a node that does not own the key keeps a hint of it: a stand-in took a write */
};

void sightings_init(struct sightings *sightings);
void sightings_done(struct sightings *sightings);

/* A write that `node` hands to an owner, perhaps with its dot. */
void check_dots_forwarded(struct world *world, unsigned node, const struct wire_forward *forward);

/* An object that `node` stores or sends to be stored. */
void check_dots_sighted(struct world *world, unsigned node, struct bytes key, struct bytes object);

/* When a version with the dot was first seen; UINT64_MAX: never. */
uint64_t check_dots_seen_us(const struct world *world, struct dot dot);

/* Was it a deletion, or superseded by a write that saw it, and may a context have been too full to tell (O5)? */
bool check_dots_crowded_out(const struct world *world, struct dot dot);

/* --- deleted --- */

/* A tombstone that some node has forgotten. */
struct grave {
    struct object tombstone;
    uint64_t at_us;
    uint8_t key;
};

struct graves {
    struct grave *list;
    uint32_t count, capacity;
};

void graves_done(struct graves *graves);

/* A node stores an object, or removes it. Before the disk has heard of it. */
void check_deleted_stored(struct world *world, unsigned node, unsigned key, const struct blob *value);
void check_deleted_removed(struct world *world, unsigned node, unsigned key);

/* Has some node forgotten, with a tombstone, that this version was there? */
bool check_deleted_forgot(const struct world *world, unsigned key, struct dot dot);

/* --- lost --- */

/* Looked at for the first time; `minted`: the version in it whose dot was not seen before, or NULL. */
void check_siblings_sighted(struct world *world, unsigned node, unsigned key, const struct object *object,
                            const struct version *minted);

void check_lost_on_acknowledged(struct world *world, uint32_t operation);

/* Some disk has lost completed writes, of the keys whose bits are set: excuse what no owner holds any more. */
void check_lost_on_power_cut(struct world *world, uint64_t keys);
void check_lost_at_end(struct world *world);

/* How many machines but `node` have a sound copy, as owners or for one, that includes the acknowledged write. Where
 * `node` has it, hints do not count: who kept one may be about to drop it, as delivered. */
unsigned check_lost_elsewhere(struct world *world, const struct operation *operation, unsigned node);

/* --- replies --- */

/* False when the reply is to no open request. */
bool check_replies_replied(struct world *world, unsigned node, const struct reply *reply);
void check_replies_copies(struct world *world, uint64_t token, uint8_t copies, bool final);

/* --- the others --- */

void check_bounds_step(struct world *world, unsigned node, unsigned effects);
void check_bounds_hints(struct world *world, unsigned node);
void check_bounds_at_end(struct world *world);
void check_accepted_replied(struct world *world, const struct operation *operation);
void check_ring(struct world *world);
void check_order_at_end(struct world *world);
void check_append_at_end(struct world *world);

/* Can what was told about the key be judged? If reads overlap writes, for lww keys writes do too, no power cut took
 * any, no stand-in has taken part, and no disk was lost. */
bool check_order_judges(const struct world *world, unsigned key);

/* Are all owners of all keys identical? */
bool check_converged_yet(struct world *world);
void check_converged_at_end(struct world *world);

/* Have hints been delivered, copies become identical, leaves right, and partitions filled? If not, `ret` says what is
 * missing. */
bool check_converged_by_itself(struct world *world, char *ret, size_t size);

/* The owners of a key as some member that runs sees them: ids; none while no member runs. */
bool check_is_owner(const struct world *world, unsigned key, uint64_t id);
const uint64_t *check_owners(const struct world *world, unsigned key, unsigned *ret_count);

#endif
