/* Evening out what the other steps leave.
 *
 * First, while some node is a piece above its quota, those a piece below fill up in one go each, the lowest first; most
 * of what a change of zones needs is done here. Then single pieces move between the pair of nodes that differ most,
 * until none differ by two pieces: so nodes of equal quota own counts that differ by one at most.
 *
 * Where spread rules no move may break it; moves that cost something of it come last in any case.
 */
#include "base/hash.h"
#include "ring/fold.h"

/* Quotas are rounded up by a few 1/FOLD_PIECE (quota.c); without this, that would hide a difference of just two. */
#define ROUNDING 16
#define UNEVEN (2 * FOLD_PIECE - ROUNDING)

static bool is_forgotten(const struct fold *fold, unsigned from, unsigned to)
{
    return (fold->forgotten[from][to / 8] >> (to % 8) & 1) != 0;
}

static void forget(struct fold *fold, unsigned from, unsigned to)
{
    fold->forgotten[from][to / 8] |= (uint8_t)(1u << (to % 8));
}

static void forget_nothing(struct fold *fold)
{
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        memset(fold->forgotten[slot], 0, (fold->slots + 7) / 8);
    }
}

struct pair {
    unsigned from;
    unsigned to;
    int64_t difference; /* of their excesses */
};

static bool is_better_pair(const struct fold *fold, struct pair a, struct pair b)
{
    if (b.from == FOLD_NOBODY || a.difference != b.difference) {
        return b.from == FOLD_NOBODY || a.difference > b.difference;
    }
    uint64_t from_a = fold->nodes[a.from].id;
    uint64_t from_b = fold->nodes[b.from].id;
    return from_a != from_b ? from_a < from_b : fold->nodes[a.to].id < fold->nodes[b.to].id;
}

struct range {
    int64_t lowest;
    int64_t highest;
};

static struct range excess_range(const struct fold *fold)
{
    struct range range = {INT64_MAX, INT64_MIN};
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        int64_t excess = fold_excess(fold, slot);
        if (fold->nodes[slot].live) {
            range.lowest = excess < range.lowest ? excess : range.lowest;
            range.highest = excess > range.highest ? excess : range.highest;
        }
    }
    return range;
}

/* The uneven pair not forgotten that differs most; from is FOLD_NOBODY if there is none. */
static struct pair widest_pair(const struct fold *fold)
{
    struct pair best = {.from = FOLD_NOBODY, .difference = UNEVEN};
    int64_t lowest = excess_range(fold).lowest;
    for (unsigned from = 0; from < fold->slots; from++) {
        if (!fold->nodes[from].live || fold_excess(fold, from) - lowest < best.difference) {
            continue;
        }
        for (unsigned to = 0; to < fold->slots; to++) {
            struct pair pair = {from, to, fold_excess(fold, from) - fold_excess(fold, to)};
            if (fold->nodes[to].live && pair.difference >= best.difference && !is_forgotten(fold, from, to) &&
                is_better_pair(fold, pair, best)) {
                best = pair;
            }
        }
    }
    return best;
}

/* The best piece to move within the pair, or fold_places when none fits. */
static uint32_t best_place(const struct fold *fold, struct pair pair, enum fold_effect worst)
{
    uint32_t best = fold_places(fold);
    enum fold_effect best_effect = FOLD_BREAKS;
    uint64_t best_hash = 0;
    for (uint32_t place = 0; place < fold_places(fold); place++) {
        uint32_t partition = place / fold->replicas;
        if (fold->own[place] != pair.from || fold_holds(fold, partition, pair.to)) {
            continue;
        }
        enum fold_effect effect = fold_effect(fold, place, pair.to);
        uint64_t hash = hash_pair(partition, fold->nodes[pair.to].id);
        bool better = best == fold_places(fold) || effect < best_effect || (effect == best_effect && hash < best_hash);
        if (effect <= worst && better) {
            best = place;
            best_effect = effect;
            best_hash = hash;
        }
    }
    return best;
}

/* The member most below its quota, a piece at least, that is not forgotten as a taker; FOLD_NOBODY if there is none. */
static unsigned neediest(const struct fold *fold)
{
    unsigned best = FOLD_NOBODY;
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        if (!fold->nodes[slot].live || fold_excess(fold, slot) > ROUNDING - FOLD_PIECE ||
            is_forgotten(fold, slot, slot)) {
            continue;
        }
        int64_t less = best == FOLD_NOBODY ? 1 : fold_excess(fold, best) - fold_excess(fold, slot);
        if (less > 0 || (less == 0 && fold->nodes[slot].id < fold->nodes[best].id)) {
            best = slot;
        }
    }
    return best;
}

static void fill_needy(struct fold *fold, enum fold_effect worst)
{
    while (excess_range(fold).highest >= FOLD_PIECE - ROUNDING) {
        unsigned slot = neediest(fold);
        if (slot == FOLD_NOBODY) {
            return;
        }
        fold_steal(fold, slot, FOLD_PIECE - ROUNDING, worst);
        forget(fold, slot, slot);
    }
}

/* Each move (or relay) lowers the sum of the squares of the excesses, and each pair is forgotten once at most, so this
 * ends. Returns whether anything moved. */
static bool move_singly(struct fold *fold, enum fold_effect worst)
{
    bool moved = false;
    forget_nothing(fold);
    for (struct pair pair = widest_pair(fold); pair.from != FOLD_NOBODY; pair = widest_pair(fold)) {
        uint32_t place = best_place(fold, pair, worst);
        if (place < fold_places(fold)) {
            fold_give(fold, place, pair.to);
            moved = true;
        } else if (fold_relay(fold, pair.from, pair.to, worst)) {
            moved = true;
        } else {
            forget(fold, pair.from, pair.to);
        }
    }
    return moved;
}

void fold_even(struct fold *fold)
{
    for (enum fold_effect worst = FOLD_KEEPS; worst <= fold_worst(fold); worst++) {
        forget_nothing(fold);
        fill_needy(fold, worst);
    }
    while (move_singly(fold, fold_worst(fold))) {
        /* again: what moved may have opened a way for pairs forgotten before */
    }
}
