#include "node/node.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"
#include "node/count.h"
#include "node/forward.h"
#include "node/internal.h"
#include "node/read.h"
#include "node/replica.h"
#include "node/state.h"
#include "node/write.h"

static int init_pools(struct node *node)
{
    struct pools *pools = &node->pools;
    uint32_t max = node->config.requests_max;
    int error = pool_init(&pools->writes, POOL_WRITE, sizeof(struct write), max);
    error = error != 0 ? error
                       : pool_init(&pools->reads, POOL_READ, sizeof(struct read), 2 * max); /* a write may need one */
    error = error != 0 ? error : pool_init(&pools->forwards, POOL_FORWARD, sizeof(struct forward), max);
    error = error != 0 ? error : pool_init(&pools->counts, POOL_COUNT, sizeof(struct count), COUNTS_MAX);
    error = error != 0 ? error : pool_init(&pools->replica_puts, POOL_REPLICA_PUT, sizeof(struct replica_put), max);
    error = error != 0
                ? error
                : pool_init(&pools->replica_gets, POOL_REPLICA_GET, sizeof(struct replica_get), max + REAP_BATCH);
    /* One for each write, replica put, tombstone, hint and discarded copy that goes. */
    return error != 0 ? error
                      : lanes_init(&node->lanes, 2 * max + REAP_BATCH + REAP_LANES + HANDOFF_WINDOW + DISCARD_ITEMS);
}

/* The pools whose ids peers send back. */
static void scatter_ids(struct node *node)
{
    struct pools *pools = &node->pools;
    pool_scatter_ids(&pools->writes, rng_next(&node->rng));
    pool_scatter_ids(&pools->reads, rng_next(&node->rng));
    pool_scatter_ids(&pools->forwards, rng_next(&node->rng));
    pool_scatter_ids(&pools->counts, rng_next(&node->rng));
    pool_scatter_ids(&node->handoff.deliveries, hash_pair(node->stand_in_actor, POOL_DELIVERY));
}

static const char *config_invalid(const struct node_config *config)
{
    if (config->node == 0 || config->actor == 0) {
        return "no identity";
    }
    if (config->weight == 0 || config->requests_max == 0 || config->request_timeout_ms == 0) {
        return "weight, requests or timeout is 0";
    }
    uint32_t q = config->partitions;
    bool joins = config->cluster == 0;
    if (!joins && (q == 0 || q > RING_SLOTS || (q & (q - 1)) != 0)) {
        return "partitions are not a power of two";
    }
    if (!joins && (config->replicas == 0 || config->replicas > RING_REPLICAS_MAX)) {
        return "replicas out of bounds";
    }
    return config->r == 0 || config->w == 0 || strlen(config->zone) > RING_ZONE_MAX ? "quorum or zone" : NULL;
}

/* With the clock, which had followed them (floor.h L3). */
static int restore_floors(struct node *node, struct bytes encoded)
{
    uint64_t highest;
    int error = floors_restore(&node->floors, encoded, &highest);
    if (error == 0 && highest > node->clock.last) {
        hlc_init(&node->clock, highest);
    }
    return error;
}

/* Read the saved membership, if there is any. */
static int restore(struct node *node, struct bytes state)
{
    if (state.len == 0 && node->membership.cluster != 0 && node->holds_data) {
        return GR_ECORRUPT; /* founding anew would forget the other owners of the data */
    }
    struct state_parts parts;
    int error = state.len == 0 ? 0 : state_split(state, &parts);
    if (state.len > 0) {
        error = error == 0 ? membership_restore(&node->membership, parts.membership) : error;
        error = error == 0 ? fill_restore(&node->fill, parts.fill) : error;
        error = error == 0 ? restore_floors(node, parts.floors) : error;
    }
    if (error != 0 || node->membership.cluster == 0 || node->membership.log.count == 0) {
        return error;
    }
    return membership_names(&node->membership, node->config.node) ? 0 : GR_ECORRUPT;
}

int node_new(const struct node_config *config, struct node **ret)
{
    if (config_invalid(config) != NULL) {
        return GR_EINVAL;
    }
    struct node *node = calloc(1, sizeof *node);
    if (node == NULL) {
        return GR_ENOMEM;
    }
    node->config = *config;
    node->config.state = BYTES_EMPTY;
    memcpy(node->zone, config->zone, strlen(config->zone));
    node->config.zone = node->zone;
    node->holds_data = config->holds_data;
    env_init(&node->env);
    hlc_init(&node->clock, config->clock);
    rng_init(&node->rng, config->seed);
    node->stand_in_actor = rng_next(&node->rng) | 1;
    if (config->salvaged) {
        node_renew_actor(node); /* values that were minted here may be gone from here (write.h W5) */
    }
    timers_init(&node->timers);
    membership_init(&node->membership, config->cluster, config->partitions, config->replicas);
    pace_init(&node->pace);
    detector_init(&node->detector);
    fill_init(&node->fill);
    floors_init(&node->floors);
    buffer_init(&node->state, SIZE_MAX); /* its parts are bounded */
    hints_init(&node->hints);
    scrub_init(&node->scrub);
    int error = init_pools(node);
    error = error == 0 ? trees_init(&node->trees, config->leaves, config->leaves_count) : error;
    error = error == 0 ? handoff_init(&node->handoff) : error;
    error = error == 0 ? discards_init(&node->discards) : error;
    error = error == 0 ? sync_init(&node->sync) : error;
    error = error == 0 ? reap_init(&node->reap, node->config.reap_orders_max) : error;
    node->config.leaves = NULL;
    scatter_ids(node);
    error = error == 0 ? restore(node, config->state) : error;
    if (error != 0) {
        node_free(node);
        return error;
    }
    *ret = node;
    return 0;
}

