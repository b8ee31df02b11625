/* Two nodes differ, but no piece of the one fits the other: it holds only partitions that the other is in, or whose
 * spread would break. Then a third node passes one on: it takes a piece from the first and gives another to the
 * second, and its own count stays. */
#include "ring/fold.h"

#define NO_PLACE UINT32_MAX

static void note_takers(struct fold *fold, uint32_t place, enum fold_effect worst)
{
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        bool may_take = fold->nodes[slot].live && !fold_holds(fold, place / fold->replicas, slot);
        if (may_take && fold->relay_in[slot] == NO_PLACE && fold_effect(fold, place, slot) <= worst) {
            fold->relay_in[slot] = place;
        }
    }
}

/* For each node the first place it could take from `from`, and the first it could give to `to`. */
static void note_all(struct fold *fold, unsigned from, unsigned to, enum fold_effect worst)
{
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        fold->relay_in[slot] = NO_PLACE;
        fold->relay_out[slot] = NO_PLACE;
    }
    for (uint32_t place = 0; place < fold_places(fold); place++) {
        unsigned owner = fold->own[place];
        if (owner == from) {
            note_takers(fold, place, worst);
        } else if (owner != FOLD_NOBODY && fold->relay_out[owner] == NO_PLACE &&
                   !fold_holds(fold, place / fold->replicas, to) && fold_effect(fold, place, to) <= worst) {
            fold->relay_out[owner] = place;
        }
    }
}

bool fold_relay(struct fold *fold, unsigned from, unsigned to, enum fold_effect worst)
{
    unsigned best = FOLD_NOBODY;
    note_all(fold, from, to, worst);
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        bool can = fold->relay_in[slot] != NO_PLACE && fold->relay_out[slot] != NO_PLACE;
        if (can && (best == FOLD_NOBODY || fold->nodes[slot].id < fold->nodes[best].id)) {
            best = slot;
        }
    }
    if (best == FOLD_NOBODY) {
        return false;
    }
    /* Two different partitions: it is not in the first, and is in the second. */
    fold_give(fold, fold->relay_out[best], to);
    fold_give(fold, fold->relay_in[best], best);
    return true;
}
