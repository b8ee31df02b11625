#include "unit/ring/cells.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/hash.h"
#include "ring/life.h"

struct ring_entry cell_join(uint64_t stamp, uint64_t node, uint16_t weight, const char *zone)
{
    struct ring_entry entry = {.stamp = stamp, .node = node, .kind = RING_JOIN, .weight = weight};
    memcpy(entry.zone, zone, strlen(zone) + 1);
    return entry;
}

struct ring_entry cell_change(uint64_t stamp, uint64_t node, enum ring_change kind)
{
    return (struct ring_entry){.stamp = stamp, .node = node, .kind = (uint8_t)kind};
}

struct ring_entry cell_replace(uint64_t stamp, uint64_t node, uint64_t replaces, const char *zone)
{
    struct ring_entry entry = cell_change(stamp, node, RING_REPLACE);
    entry.replaces = replaces;
    memcpy(entry.zone, zone, strlen(zone) + 1);
    return entry;
}

bool cell_is_member(const struct ring_log *log, uint64_t node)
{
    struct ring_lives lives;
    GR_ASSERT_EQ(ring_lives_init(&lives, log), 0);
    for (uint32_t i = 0; i < log->count; i++) {
        ring_lives_step(&lives, &log->entries[i]);
    }
    const struct ring_life *life = ring_lives_find(&lives, node);
    bool member = life != NULL && life->member;
    ring_lives_done(&lives);
    return member;
}

void cell_add(struct ring_log *log, struct ring_entry entry)
{
    GR_ASSERT_EQ(ring_log_add(log, &entry), 1);
}

static void name_zone(uint64_t number, char ret[RING_ZONE_MAX + 1])
{
    snprintf(ret, RING_ZONE_MAX + 1, "zone-%u", (unsigned)number);
}

void cell_grow(struct ring_log *log, struct rng *rng, unsigned nodes, unsigned zones, uint16_t weight_max)
{
    for (unsigned i = 0; i < nodes; i++) {
        struct ring_entry entry = cell_join(i + 1, rng_next(rng) | 1, (uint16_t)rng_between(rng, 1, weight_max), "");
        name_zone(i % zones, entry.zone);
        cell_add(log, entry);
    }
}

void cell_churn(struct ring_log *log, struct rng *rng, uint64_t stamp, unsigned nodes, unsigned zones)
{
    struct ring_entry entry = cell_change(stamp, rng_between(rng, 1, nodes), RING_JOIN);
    bool is_member = cell_is_member(log, entry.node);
    entry.kind = is_member ? (uint8_t)rng_between(rng, RING_JOIN, RING_ZONE) : RING_JOIN;
    if (entry.kind == RING_JOIN || entry.kind == RING_WEIGHT) {
        entry.weight = (uint16_t)(rng_chance(rng, 100000) ? rng_between(rng, 1, 65535) : rng_between(rng, 1, 4));
    }
    if (entry.kind == RING_JOIN || entry.kind == RING_ZONE) {
        name_zone(rng_below(rng, zones), entry.zone);
    }
    cell_add(log, entry);
}

struct placement *cell_build(const struct ring_log *log, uint32_t partitions, unsigned replicas)
{
    struct placement *placement = NULL;
    GR_ASSERT_EQ(placement_build(log, partitions, replicas, &placement), 0);
    return placement;
}

bool cell_equal(const struct placement *a, const struct placement *b)
{
    if (placement_members(a) != placement_members(b) || placement_replicas(a) != placement_replicas(b)) {
        return false;
    }
    size_t row = placement_replicas(a) * sizeof(uint64_t);
    for (uint32_t p = 0; p < placement_partitions(a); p++) {
        if (row > 0 && memcmp(placement_owners(a, (uint16_t)p), placement_owners(b, (uint16_t)p), row) != 0) {
            return false;
        }
    }
    return true;
}

static bool is_among(const uint64_t *ids, unsigned count, uint64_t id)
{
    for (unsigned i = 0; i < count; i++) {
        if (ids[i] == id) {
            return true;
        }
    }
    return false;
}

