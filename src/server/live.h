/* Counting and listing the live keys that this node's engine holds. */
#ifndef GR_SERVER_LIVE_H
#define GR_SERVER_LIVE_H

#include "store/engine.h"

/* Keys in the partitions whose bit is set (lowest bit first), of `partitions` in all; bits past the end are ignored. */
uint64_t live_in_partitions(struct engine *engine, struct bytes set, uint32_t partitions);

/* Keys in all slots. */
uint64_t live_in_all(struct engine *engine);

/* Up to `max` keys of a slot that are not deleted, in order of key; fewer when 16,384 objects or 8 MiB (and the object
 * that passes them) have been looked at, tombstones included. Blocks. Errors: as engine_scan; GR_ENOMEM. */
int live_visit(struct engine *engine, uint16_t slot, uint32_t max, void (*visit)(void *visitor, struct bytes key),
               void *visitor);

/* Does an object, as stored, count as a live key? A tombstone does not. One that fails its check does: whoever repairs
 * it takes it for one that was counted. For engine_options.is_live. */
bool live_is_live(struct bytes key, struct bytes object);

#endif
