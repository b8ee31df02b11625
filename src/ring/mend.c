/* Where spread rules, no partition has more replicas in a zone than fold_zone_limit. Joins and leaves keep that by
 * themselves; it needs mending when zones came or changed, or after spread had given way. */
#include "ring/fold.h"

/* The replica to move out of a zone that holds too many of this partition: of its owners there, the one with the
 * largest excess gives. False when all is well. */
static bool find_surplus(const struct fold *fold, uint32_t partition, uint32_t *ret_place)
{
    uint32_t first = partition * fold->replicas;
    unsigned best = FOLD_NOBODY;
    for (uint32_t place = first; place < first + fold->replicas; place++) {
        unsigned slot = fold->own[place];
        if (slot == FOLD_NOBODY || fold_neighbours(fold, place, fold->nodes[slot].zone) < fold_zone_limit(fold)) {
            continue;
        }
        int64_t more = best == FOLD_NOBODY ? 1 : fold_excess(fold, slot) - fold_excess(fold, best);
        if (more > 0 || (more == 0 && fold->nodes[slot].id < fold->nodes[best].id)) {
            best = slot;
            *ret_place = place;
        }
    }
    return best != FOLD_NOBODY;
}

/* Each move lowers the number of pairs in one zone, so this ends. */
static void mend_partition(struct fold *fold, uint32_t partition)
{
    uint32_t place = 0;
    while (find_surplus(fold, partition, &place)) {
        unsigned heir = fold_heir(fold, place);
        if (heir == FOLD_NOBODY || fold_effect(fold, place, heir) != FOLD_MENDS) {
            return;
        }
        fold_give(fold, place, heir);
    }
}

void fold_mend(struct fold *fold)
{
    for (uint32_t partition = 0; fold->spread_rules && partition < fold->partitions; partition++) {
        mend_partition(fold, partition);
    }
}
