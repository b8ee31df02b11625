#include "base/hash.h"
#include "ring/fold.h"

struct claim {
    unsigned slot;
    unsigned neighbours;
    int64_t excess;
};

/* Less company in the zone first, then the lower excess, then the lower hash: is `a` to be preferred? */
static bool is_better(const struct fold *fold, uint32_t partition, struct claim a, struct claim b)
{
    if (b.slot == FOLD_NOBODY || a.neighbours != b.neighbours) {
        return b.slot == FOLD_NOBODY || a.neighbours < b.neighbours;
    }
    if (a.excess != b.excess) {
        return a.excess < b.excess;
    }
    uint64_t id_a = fold->nodes[a.slot].id;
    uint64_t id_b = fold->nodes[b.slot].id;
    uint64_t hash_a = hash_pair(partition, id_a);
    uint64_t hash_b = hash_pair(partition, id_b);
    return hash_a != hash_b ? hash_a < hash_b : id_a < id_b;
}

unsigned fold_heir(const struct fold *fold, uint32_t place)
{
    uint32_t partition = place / fold->replicas;
    struct claim best = {.slot = FOLD_NOBODY};
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        if (!fold->nodes[slot].live || fold_holds(fold, partition, slot)) {
            continue;
        }
        struct claim claim = {slot, fold_neighbours(fold, place, fold->nodes[slot].zone), fold_excess(fold, slot)};
        if (is_better(fold, partition, claim, best)) {
            best = claim;
        }
    }
    return best.slot;
}
