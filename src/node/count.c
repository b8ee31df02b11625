#include "node/count.h"

#include "base/container.h"
#include "base/error.h"
#include "node/internal.h"

#define COUNT_ARENA_BYTES 4096u

static void retire(struct node *node, struct count *count)
{
    timer_stop(&node->timers, &count->timer);
    node->stats.requests_open -= count->origin.kind == ORIGIN_CLIENT;
    pool_give(&node->pools.counts, count);
}

static void fail(struct node *node, struct count *count, int status, const char *detail)
{
    origin_refuse(node, &count->origin, status, detail);
    retire(node, count);
}

static void deadline(struct node *node, struct timer *timer)
{
    fail(node, CONTAINER_OF(timer, struct count, timer), GR_ETIMEOUT, "a member has not counted its keys in time");
}

static struct count *take(struct node *node, const struct origin *origin)
{
    struct count *count = pool_take(&node->pools.counts);
    if (count == NULL) {
        return NULL;
    }
    struct pooled pooled = count->pooled;
    struct arena arena = count->arena;
    *count = (struct count){.pooled = pooled, .origin = *origin, .arena = arena};
    if (arena.block_bytes == 0) {
        arena_init(&count->arena, COUNT_ARENA_BYTES);
    }
    arena_clear(&count->arena);
    node->stats.requests_open += origin->kind == ORIGIN_CLIENT;
    return count;
}

/* The member that counts a partition: its first owner that is healthy; 0 when none is. */
static uint64_t counter_of(const struct node *node, uint16_t partition)
{
    const uint64_t *owners = placement_owners(node->membership.placement, partition);
    for (unsigned i = 0; i < placement_replicas(node->membership.placement); i++) {
        if (detector_is_healthy(node, owners[i])) {
            return owners[i];
        }
    }
    return 0;
}

static size_t bitmap_bytes(const struct node *node)
{
    return (node->membership.partitions + 7) / 8;
}

/* The partitions that `member` counts, one bit each; empty if there are none, or no memory. */
static struct bytes share_of(const struct node *node, const uint64_t *counters, uint64_t member, struct arena *arena)
{
    uint8_t *bits = NULL;
    for (uint32_t p = 0; p < node->membership.partitions; p++) {
        if (counters[p] != member) {
            continue;
        }
        if (bits == NULL) {
            bits = arena_alloc(arena, bitmap_bytes(node));
            if (bits == NULL) {
                return BYTES_EMPTY;
            }
            memset(bits, 0, bitmap_bytes(node));
        }
        bits[p / 8] |= (uint8_t)(1u << p % 8);
    }
    return bytes_of(bits, bits == NULL ? 0 : bitmap_bytes(node));
}

static void ask(struct node *node, struct count *count, uint64_t member, struct bytes partitions)
{
    count->awaited[count->awaited_count++] = member;
    if (member == node->config.node) {
        struct effect *effect = env_add(&node->env, EFFECT_COUNT);
        effect->count.token = count->pooled.id;
        effect->count.partitions = partitions;
        return;
    }
    struct wire_message *message = env_send(&node->env, member, WIRE_count);
    message->count.request = count->pooled.id;
    message->count.partitions = partitions;
}

/* Errors: GR_ENOQUORUM (a partition has no owner up), GR_ENOMEM. */
static int ask_all(struct node *node, struct count *count)
{
    const struct placement *placement = node->membership.placement;
    unsigned members = placement_members(placement);
    uint64_t *counters = arena_alloc(&count->arena, node->membership.partitions * sizeof *counters);
    count->awaited = arena_alloc(&count->arena, members * sizeof *count->awaited);
    if (counters == NULL || count->awaited == NULL) {
        return GR_ENOMEM;
    }
    for (uint32_t p = 0; p < node->membership.partitions; p++) {
        counters[p] = counter_of(node, (uint16_t)p);
        if (counters[p] == 0) {
            return GR_ENOQUORUM;
        }
    }
    for (unsigned i = 0; i < members; i++) {
        struct bytes share = share_of(node, counters, placement_member(placement, i), &node->env.scratch);
        if (share.len > 0) {
            ask(node, count, placement_member(placement, i), share);
        }
    }
    return 0;
}

void count_start(struct node *node, const struct origin *origin, const struct request *request)
{
    struct count *count = take(node, origin);
    if (count == NULL) {
        node->stats.requests_busy++;
        origin_refuse(node, origin, GR_EBUSY, "");
        return;
    }
    uint32_t timeout_ms = request->timeout_ms == 0 ? node->config.request_timeout_ms : request->timeout_ms;
    timer_set(&node->timers, &count->timer, node->env.now.mono_ms + timeout_ms, deadline);
    int error = ask_all(node, count);
    if (error != 0) {
        fail(node, count, error, "some keys have no owner reachable from this node");
    }
}

static void answered(struct node *node, struct count *count, uint64_t member, uint64_t keys)
{
    for (unsigned i = 0; i < count->awaited_count; i++) {
        if (count->awaited[i] == member) {
            count->awaited[i] = count->awaited[--count->awaited_count];
            count->keys += keys;
            break;
        }
    }
    if (count->awaited_count == 0) {
        struct reply reply = {.number = count->keys, .final = true};
        origin_reply(node, &count->origin, &reply);
        retire(node, count);
    }
}

void count_counted(struct node *node, uint64_t id, uint64_t keys)
{
    struct count *count = pool_find(&node->pools.counts, id);
    if (count == NULL) {
        return; /* its deadline came first */
    }
    if (count->origin.kind == ORIGIN_CLIENT) {
        answered(node, count, node->config.node, keys);
        return;
    }
    struct wire_message *message = env_send(&node->env, count->origin.peer, WIRE_count_ack);
    message->count_ack.request = count->origin.token;
    message->count_ack.keys = keys;
    retire(node, count);
}

void count_recv(struct node *node, uint64_t from, const struct wire_count *message)
{
    struct origin origin = {.kind = ORIGIN_PEER, .peer = from, .token = message->request};
    struct count *count = message->partitions.len == bitmap_bytes(node) ? take(node, &origin) : NULL;
    if (count == NULL) {
        return; /* the asker's deadline says so */
    }
    struct effect *effect = env_add(&node->env, EFFECT_COUNT);
    effect->count.token = count->pooled.id;
    effect->count.partitions = arena_copy(&node->env.scratch, message->partitions);
}

void count_ack_recv(struct node *node, uint64_t from, const struct wire_count_ack *message)
{
    struct count *count = pool_find(&node->pools.counts, message->request);
    if (count != NULL && count->origin.kind == ORIGIN_CLIENT) {
        answered(node, count, from, message->keys);
    }
}

void count_peer_down(struct node *node, uint64_t peer)
{
    uint32_t cursor = 0;
    struct count *count;
    while ((count = pool_next(&node->pools.counts, &cursor)) != NULL) {
        bool waits = false;
        for (unsigned i = 0; i < count->awaited_count; i++) {
            waits |= count->awaited[i] == peer;
        }
        if (waits) {
            fail(node, count, GR_ENOQUORUM, "a member went down while it counted its keys");
        }
    }
}
