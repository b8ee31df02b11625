/* How many pieces each node should own: in proportion to weights, as far as two rules let it.
 *
 *   - no node owns more than one piece of a partition, so none more than `partitions`;
 *   - spread: a zone holds at most ceil(copies / zones) pieces of a partition, and is not loaded to more than 1.5
 *     times its share for that. Where the zones cannot hold everything under both bounds (a new, tiny third zone),
 *     spread gives way, and all is by weight.
 *
 * What a bound keeps from one is shared by the others in proportion: water-filling. Shares are rounded up to
 * 1/FOLD_PIECE, so that a quota of a whole number of pieces never falls just short of it.
 */
#include "base/assert.h"
#include "ring/fold.h"

__extension__ typedef unsigned __int128 wide; /* total (34 bits) x share (34 bits) */

/* Mark what is full at the present rate, left/weight of its pool. Filling one raises the rate of the others, so what
 * was full stays full, and the outcome does not depend on the order. */
static bool fill_round(struct fold_fill *fills, unsigned count, struct fold_pool *pools)
{
    bool changed = false;
    for (unsigned i = 0; i < count; i++) {
        struct fold_fill *fill = &fills[i];
        struct fold_pool *pool = &pools[fill->pool];
        if (fill->full || (wide)pool->left * fill->weight < (wide)fill->cap * pool->weight) {
            continue;
        }
        fill->full = true;
        fill->share = fill->cap;
        pool->left -= fill->cap;
        pool->weight -= fill->weight;
        changed = true;
    }
    return changed;
}

/* Give each its share of its pool. The caps of a pool must add up to its total at least. */
static void fill_up(struct fold_fill *fills, unsigned count, struct fold_pool *pools)
{
    while (fill_round(fills, count, pools)) {
    }
    for (unsigned i = 0; i < count; i++) {
        const struct fold_pool *pool = &pools[fills[i].pool];
        if (!fills[i].full && fills[i].weight > 0) {
            fills[i].share = (uint64_t)(((wide)pool->left * fills[i].weight + pool->weight - 1) / pool->weight);
        }
    }
}

static uint64_t node_cap(const struct fold *fold)
{
    return (uint64_t)fold->partitions * FOLD_PIECE;
}

static uint64_t total_of(const struct fold *fold)
{
    return fold_copies(fold) * node_cap(fold);
}

/* Quotas as if there were no zones. */
static void fill_by_weight(struct fold *fold)
{
    fold->pools[0] = (struct fold_pool){.left = total_of(fold)};
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        const struct fold_node *node = &fold->nodes[slot];
        uint64_t weight = node->live ? node->weight : 0;
        fold->fills[slot] = (struct fold_fill){.weight = weight, .cap = node_cap(fold), .full = !node->live};
        fold->pools[0].weight += weight;
    }
    fill_up(fold->fills, fold->slots, fold->pools);
}

/* What each zone would hold by weight, as the weight of its fill, and its cap. Returns the sum of the caps. */
static uint64_t cap_zones(struct fold *fold)
{
    for (unsigned z = 0; z < fold->zone_slots; z++) {
        fold->zone_fills[z] = (struct fold_fill){.full = fold->zones[z].nodes == 0};
    }
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        fold->zone_fills[fold->nodes[slot].zone].weight += fold->nodes[slot].live ? fold->fills[slot].share : 0;
    }
    uint64_t sum = 0;
    for (unsigned z = 0; z < fold->zone_slots; z++) {
        struct fold_fill *fill = &fold->zone_fills[z];
        uint64_t most = node_cap(fold) *
                        (fold->zones[z].nodes < fold_zone_limit(fold) ? fold->zones[z].nodes : fold_zone_limit(fold));
        uint64_t fair = fill->weight + fill->weight / 2;
        fill->cap = most < fair ? most : fair;
        sum += fill->cap;
    }
    return sum;
}

static void fill_zones(struct fold *fold)
{
    fold->pools[0] = (struct fold_pool){.left = total_of(fold)};
    for (unsigned z = 0; z < fold->zone_slots; z++) {
        fold->pools[0].weight += fold->zone_fills[z].weight;
    }
    fill_up(fold->zone_fills, fold->zone_slots, fold->pools);
}

/* Share out among each zone's nodes what the zone has got. */
static void fill_within_zones(struct fold *fold)
{
    for (unsigned z = 0; z < fold->zone_slots; z++) {
        fold->pools[z] = (struct fold_pool){.left = fold->zone_fills[z].share, .weight = fold->zone_fills[z].weight};
    }
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        const struct fold_node *node = &fold->nodes[slot];
        uint64_t weight = fold->fills[slot].share;
        fold->fills[slot] = (struct fold_fill){
            .weight = node->live ? weight : 0, .cap = node_cap(fold), .pool = node->zone, .full = !node->live};
    }
    fill_up(fold->fills, fold->slots, fold->pools);
}

static bool any_zone_full(const struct fold *fold)
{
    for (unsigned z = 0; z < fold->zone_slots; z++) {
        if (fold->zones[z].nodes > 0 && fold->zone_fills[z].full) {
            return true;
        }
    }
    return false;
}

void fold_quotas(struct fold *fold)
{
    if (fold->members == 0) {
        return;
    }
    fill_by_weight(fold);
    fold->spread_rules = cap_zones(fold) >= total_of(fold);
    if (fold->spread_rules) {
        fill_zones(fold);
        if (any_zone_full(fold)) {
            fill_within_zones(fold);
        }
    }
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        fold->nodes[slot].quota = (int64_t)fold->fills[slot].share;
    }
}
