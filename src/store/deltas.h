/* The changes of one commit to the live-key counts, summed by slot: one merge a slot instead of one a write. */
#ifndef GR_STORE_DELTAS_H
#define GR_STORE_DELTAS_H

#include "store/key.h"

/* A zeroed one is empty. */
struct deltas {
    int32_t by_slot[KEY_SLOTS];
    uint16_t touched[KEY_SLOTS]; /* the slots with a change, each once, in order of first change */
    bool is_touched[KEY_SLOTS];
    uint32_t touched_count;
};

/* Add `delta` to the slot's change. */
void deltas_add(struct deltas *deltas, uint16_t slot, int8_t delta);

/* Forget all changes; costs what was touched, not the number of slots. */
void deltas_clear(struct deltas *deltas);

#endif
