/* Reading and writing the fold's table: the few questions that all steps ask. */
#include "base/assert.h"
#include "ring/fold.h"

unsigned fold_copies(const struct fold *fold)
{
    return fold->members < fold->replicas ? fold->members : fold->replicas;
}

unsigned fold_zone_limit(const struct fold *fold)
{
    return fold->zones_live == 0 ? 0 : (fold_copies(fold) + fold->zones_live - 1) / fold->zones_live;
}

void fold_give(struct fold *fold, uint32_t place, unsigned slot)
{
    unsigned before = fold->own[place];
    if (before != FOLD_NOBODY) {
        GR_ASSERT_LT(0, fold->nodes[before].load);
        fold->nodes[before].load--;
    }
    if (slot != FOLD_NOBODY) {
        GR_ASSERT(!fold_holds(fold, place / fold->replicas, slot));
        fold->nodes[slot].load++;
    }
    fold->own[place] = (uint16_t)slot;
}

bool fold_holds(const struct fold *fold, uint32_t partition, unsigned slot)
{
    const uint16_t *own = &fold->own[partition * fold->replicas];
    for (unsigned r = 0; r < fold->replicas; r++) {
        if (own[r] == slot) {
            return true;
        }
    }
    return false;
}

unsigned fold_neighbours(const struct fold *fold, uint32_t place, uint16_t zone)
{
    uint32_t first = place - place % fold->replicas;
    unsigned count = 0;
    for (uint32_t other = first; other < first + fold->replicas; other++) {
        unsigned slot = fold->own[other];
        count += other != place && slot != FOLD_NOBODY && fold->nodes[slot].zone == zone;
    }
    return count;
}

enum fold_effect fold_effect(const struct fold *fold, uint32_t place, unsigned slot)
{
    unsigned now = fold_neighbours(fold, place, fold->nodes[fold->own[place]].zone);
    unsigned then = fold_neighbours(fold, place, fold->nodes[slot].zone);
    if (then <= now) {
        return then < now ? FOLD_MENDS : FOLD_KEEPS;
    }
    return then < fold_zone_limit(fold) ? FOLD_COSTS : FOLD_BREAKS;
}
