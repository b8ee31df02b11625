/* Partitions of which this node may lack objects that it owns: it took a lost node's place, or its store has lost a
 * file (design.md section 4: an "absent" from an owner still filling does not count).
 *
 * U1  A partition is filling until, since it began, it was compared with every other owner and what differed was
 *     repaired. With one owner alone there is nobody to fill from.
 * U2  What is filling is part of node_state: a restart does not forget it.
 * U3  An owner that is filling takes writes, and gives what it holds; where it holds nothing it says GR_ENOCOPY.
 */
#ifndef GR_NODE_FILL_H
#define GR_NODE_FILL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/bytes.h"

struct node;

struct fill {
    uint8_t *missing; /* by partition: one bit for each place among the owners still to be compared with; 0: filled */
    uint32_t count;   /* partitions filling */
    struct buffer encoded;
};

void fill_init(struct fill *fill);
void fill_done(struct fill *fill);

/* Everything that this node owns must be fetched anew. Saves. */
void fill_start_all(struct node *node);

/* The partition was compared with `peer`, and everything that differed was repaired. Saves when that was the last. */
void fill_compared(struct node *node, uint16_t partition, uint64_t peer);

/* Is something of the partition perhaps missing here? */
bool fill_is_filling(const struct node *node, uint16_t partition);

/* As part of node_state; empty when nothing is filling. Errors of restore: GR_ECORRUPT, GR_ENOMEM. */
struct bytes fill_encode(struct fill *fill);
int fill_restore(struct node *node, struct bytes encoded);

#endif
