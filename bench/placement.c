/* How even the fold places partitions, and what joins, leaves and deaths cost: one line a case, for comparison with
 * other placements. Same seeds, same figures; only the time differs.
 *
 *     ninja -C build bench-placement && build/bench-placement
 *
 *   max/mean    the largest of pieces/weight over its mean; "floor" is the least that the zones permit:
 *               (1/3) / (the smallest zone's part of the weight), or 1 with more zones than copies
 *   join        pieces that change their owner when one more node joins / pieces that it ends up with (mean of 2)
 *   leave       the same when one leaves / pieces that it held (mean of 2)
 *   death       the largest rise of load on any other node when one dies and its reads go to the other owners
 *   lead        the largest |partitions led - fair part| of any node, in partitions
 *   build       milliseconds to fold the whole log
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/assert.h"
#include "base/rng.h"
#include "ring/placement.h"

#define REPLICAS 3u
#define TRIALS 2u

struct row {
    unsigned nodes;
    unsigned zones;
    uint16_t weight_max;
    uint32_t partitions;
};

static const struct row rows[] = {
    {3, 1, 1, 1024},    {10, 1, 1, 1024},   {10, 3, 1, 1024},    {100, 3, 1, 1024},
    {30, 3, 1, 4096},   {30, 3, 4, 4096},   {100, 3, 1, 16384},  {100, 3, 4, 16384},
    {100, 5, 4, 16384}, {300, 3, 1, 16384}, {1000, 3, 4, 16384},
};

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void add(struct ring_log *log, struct ring_entry entry)
{
    GR_ASSERT_EQ(ring_log_add(log, &entry), 1);
}

static struct ring_entry join_of(const struct row *row, struct rng *rng, unsigned number)
{
    struct ring_entry entry = {.stamp = number + 1, .node = rng_next(rng) | 1, .kind = RING_JOIN};
    entry.weight = (uint16_t)rng_between(rng, 1, row->weight_max);
    snprintf(entry.zone, sizeof entry.zone, "zone-%u", number % row->zones);
    return entry;
}

static struct placement *build(const struct ring_log *log, const struct row *row)
{
    struct placement *placement = NULL;
    GR_ASSERT_EQ(placement_build(log, row->partitions, REPLICAS, &placement), 0);
    return placement;
}

static bool owns(const struct placement *placement, uint32_t partition, uint64_t node)
{
    const uint64_t *owners = placement_owners(placement, (uint16_t)partition);
    for (unsigned r = 0; r < placement_replicas(placement); r++) {
        if (owners[r] == node) {
            return true;
        }
    }
    return false;
}

static uint32_t moved(const struct placement *before, const struct placement *after)
{
    uint32_t count = 0;
    for (uint32_t p = 0; p < placement_partitions(after); p++) {
        for (unsigned r = 0; r < placement_replicas(after); r++) {
            count += !owns(before, p, placement_owners(after, (uint16_t)p)[r]);
        }
    }
    return count;
}

static double total_weight(const struct placement *placement, const char *zone)
{
    double sum = 0;
    for (unsigned i = 0; i < placement_members(placement); i++) {
        uint64_t node = placement_member(placement, i);
        if (zone == NULL || strcmp(placement_zone(placement, node), zone) == 0) {
            sum += placement_weight(placement, node);
        }
    }
    return sum;
}

static double unevenness(const struct placement *placement)
{
    double worst = 0;
    for (unsigned i = 0; i < placement_members(placement); i++) {
        uint64_t node = placement_member(placement, i);
        double rate = placement_pieces(placement, node) / (double)placement_weight(placement, node);
        worst = rate > worst ? rate : worst;
    }
    return worst * total_weight(placement, NULL) / (placement_partitions(placement) * (double)REPLICAS);
}

static double zone_floor(const struct placement *placement, const struct row *row)
{
    double least = 1;
    for (unsigned i = 0; i < placement_members(placement); i++) {
        const char *zone = placement_zone(placement, placement_member(placement, i));
        double part = total_weight(placement, zone) / total_weight(placement, NULL);
        least = part < least ? part : least;
    }
    return row->zones == REPLICAS && least < 1.0 / REPLICAS ? 1.0 / REPLICAS / least : 1;
}

/* Reads of a dead node's partitions are shared by the other owners. */
static double rise_at_death(const struct placement *placement, uint64_t dead)
{
    double worst = 0;
    for (unsigned i = 0; i < placement_members(placement); i++) {
        uint64_t node = placement_member(placement, i);
        uint32_t shared = 0;
        for (uint32_t p = 0; node != dead && p < placement_partitions(placement); p++) {
            shared += owns(placement, p, dead) && owns(placement, p, node);
        }
        double rise = shared / (REPLICAS - 1.0) / placement_pieces(placement, node);
        worst = rise > worst ? rise : worst;
    }
    return worst;
}

