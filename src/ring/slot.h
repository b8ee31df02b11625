/* Slots and partitions: where a key lies before anyone owns it.
 *
 * A slot is CRC16-XMODEM(key) mod 16384 with hash tags, exactly as Redis Cluster specifies; a partition is one of Q
 * equal runs of slots.
 */
#ifndef GR_RING_SLOT_H
#define GR_RING_SLOT_H

#include "base/bytes.h"

#define RING_SLOTS 16384u

/* The slot of a key: of what stands between the first '{' and the next '}' if that is not empty, else of all. */
uint16_t ring_slot(struct bytes key);

/* The partition of a slot when there are `partitions` (a power of two, at most RING_SLOTS). */
uint16_t ring_partition(uint16_t slot, uint32_t partitions);

/* The first slot of a partition; its run is RING_SLOTS / partitions long. */
uint16_t ring_first_slot(uint16_t partition, uint32_t partitions);

#endif
