/* One lane for each object or hint that has a write under way on this node: writes to a key go one after another.
 *
 * A coordinator must mint a dot only on top of every dot it minted for that key before, and a replica must merge into
 * what it stored last, not into what it read before. So whoever changes a key enters its lane; the lane reads the key
 * once, lets its visitors work on the object in turn, each without a pause, and remembers the result while stores are
 * open: the next visitor need not wait for the disk.
 *
 * A1  A visitor runs only while the lane holds the newest object of the key: stored, or on its way to the store.
 * A2  Stores of a key are recorded in the order in which visitors ran.
 * A3  After a store has failed nobody knows what is on disk: new visitors wait until no store is open, then the key is
 *     read again.
 * A4  A failed read is the visitors' failure, never an absent key. A copy that failed its check may be replaced by one
 *     that did not, or go when no other owner has the key (discard.h), and nothing else: visitors are told GR_ECORRUPT
 *     and may store all the same.
 *
 *              load answered                    a store failed
 *   LOADING ------------------> READY (visits) ----------------> STALE
 *      |  load failed: visitors told, gone       |  last store done,     | last store done: LOADING if anyone
 *      v                                         v  nobody waits: gone   v waits, else gone
 */
#ifndef GR_NODE_LANE_H
#define GR_NODE_LANE_H

#include "base/arena.h"
#include "base/blob.h"
#include "node/pool.h"

struct node;
struct lane;

/* Embedded in what wants to change a key. */
struct lane_visitor {
    /* Called once, in the lane's turn: status 0, or why the key cannot be read. May call lane_store if the status is 0
     * or GR_ECORRUPT; may not enter. */
    void (*visit)(struct node *node, struct lane_visitor *visitor, struct lane *lane, int status);
    struct lane *waits_in; /* NULL once visited or withdrawn */
    struct lane_visitor *next;
    struct lane_visitor *prev;
};

struct lanes {
    struct pool pool;
    struct lane *by_key; /* uthash */
};

/* Room for `capacity` keys. Errors: GR_ENOMEM. */
int lanes_init(struct lanes *lanes, uint32_t capacity);
void lanes_done(struct lanes *lanes);

/* Visit as soon as it may be, perhaps before returning. `owner` 0: the object itself; else the hint that is kept for
 * this owner. The key is copied. Errors: GR_EBUSY (no lane is free). */
int lane_enter(struct node *node, uint64_t owner, uint16_t slot, struct bytes key, struct lane_visitor *visitor);

/* Stop waiting; nothing if it does not wait. */
void lane_withdraw(struct lane_visitor *visitor);

/* The newest object, encoded; empty: absent. Borrowed from the lane until the next lane_store. */
struct bytes lane_object(const struct lane *lane);

/* During a visit: the object does not decode; it counts as one that failed its check (A4). */
void lane_note_damage(struct lane *lane);

/* During a visit: make `object` the newest and record its store, which will be answered with `token`. Takes over one
 * reference. NULL: remove what is there. */
void lane_store(struct node *node, struct lane *lane, struct blob *object, int8_t live_delta, uint64_t token);

/* How many stores are open. */
unsigned lane_stores(const struct lane *lane);

/* Is a store of an object of the slot open? Looks at all lanes: for background work. */
bool lanes_store_open(const struct node *node, uint16_t slot);

/* The store that was recorded last by lane_store(lane) has been answered. The lane may be gone afterwards. */
void lane_stored(struct node *node, struct lane *lane, int status);

/* EFFECT_LOAD with a lane's token has been answered. `value` is borrowed; NULL: absent. */
void lane_loaded(struct node *node, uint64_t token, int status, struct blob *value);

#endif
