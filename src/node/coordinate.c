#include "node/coordinate.h"

#include "base/error.h"
#include "node/count.h"
#include "node/forward.h"
#include "node/internal.h"
#include "node/mutate.h"
#include "node/read.h"
#include "node/write.h"

void coordinate(struct node *node, const struct origin *origin, const struct request *request)
{
    if (request->op == OP_GET) {
        read_start(node, origin, request);
    } else {
        write_start(node, origin, request);
    }
}

/* The first owner that is up, as this node sees it; 0 if none is. */
static uint64_t first_owner_up(const struct node *node, uint16_t partition)
{
    const uint64_t *owners = placement_owners(node->membership.placement, partition);
    for (unsigned i = 0; i < placement_replicas(node->membership.placement); i++) {
        if (node_peer_is_up(node, owners[i])) {
            return owners[i];
        }
    }
    return 0;
}

/* Any owner coordinates what depends on nothing; the rest belongs at the first owner (forward.h F1). */
static bool belongs_here(const struct node *node, const struct request *request)
{
    uint16_t slot = ring_slot(request->key);
    struct mutation mutation = {.op = request->op, .flags = request->flags};
    if (!node_owns(node, slot)) {
        return false;
    }
    return mutation_is_plain(&mutation) ||
           first_owner_up(node, ring_partition(slot, node->membership.partitions)) == node->config.node;
}

void coordinate_client(struct node *node, const struct request *request)
{
    struct origin origin = {.kind = ORIGIN_CLIENT, .token = request->token};
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
    } else if (request->op < OP_GET || request->op > OP_COUNT) {
        origin_refuse(node, &origin, GR_EINVAL, "unknown operation");
    } else if (request->op == OP_COUNT) {
        count_start(node, &origin, request);
    } else if (belongs_here(node, request)) {
        coordinate(node, &origin, request);
    } else {
        forward_start(node, &origin, request);
    }
}
