#include "node/coordinate.h"

#include "base/error.h"
#include "node/count.h"
#include "node/forward.h"
#include "node/internal.h"
#include "node/mutate.h"
#include "node/read.h"
#include "node/replace.h"
#include "node/write.h"

void coordinate(struct node *node, const struct origin *origin, const struct request *request)
{
    if (request->op == OP_GET) {
        read_start(node, origin, request);
    } else {
        write_start(node, origin, request);
    }
}

/* The first owner that is healthy, as this node sees it; 0 if none is. */
static uint64_t first_owner(const struct node *node, uint16_t partition)
{
    const uint64_t *owners = placement_owners(node->membership.placement, partition);
    for (unsigned i = 0; i < placement_replicas(node->membership.placement); i++) {
        if (detector_is_healthy(node, owners[i])) {
            return owners[i];
        }
    }
    return 0;
}

/* Any owner coordinates what depends on nothing; the rest belongs at the first owner (forward.h F1). Where no owner is
 * healthy, anybody stands in (write.h W7). */
static bool belongs_here(const struct node *node, const struct request *request)
{
    uint16_t slot = ring_slot(request->key);
    struct mutation mutation = {.op = request->op, .flags = request->flags};
    uint64_t first = first_owner(node, ring_partition(slot, node->membership.partitions));
    if (first == 0) {
        return true;
    }
    return first == node->config.node || (mutation_is_plain(&mutation) && node_owns(node, slot));
}

/* What concerns no key; whether the request was of that kind, or of none. */
static bool coordinate_keyless(struct node *node, const struct origin *origin, const struct request *request)
{
    switch (request->op) {
    case OP_GET:
    case OP_SET:
    case OP_DELETE:
    case OP_APPEND:
    case OP_SETRANGE:
        return false;
    case OP_COUNT:
        count_start(node, origin, request);
        return true;
    case OP_REPLACE:
        replace_request(node, origin, request);
        return true;
    case OP_SCRUB:
        scrub_request(node, origin);
        return true;
    }
    origin_refuse(node, origin, GR_EINVAL, "unknown operation");
    return true;
}

void coordinate_client(struct node *node, const struct request *request)
{
    struct origin origin = {.kind = ORIGIN_CLIENT, .token = request->token, .asked_ms = node->env.now.mono_ms};
    node->stats.requests_total++;
    if (CANARY(node, CANARY_LEAK) && rng_chance(&node->rng, 2000)) {
        pool_take(&node->pools.replica_gets);
        return;
    }
    if (CANARY(node, CANARY_SLOT_KEPT) && rng_chance(&node->rng, 10000)) {
        pool_take(&node->pools.replica_gets);
    }
    if (node->membership.placement == NULL) {
        origin_refuse(node, &origin, GR_EBUSY, "this node has not joined its cluster yet");
    } else if (replace_is_over(node)) {
        origin_refuse(node, &origin, GR_EFENCED, "");
    } else if (coordinate_keyless(node, &origin, request)) {
        return;
    } else if (belongs_here(node, request)) {
        coordinate(node, &origin, request);
    } else {
        forward_start(node, &origin, request);
    }
}
