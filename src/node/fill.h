/* Partitions of which this node may lack objects that it owns: it took a lost node's place, or its store has lost a
 * file. Its "absent" does not count then.
 *
 * U1  A partition is filling until, since it began, it was compared with every other owner and what differed was
 *     repaired. With one owner alone there is nobody to fill from.
 * U2  What is filling is part of node_state: a restart does not forget it, but what was compared last (save.h I2).
 * U3  An owner that is filling takes writes, and gives what it holds; where it holds nothing it says GR_ENOCOPY.
 * U4  After a salvage what is held may be older than it was: a deleted key may be there again. Until a partition has
 *     filled, what it holds is in doubt, and said to be so (doubt.h). Likewise the hints of before, until none is left.
 */
#ifndef GR_NODE_FILL_H
#define GR_NODE_FILL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "ring/placement.h"
#include "ring/slot.h"

struct node;

#define FILL_HINTS UINT16_MAX /* in the place of a partition */
#define FILL_IN_DOUBT 0x80u
_Static_assert(RING_REPLICAS_MAX < 8, "the highest bit is free");

/* What the holder of a copy says of itself: a field of get_ack. */
enum fill_standing {
    FILL_WHOLE,    /* what is not here is not there */
    FILL_MISSING,  /* objects may be missing */
    FILL_DOUBTFUL, /* and what is here may have been deleted (U4) */
};

struct fill {
    uint8_t missing[RING_SLOTS]; /* by partition: one bit for each place among the owners still to be compared with;
                                  * with them FILL_IN_DOUBT (U4) */
    uint32_t count;              /* partitions filling: those with a bit */
    bool hints_in_doubt;         /* U4 */
    bool unsaved;
    struct buffer encoded;
};

void fill_init(struct fill *fill);
void fill_done(struct fill *fill);

/* Everything that this node owns must be fetched anew; `in_doubt`: after a salvage (U4). Saves, and has it compared
 * soon. Nothing while there is no placement. */
void fill_start_all(struct node *node, bool in_doubt);

/* The partition was compared with `peer` since, and everything that differed was repaired. fill_save follows. */
void fill_compared(struct node *node, uint16_t partition, uint64_t peer);

/* Keeps it soon, if it has changed. */
void fill_save(struct node *node);

/* Owners may have other places now: what is filling, and owned still, is to be compared with all of them. `is_first`:
 * there was no placement before, and the bits are those that were saved together with this one. */
void fill_placement_changed(struct node *node, bool is_first);

/* Is something of the partition perhaps missing here? */
bool fill_is_filling(const struct node *node, uint16_t partition);

enum fill_standing fill_standing(const struct node *node, uint16_t partition);

/* Is what is kept for others in doubt? */
bool fill_doubts_hints(const struct node *node);

/* The doubt about it ends, and that is saved, when nothing of before is left. */
void fill_settle_hints(struct node *node);

/* Is there anything to encode? */
bool fill_has_any(const struct fill *fill);

/* As part of node_state (state.h): u16 partition, u8 its bits; each; with FILL_HINTS for the partition where hints are
 * in doubt. Empty when there is nothing, or when out of memory. Valid until the next call. */
struct bytes fill_encode(struct fill *fill);

/* Before the first step. Errors: GR_ECORRUPT. */
int fill_restore(struct fill *fill, struct bytes encoded);

#endif
