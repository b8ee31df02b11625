/* How far deletions have been forgotten: for each partition a clock value at or above the dots of all tombstones that
 * went from here.
 *
 * A copy that a salvage has brought up, and that no other owner holds, may be of a deleted key. The owners that forgot
 * the deletion tell it from a write that came later, as nobody mints at or below a forgotten dot (reap.h P3).
 *
 * L1  A floor at or above its dot is kept durably before a tombstone goes (node_state), and never falls.
 * L2  Co-owners have the same: it is part of what roots are compared by, and one that has a lower one takes the
 *     other's. So it outlives a lost disk.
 * L3  The clock follows it, like any dot.
 */
#ifndef GR_NODE_FLOOR_H
#define GR_NODE_FLOOR_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "ring/slot.h"

struct node;

struct floors {
    uint64_t by_partition[RING_SLOTS]; /* clock values; 0: nothing was forgotten */
    uint32_t count;                    /* that are not 0 */
    struct buffer encoded;
};

void floors_init(struct floors *floors);
void floors_done(struct floors *floors);

/* A tombstone with this newest dot goes from here next, or went from a co-owner. Saves if that is news. */
void floor_raise(struct node *node, uint16_t partition, uint64_t hlc);

uint64_t floor_of(const struct node *node, uint16_t partition);

/* The root of a partition as co-owners compare it (L2). */
uint64_t floor_root(const struct node *node, uint16_t partition);

/* As part of node_state (state.h): u16 partition, u64 floor; each. Empty when there is none, or when out of memory.
 * Valid until the next call. */
struct bytes floors_encode(struct floors *floors);

/* Before the first step. Errors: GR_ECORRUPT. */
int floors_restore(struct floors *floors, struct bytes encoded);

#endif