/* What every pooled item may hold, live or given back. */
#define FREE_POOL(pool, type, release)                              \
    do {                                                            \
        uint32_t cursor = 0;                                        \
        struct type *item;                                          \
        while ((item = pool_next_used(&(pool), &cursor)) != NULL) { \
            release;                                                \
            arena_done(&item->arena);                               \
        }                                                           \
        pool_done(&(pool));                                         \
    } while (0)

static void unref_copies(struct read *read)
{
    for (unsigned i = 0; i < QUORUM_MAX; i++) {
        blob_unref(read->copies[i]);
    }
}

void node_free(struct node *node)
{
    if (node == NULL) {
        return;
    }
    struct pools *pools = &node->pools;
    FREE_POOL(pools->writes, write, (blob_unref(item->object), blob_unref(item->before)));
    FREE_POOL(pools->reads, read, unref_copies(item));
    FREE_POOL(pools->forwards, forward, (void)item);
    FREE_POOL(pools->counts, count, (void)item);
    FREE_POOL(pools->replica_puts, replica_put, blob_unref(item->incoming));
    FREE_POOL(node->handoff.deliveries, delivery, (blob_unref(item->object), blob_unref(item->rest)));
    FREE_POOL(pools->replica_gets, replica_get, blob_unref(item->merged));
    lanes_done(&node->lanes);
    reap_done(&node->reap);
    sync_done(&node->sync);
    discards_done(&node->discards);
    handoff_done(&node->handoff);
    scrub_done(&node->scrub);
    hints_done(&node->hints);
    fill_done(&node->fill);
    floors_done(&node->floors);
    buffer_done(&node->state);
    trees_done(&node->trees);
    detector_done(&node->detector);
    membership_done(&node->membership);
    timers_done(&node->timers);
    env_done(&node->env);
    free(node);
}

const struct effect *node_effects(const struct node *node, unsigned *ret_count)
{
    *ret_count = node->env.effects_count;
    return node->env.effects;
}

uint64_t node_wake_at(const struct node *node)
{
    return node->started ? timers_next(&node->timers) : 0;
}

struct bytes node_state(struct node *node)
{
    struct state_parts parts = {.membership = membership_encode(&node->membership),
                                .fill = fill_encode(&node->fill),
                                .floors = floors_encode(&node->floors)};
    bool lacks = parts.membership.len == 0 || (parts.fill.len == 0 && fill_has_any(&node->fill)) ||
                 (parts.floors.len == 0 && node->floors.count > 0); /* out of memory */
    return lacks || state_join(&node->state, &parts) != 0 ? BYTES_EMPTY : buffer_bytes(&node->state);
}

bool node_is_idle(const struct node *node)
{
    const struct pools *pools = &node->pools;
    return pool_taken(&pools->writes) + pool_taken(&pools->reads) + pool_taken(&pools->forwards) +
               pool_taken(&pools->counts) + pool_taken(&pools->replica_puts) + pool_taken(&pools->replica_gets) +
               pool_taken(&node->lanes.pool) ==
           0;
}

uint64_t node_id(const struct node *node)
{
    return node->config.node;
}

uint64_t node_actor(const struct node *node)
{
    return node->config.actor;
}

void node_renew_actor(struct node *node)
{
    node->config.actor = rng_next(&node->rng) | 1; /* never 0 */
    node->actor_renewed = true;
}

uint64_t node_stand_in_actor(const struct node *node)
{
    return node->stand_in_actor;
}

void node_renew_stand_in_actor(struct node *node)
{
    if (node->stand_in_minted) {
        node->stand_in_actor = rng_next(&node->rng) | 1;
        node->stand_in_minted = false;
    }
}

uint64_t node_cluster(const struct node *node)
{
    return node->membership.cluster;
}

uint8_t node_replicas(const struct node *node)
{
    return node->membership.cluster == 0 ? 0 : node->membership.replicas;
}

void node_quorum(const struct node *node, uint8_t *ret_r, uint8_t *ret_w)
{
    *ret_r = node->config.r;
    *ret_w = node->config.w;
}

const struct placement *node_placement(const struct node *node)
{
    return node->membership.placement;
}

const struct members *node_members(const struct node *node)
{
    return &node->membership.members;
}

const struct ring_log *node_log(const struct node *node)
{
    return &node->membership.log;
}

uint64_t node_root(const struct node *node, uint16_t partition)
{
    return trees_root(&node->trees, partition, node->membership.partitions);
}

bool node_peer_is_up(const struct node *node, uint64_t peer)
{
    return peer == node->config.node || peers_have(&node->peers, peer);
}

bool node_peer_is_healthy(const struct node *node, uint64_t peer)
{
    return detector_is_healthy(node, peer);
}

void node_set_quorum(struct node *node, uint8_t r, uint8_t w)
{
    GR_ASSERT(r > 0 && w > 0);
    node->config.r = r;
    node->config.w = w;
}

uint64_t node_clock(const struct node *node)
{
    return node->clock.last;
}

bool node_may_keep_actor(const struct node *node)
{
    return node->clock.lifted == 0 && !node->actor_renewed;
}

const struct node_stats *node_stats(const struct node *node)
{
    return &node->stats;
}

bool node_owns(const struct node *node, uint16_t slot)
{
    const struct placement *placement = node->membership.placement;
    return placement != NULL &&
           placement_owner_place(placement, ring_partition(slot, node->membership.partitions), node->config.node) >= 0;
}