static bool is_near(const struct placement *placement, const uint64_t *owners, uint64_t id)
{
    for (unsigned r = 0; r < placement_replicas(placement); r++) {
        if (strcmp(placement_zone(placement, owners[r]), placement_zone(placement, id)) == 0) {
            return true;
        }
    }
    return false;
}

static void check_preference(const struct placement *placement, uint16_t partition)
{
    uint64_t list[RING_MEMBERS_MAX];
    unsigned replicas = placement_replicas(placement);
    const uint64_t *owners = placement_owners(placement, partition);
    unsigned count = placement_preference(placement, partition, list, RING_MEMBERS_MAX);
    GR_ASSERT_EQ(count, placement_members(placement));
    for (unsigned i = 0; i < count; i++) {
        GR_ASSERT(placement_zone(placement, list[i]) != NULL);
        GR_ASSERT(!is_among(list, i, list[i]));
        GR_ASSERT(i >= replicas || list[i] == owners[i]);
        if (i > replicas) {
            bool near = is_near(placement, owners, list[i]);
            bool near_before = is_near(placement, owners, list[i - 1]);
            GR_ASSERT(near_before || !near);
            GR_ASSERT(near != near_before || hash_pair(partition, list[i - 1]) >= hash_pair(partition, list[i]));
        }
    }
    uint64_t shorter[4];
    unsigned few = placement_preference(placement, partition, shorter, 4);
    GR_ASSERT_EQ(few, count < 4 ? count : 4);
    GR_ASSERT(memcmp(list, shorter, few * sizeof *list) == 0);
}

void cell_check(const struct placement *placement)
{
    unsigned replicas = placement_replicas(placement);
    uint32_t counted[RING_MEMBERS_MAX] = {0};
    for (uint32_t p = 0; p < placement_partitions(placement); p++) {
        const uint64_t *owners = placement_owners(placement, (uint16_t)p);
        for (unsigned r = 0; r < replicas; r++) {
            GR_ASSERT(placement_zone(placement, owners[r]) != NULL);
            GR_ASSERT(!is_among(owners, r, owners[r]));
        }
        for (unsigned i = 0; i < placement_members(placement); i++) {
            counted[i] += is_among(owners, replicas, placement_member(placement, i));
        }
    }
    for (unsigned i = 0; i < placement_members(placement); i++) {
        GR_ASSERT_EQ(counted[i], placement_pieces(placement, placement_member(placement, i)));
        GR_ASSERT(i == 0 || placement_member(placement, i - 1) < placement_member(placement, i));
    }
    for (uint32_t p = 0; p < placement_partitions(placement); p += 1 + placement_partitions(placement) / 8) {
        check_preference(placement, (uint16_t)p);
    }
}

/* Shares of `total` by `weight` where `pool` is `wanted`, none above its cap: find the rate by bisection. */
static void fill(const double *weight, const double *cap, const unsigned *pool, unsigned wanted, unsigned count,
                 double total, double *ret)
{
    double low = 0;
    double high = 1e18;
    for (unsigned round = 0; round < 400; round++) {
        double rate = (low + high) / 2;
        double sum = 0;
        for (unsigned i = 0; i < count; i++) {
            if (pool[i] == wanted) {
                ret[i] = rate * weight[i] < cap[i] ? rate * weight[i] : cap[i];
                sum += ret[i];
            }
        }
        *(sum < total ? &low : &high) = rate;
    }
}

/* Number the zones by their first member. Returns how many there are. */
static unsigned number_zones(const struct placement *placement, unsigned *ret)
{
    unsigned zones = 0;
    for (unsigned i = 0; i < placement_members(placement); i++) {
        const char *zone = placement_zone(placement, placement_member(placement, i));
        unsigned same = 0;
        while (strcmp(placement_zone(placement, placement_member(placement, same)), zone) != 0) {
            same++;
        }
        ret[i] = same < i ? ret[same] : zones++;
    }
    return zones;
}

