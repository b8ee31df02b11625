/* Invariant 6: a put is accepted whenever its coordinator can reach W nodes of any kind.
 *
 * Judged are plain SETs that failed where nothing had changed for a while before they were asked (QUIET_US: links have
 * come and gone, silent peers have been found), nor until they were answered: no link, process, cut or stall. Then the
 * asked node and those with a sound link to it must be fewer than W, or not all linked with each other (then another
 * may have been asked to coordinate, that reaches fewer), or one of the others still has a link and does not hang.
 *
 * Where messages are lost or late at random, or disks fail, nobody can tell who was reachable. Where pools are small or
 * the deadline short, contention alone may make a request fail. Room for hints is no excuse (hint.h K2).
 */
#include "base/error.h"
#include "sim/world.h"

#define QUIET_US 7000000u
#define UNCLEAR_FAULTS ((uint32_t)(FAULT_LOSS | FAULT_DELAY | FAULT_DISK | FAULT_ROT | FAULT_WIPE))
#define TIMEOUT_MIN_MS 1500u

static bool is_judged(const struct world *world, const struct operation *operation)
{
    const struct plan *plan = &world->plan;
    if (operation->op != OP_SET || operation->flags != 0 || world->scripted || plan->faults & UNCLEAR_FAULTS ||
        plan->requests_max < 2 * SIM_CLIENTS_MAX) {
        return false;
    }
    return operation->status == GR_ENOQUORUM || operation->status == GR_EBUSY ||
           (operation->status == GR_ETIMEOUT && plan->request_timeout_ms >= TIMEOUT_MIN_MS);
}

static bool are_linked(const struct world *world, unsigned a, unsigned b)
{
    const struct network *net = &world->network;
    return a == b || (net->up[a][b] != 0 && net->up[a][b] == net->up[b][a] && !net->cut[a][b] && !net->cut[b][a]);
}

static bool is_well(const struct world *world, unsigned node)
{
    return world->machines[node].node != NULL && !world->machines[node].draining && stall_is_over(world, node);
}

/* Machines that a request at `node` can count on, as bits; 0: it cannot be told. */
static uint32_t reach(const struct world *world, unsigned node)
{
    uint32_t reached = 0;
    for (unsigned other = 0; other < world->machines_count; other++) {
        reached |= (uint32_t)(is_well(world, other) && are_linked(world, node, other)) << other;
    }
    for (unsigned a = 0; a < world->machines_count; a++) {
        for (unsigned b = 0; b < world->machines_count; b++) {
            bool has_link = world->network.up[a][b] != 0 && !are_linked(world, a, b);
            bool both = (reached >> a & 1) != 0 && (reached >> b & 1) != 0;
            bool half = (reached >> a & 1) != 0 && (reached >> b & 1) == 0 && (has_link || are_linked(world, a, b)) &&
                        !stall_is_hung(world, b);
            if ((both && !are_linked(world, a, b)) || half) {
                return 0;
            }
        }
    }
    return reached;
}

/* Did anything change since, or end by itself meanwhile? */
static bool was_quiet(const struct world *world, uint64_t since_us)
{
    uint64_t from_us = since_us < QUIET_US ? 0 : since_us - QUIET_US;
    for (unsigned node = 0; node < world->machines_count; node++) {
        uint64_t stalled_us = stall_excuses_until(world, node);
        if (stalled_us > from_us && !stall_is_hung(world, node)) {
            return false;
        }
    }
    return world->disturbed_us < from_us;
}

void check_accepted_replied(struct world *world, const struct operation *operation)
{
    if (!is_judged(world, operation) || !was_quiet(world, operation->asked_us)) {
        return;
    }
    unsigned copies = plan_copies(&world->plan);
    unsigned wanted = world->plan.w < copies ? world->plan.w : copies;
    unsigned reached = (unsigned)__builtin_popcount(reach(world, operation->node));
    if (reached >= wanted) {
        world_violate(world, "accepted", "write %u at node %c failed with %s though it reaches %u nodes and wants %u",
                      (uint32_t)(operation - world->history.list), 'a' + operation->node,
                      gr_error_name(operation->status), reached, wanted);
    }
}
