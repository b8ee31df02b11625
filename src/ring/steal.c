/* A node below its quota takes pieces from the others: each time the best candidate of the donor that is most above its
 * own quota. A candidate is a piece of a partition that the taker is not in; those that mend the spread go first, then
 * those that keep it, each by hash(partition, taker).
 *
 * The candidates of a donor are a heap, since of many only a few are taken.
 */
#include "base/assert.h"
#include "base/hash.h"
#include "ring/fold.h"

#define HASH_BITS 62 /* of an order, below its effect */

static bool is_before(const struct fold_candidate *a, const struct fold_candidate *b)
{
    return a->order != b->order ? a->order < b->order : a->place < b->place;
}

/* Let the candidate at `hole` sink to where it is not after its children. */
static void sink(struct fold_candidate *heap, uint32_t count, uint32_t hole)
{
    struct fold_candidate sinking = heap[hole];
    for (;;) {
        uint32_t child = 2 * hole + 1;
        if (child + 1 < count && is_before(&heap[child + 1], &heap[child])) {
            child++;
        }
        if (child >= count || !is_before(&heap[child], &sinking)) {
            heap[hole] = sinking;
            return;
        }
        heap[hole] = heap[child];
        hole = child;
    }
}

static uint32_t pop(struct fold *fold, unsigned donor)
{
    struct fold_pile *pile = &fold->piles[donor];
    struct fold_candidate *heap = &fold->candidates[pile->first];
    GR_ASSERT_LT(0, pile->count);
    uint32_t place = heap[0].place;
    heap[0] = heap[--pile->count];
    if (pile->count > 0) {
        sink(heap, pile->count, 0);
    }
    return place;
}

static void offer_partition(struct fold *fold, uint32_t partition, unsigned taker, enum fold_effect worst)
{
    uint64_t hash = hash_pair(partition, fold->nodes[taker].id) >> (64 - HASH_BITS);
    uint32_t first = partition * fold->replicas;
    for (uint32_t place = first; place < first + fold->replicas; place++) {
        if (fold->own[place] == FOLD_NOBODY) {
            continue;
        }
        enum fold_effect effect = fold_effect(fold, place, taker);
        if (effect <= worst) {
            struct fold_pile *pile = &fold->piles[fold->own[place]];
            uint64_t order = (uint64_t)effect << HASH_BITS | hash;
            fold->candidates[pile->first + pile->count++] = (struct fold_candidate){order, place};
        }
    }
}

static void pile_up(struct fold *fold, unsigned taker, enum fold_effect worst)
{
    uint32_t first = 0;
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        fold->piles[slot] = (struct fold_pile){.first = first};
        first += fold->nodes[slot].load;
    }
    for (uint32_t partition = 0; partition < fold->partitions; partition++) {
        if (!fold_holds(fold, partition, taker)) {
            offer_partition(fold, partition, taker, worst);
        }
    }
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        const struct fold_pile *pile = &fold->piles[slot];
        for (uint32_t hole = pile->count / 2; hole-- > 0;) {
            sink(&fold->candidates[pile->first], pile->count, hole);
        }
    }
}

/* Of those with candidates left, the one with the largest excess; FOLD_NOBODY if there is none. */
static unsigned richest(const struct fold *fold)
{
    unsigned best = FOLD_NOBODY;
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        if (fold->piles[slot].count == 0) {
            continue;
        }
        int64_t more = best == FOLD_NOBODY ? 1 : fold_excess(fold, slot) - fold_excess(fold, best);
        if (more > 0 || (more == 0 && fold->nodes[slot].id < fold->nodes[best].id)) {
            best = slot;
        }
    }
    return best;
}

void fold_steal(struct fold *fold, unsigned taker, int64_t least_excess, enum fold_effect worst)
{
    const struct fold_node *node = &fold->nodes[taker];
    pile_up(fold, taker, worst);
    while (node->load < (uint64_t)node->quota / FOLD_PIECE) {
        unsigned donor = richest(fold);
        if (donor == FOLD_NOBODY || fold_excess(fold, donor) < least_excess) {
            return;
        }
        uint32_t place = pop(fold, donor);
        if (!fold_holds(fold, place / fold->replicas, taker)) {
            fold_give(fold, place, taker);
        }
    }
}
