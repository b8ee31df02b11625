/* One entry of the log, as a step of the fold: what each kind of change does to the table. */
#include "base/assert.h"
#include "ring/fold.h"

/* A node that takes its quota stops at donors more than a piece below their own. */
#define DONOR_EXCESS_MIN (-FOLD_PIECE)

static uint32_t empty_place(const struct fold *fold, uint32_t partition)
{
    uint32_t place = partition * fold->replicas;
    while (fold->own[place] != FOLD_NOBODY) {
        place++;
    }
    GR_ASSERT_EQ(place / fold->replicas, partition);
    return place;
}

unsigned fold_join(struct fold *fold, uint64_t id, uint16_t weight, const char *zone)
{
    bool has_empty_places = fold->members < fold->replicas;
    unsigned slot = fold_add_member(fold, id, weight, zone);
    fold_quotas(fold);
    for (uint32_t partition = 0; has_empty_places && partition < fold->partitions; partition++) {
        fold_give(fold, empty_place(fold, partition), slot);
    }
    fold_steal(fold, slot, DONOR_EXCESS_MIN, fold_worst(fold));
    fold_mend(fold);
    fold_even(fold);
    return slot;
}

void fold_leave(struct fold *fold, unsigned slot)
{
    fold_drop_member(fold, slot);
    fold_quotas(fold);
    for (uint32_t place = 0; place < fold_places(fold); place++) {
        if (fold->own[place] == slot) {
            fold_give(fold, place, fold_heir(fold, place));
        }
    }
    GR_ASSERT_EQ(fold->nodes[slot].load, 0);
    fold_mend(fold);
    fold_even(fold);
}

/* Give away what is above the quota, as a leaver would, where the spread allows it. */
static void shed(struct fold *fold, unsigned slot)
{
    for (uint32_t place = 0; place < fold_places(fold) && fold_excess(fold, slot) >= FOLD_PIECE; place++) {
        unsigned heir = fold->own[place] == slot ? fold_heir(fold, place) : FOLD_NOBODY;
        if (heir == FOLD_NOBODY || fold_excess(fold, heir) > fold_excess(fold, slot) - 2 * FOLD_PIECE) {
            continue;
        }
        if (fold_effect(fold, place, heir) <= fold_worst(fold)) {
            fold_give(fold, place, heir);
        }
    }
}

void fold_change(struct fold *fold, unsigned slot, uint16_t weight, const char *zone)
{
    fold->nodes[slot].weight = weight;
    fold_set_zone(fold, slot, zone);
    fold_quotas(fold);
    fold_mend(fold);
    if (fold_excess(fold, slot) <= -FOLD_PIECE) {
        fold_steal(fold, slot, DONOR_EXCESS_MIN, fold_worst(fold));
    } else {
        shed(fold, slot);
    }
    fold_even(fold);
}

void fold_replace(struct fold *fold, unsigned slot, uint64_t id, const char *zone)
{
    fold->nodes[slot].holder = id;
    if (zone[0] != '\0') {
        fold_set_zone(fold, slot, zone);
    }
}
