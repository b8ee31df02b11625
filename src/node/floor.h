/* How far deletions have been forgotten: for each partition a clock value at or above the dots of all tombstones that
 * went from here.
 *
 * A copy that a salvage has brought up, and that no other owner holds, may be of a deleted key. The owners that forgot
 * the deletion tell it from a write that came later: from the time when a deletion is forgotten nobody mints at or
 * below the floor, as all members have followed it before (reap.h P3).
 *
 * L1  A floor at or above its dot is kept durably before a tombstone goes (node_state): the removal waits until a save
 *     is known to have succeeded. A floor that a removal went by never falls.
 * L2  Co-owners have the same: it is part of what roots are compared by, and one that has a lower one takes the
 *     other's. So it outlives a lost disk.
 * L3  The clock is at or above every floor that a removal went by, in later lives too. It follows a co-owner's like
 *     any dot, as far as it does; where an owner's clock is too far behind for that, it mints above the floor all the
 *     same. A floor beyond FLOOR_AHEAD_MAX_MS is not taken, whoever names it: else one message would make all that a
 *     partition holds look deleted, for ever.
 */
#ifndef GR_NODE_FLOOR_H
#define GR_NODE_FLOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "ring/slot.h"

struct node;

#define FLOOR_AHEAD_MAX_MS 3600000u /* of the wall clock: clocks differ by minutes, and not by hours */

struct floors {
    uint64_t by_partition[RING_SLOTS]; /* clock values; 0: nothing was forgotten */
    uint64_t raised_at[RING_SLOTS];    /* which raise of this life it was; 0: none */
    uint32_t count;                    /* that are not 0 */
    uint64_t raises;                   /* so far */
    uint64_t kept;                     /* raises that are kept durably, */
    uint64_t asked;                    /* and with the save under way */
    struct buffer encoded;
};

void floors_init(struct floors *floors);
void floors_done(struct floors *floors);

/* Tombstones up to here go from this node next, or went from a co-owner. Saves, soon, what is not kept yet. Does
 * nothing when it is too far ahead (L3). */
void floor_raise(struct node *node, uint16_t partition, uint64_t hlc);

/* Is it so high, and kept so? If not, reap_floors_saved tells when a save that was asked for is over. */
bool floor_is_kept(const struct node *node, uint16_t partition, uint64_t hlc);

/* A save of node_state begins; it is over (save.h). */
void floors_begin_save(struct node *node);
void floors_saved(struct node *node, int status);

uint64_t floor_of(const struct node *node, uint16_t partition);

/* The root of a partition as co-owners compare it (L2). */
uint64_t floor_root(const struct node *node, uint16_t partition);

/* As part of node_state (state.h): u16 partition, u64 floor; each. Empty when there is none, or when out of memory.
 * Valid until the next call. */
struct bytes floors_encode(struct floors *floors);

/* Before the first step. `ret_highest` is the highest of them. Errors: GR_ECORRUPT. */
int floors_restore(struct floors *floors, struct bytes encoded, uint64_t *ret_highest);

#endif