static double worst_lead(const struct placement *placement)
{
    double worst = 0;
    for (unsigned i = 0; i < placement_members(placement); i++) {
        uint64_t node = placement_member(placement, i);
        double off = -(double)placement_pieces(placement, node) / placement_replicas(placement);
        for (uint32_t p = 0; p < placement_partitions(placement); p++) {
            off += placement_owners(placement, (uint16_t)p)[0] == node;
        }
        worst = off > worst ? off : worst;
        worst = -off > worst ? -off : worst;
    }
    return worst;
}

/* The placement after one more entry on a copy of the log. */
static struct placement *build_with(const struct ring_log *log, const struct row *row, struct ring_entry entry)
{
    struct ring_log longer;
    ring_log_init(&longer);
    for (uint32_t i = 0; i < log->count; i++) {
        add(&longer, log->entries[i]);
    }
    add(&longer, entry);
    struct placement *after = build(&longer, row);
    ring_log_done(&longer);
    return after;
}

static double join_cost(const struct ring_log *log, const struct row *row, const struct placement *before,
                        struct rng *rng)
{
    double sum = 0;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        struct ring_entry entry = join_of(row, rng, row->nodes + trial);
        struct placement *after = build_with(log, row, entry);
        sum += moved(before, after) / (double)placement_pieces(after, entry.node);
        placement_free(after);
    }
    return sum / TRIALS;
}

static double leave_cost(const struct ring_log *log, const struct row *row, const struct placement *before,
                         struct rng *rng)
{
    double sum = 0;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        uint64_t node = placement_member(before, (unsigned)rng_below(rng, row->nodes));
        struct ring_entry entry = {.stamp = row->nodes + 1, .node = node, .kind = RING_LEAVE};
        struct placement *after = build_with(log, row, entry);
        sum += moved(before, after) / (double)placement_pieces(before, node);
        placement_free(after);
    }
    return sum / TRIALS;
}

static void measure(const struct row *row)
{
    struct rng rng;
    struct ring_log log;
    rng_init(&rng, 1);
    ring_log_init(&log);
    for (unsigned i = 0; i < row->nodes; i++) {
        add(&log, join_of(row, &rng, i));
    }
    double start = now_ms();
    struct placement *placement = build(&log, row);
    double took = now_ms() - start;
    printf("%5u %5u   1-%u %6u  %8.4f %7.4f  %6.3f", row->nodes, row->zones, row->weight_max, row->partitions,
           unevenness(placement), zone_floor(placement, row), join_cost(&log, row, placement, &rng));
    if (row->nodes > REPLICAS) {
        printf("  %6.3f", leave_cost(&log, row, placement, &rng));
    } else {
        printf("  %6s", "-");
    }
    printf("  %5.1f%%  %5.2f  %7.1f\n", 100 * rise_at_death(placement, placement_member(placement, row->nodes / 2)),
           worst_lead(placement), took);
    fflush(stdout);
    placement_free(placement);
    ring_log_done(&log);
}

int main(void)
{
    printf("nodes zones weight      Q  max/mean   floor    join   leave   death   lead    build\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        measure(&rows[i]);
    }
    return 0;
}
