/* N4: each request gets exactly one answer, at its deadline at the latest (workload.c looks for those that come too
 * late). Where every message and every disk operation succeeds in time no request fails, but for what an overloaded key
 * may time out. Only keys of the siblings policy conflict. After a write's reply the number of its copies only grows,
 * until the last word. */
#include "base/error.h"
#include "sim/world.h"

#define HARMLESS_FAULTS ((uint32_t)(FAULT_DUP | FAULT_REORDER | FAULT_CLOCK))

static bool may_fail(const struct world *world)
{
    return (world->plan.faults & ~HARMLESS_FAULTS) != 0 || world->scripted ||
           world->plan.requests_max < 2 * SIM_CLIENTS_MAX;
}

static bool may_fail_so(const struct world *world, const struct operation *operation, int status)
{
    switch (status) {
    case 0:
    case GR_EBUSY:
    case GR_ETIMEOUT:
        return true;
    case GR_ECONFLICT:
        return operation->key < world->plan.siblings;
    default: /* an object that goes in parts can be read where it has come whole (node/parts.h) */
        return may_fail(world) || (world->plan.object_bytes_max != 0 && operation->key < world->plan.siblings);
    }
}

bool check_replies_replied(struct world *world, unsigned node, const struct reply *reply)
{
    if (reply->token >= world->history.count) {
        world_violate(world, "replies", "node %c answers a request that was not made", 'a' + (int)node);
        return false;
    }
    const struct operation *operation = &world->history.list[reply->token];
    if (operation->outcome != OUTCOME_OPEN || operation->node != node ||
        operation->life != world->machines[node].life) {
        world_violate(world, "replies", "node %c answers request %llu a second time", 'a' + (int)node,
                      (unsigned long long)reply->token);
        return false;
    }
    if (!may_fail_so(world, operation, reply->status)) {
        world_violate(world, "replies", "request %llu failed without a cause: %s: %.*s",
                      (unsigned long long)reply->token, gr_error_name(reply->status), (int)reply->detail.len,
                      (const char *)reply->detail.data);
    }
    return true;
}

void check_replies_copies(struct world *world, uint64_t token, uint8_t copies, bool final)
{
    struct operation *operation = token < world->history.count ? &world->history.list[token] : NULL;
    if (operation == NULL || operation->outcome != OUTCOME_REPLIED || operation->copies_final ||
        copies < operation->copies) {
        world_violate(world, "replies", "copies of request %llu out of place", (unsigned long long)token);
        return;
    }
    operation->copies = copies;
    operation->copies_final = final;
}
