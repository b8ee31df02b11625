#include "store/deltas.h"

void deltas_add(struct deltas *deltas, uint16_t slot, int8_t delta)
{
    GR_ASSERT_LT(slot, KEY_SLOTS);
    if (delta == 0) {
        return;
    }
    if (!deltas->is_touched[slot]) {
        deltas->is_touched[slot] = true;
        deltas->touched[deltas->touched_count++] = slot;
    }
    deltas->by_slot[slot] += delta;
}

void deltas_clear(struct deltas *deltas)
{
    for (uint32_t i = 0; i < deltas->touched_count; i++) {
        deltas->by_slot[deltas->touched[i]] = 0;
        deltas->is_touched[deltas->touched[i]] = false;
    }
    deltas->touched_count = 0;
}