unsigned cell_zones(const struct placement *placement)
{
    unsigned zone[RING_MEMBERS_MAX];
    return number_zones(placement, zone);
}

bool cell_quotas(const struct placement *placement, unsigned replicas, double *ret)
{
    static const unsigned one_pool[RING_MEMBERS_MAX];
    unsigned count = placement_members(placement);
    double partitions = placement_partitions(placement);
    double total = partitions * (count < replicas ? count : replicas);
    double weight[RING_MEMBERS_MAX];
    double cap[RING_MEMBERS_MAX];
    unsigned zone[RING_MEMBERS_MAX];
    unsigned zones = number_zones(placement, zone);
    for (unsigned i = 0; i < count; i++) {
        weight[i] = placement_weight(placement, placement_member(placement, i));
        cap[i] = partitions;
    }
    fill(weight, cap, one_pool, 0, count, total, ret);

    double zone_weight[RING_MEMBERS_MAX] = {0};
    double zone_cap[RING_MEMBERS_MAX];
    double zone_nodes[RING_MEMBERS_MAX] = {0};
    double zone_share[RING_MEMBERS_MAX];
    for (unsigned i = 0; i < count; i++) {
        zone_weight[zone[i]] += ret[i];
        zone_nodes[zone[i]]++;
        weight[i] = ret[i];
    }
    double limit = zones == 0 ? 0 : (unsigned)((total / partitions + zones - 1) / zones);
    double room = 0;
    for (unsigned z = 0; z < zones; z++) {
        zone_cap[z] = partitions * (zone_nodes[z] < limit ? zone_nodes[z] : limit);
        zone_cap[z] = zone_cap[z] < 1.5 * zone_weight[z] ? zone_cap[z] : 1.5 * zone_weight[z];
        room += zone_cap[z];
    }
    if (room < total * (1 - 1e-9)) {
        return false;
    }
    fill(zone_weight, zone_cap, one_pool, 0, zones, total, zone_share);
    for (unsigned z = 0; z < zones; z++) {
        fill(weight, cap, zone, z, count, zone_share[z], ret);
    }
    return true;
}

uint32_t cell_crowded(const struct placement *placement, unsigned limit)
{
    uint32_t crowded = 0;
    for (uint32_t p = 0; p < placement_partitions(placement); p++) {
        const uint64_t *owners = placement_owners(placement, (uint16_t)p);
        unsigned most = 0;
        for (unsigned r = 0; r < placement_replicas(placement); r++) {
            unsigned same = 0;
            for (unsigned s = 0; s < placement_replicas(placement); s++) {
                same += strcmp(placement_zone(placement, owners[r]), placement_zone(placement, owners[s])) == 0;
            }
            most = same > most ? same : most;
        }
        crowded += most > limit;
    }
    return crowded;
}

uint32_t cell_moved(const struct placement *before, const struct placement *after)
{
    uint32_t moved = 0;
    for (uint32_t p = 0; p < placement_partitions(after); p++) {
        const uint64_t *owners = placement_owners(after, (uint16_t)p);
        for (unsigned r = 0; r < placement_replicas(after); r++) {
            moved += !is_among(placement_owners(before, (uint16_t)p), placement_replicas(before), owners[r]);
        }
    }
    return moved;
}

double cell_unevenness(const struct placement *placement)
{
    double weights = 0;
    double worst = 0;
    for (unsigned i = 0; i < placement_members(placement); i++) {
        uint64_t node = placement_member(placement, i);
        double rate = placement_pieces(placement, node) / (double)placement_weight(placement, node);
        weights += placement_weight(placement, node);
        worst = rate > worst ? rate : worst;
    }
    return worst * weights / (placement_partitions(placement) * (double)placement_replicas(placement));
}

uint32_t cell_leads(const struct placement *placement, uint64_t node)
{
    uint32_t leads = 0;
    for (uint32_t p = 0; p < placement_partitions(placement); p++) {
        leads += placement_owners(placement, (uint16_t)p)[0] == node;
    }
    return leads;
}
