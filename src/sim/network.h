/* The network between machines: frames with delay, loss, duplication and reordering over links that come and go as
 * TCP connections do.
 *
 * K1  A machine sees a link come up and go down on its own: the two sides may disagree for seconds.
 * K2  A frame arrives only at the process it was sent to, over a link that the receiver holds up.
 * K3  Unless reordering is live, frames from one machine to another arrive in order, and none from an earlier link.
 *     With it they may arrive as late and in whatever order chance has it.
 * K4  A frame may be lost on a link that stays up, when loss is live or the way is cut.
 * K5  From its sending to the step of its receiver no frame takes longer than NETWORK_LATE_MAX_US, unless the receiver
 *     hangs: what is to be forgotten for good is forgotten more slowly (node/reap.h; plan.reap_after_ms is above it).
 */
#ifndef GR_SIM_NETWORK_H
#define GR_SIM_NETWORK_H

#include "base/blob.h"
#include "sim/agenda.h"
#include "sim/plan.h"

struct world;

#define NETWORK_LATE_MAX_US 6000000u

struct network {
    uint32_t generation;                            /* of the newest link */
    uint32_t up[SIM_NODES_MAX][SIM_NODES_MAX];      /* [a][b]: generation of the link as a sees it; 0: down */
    bool hanging_up[SIM_NODES_MAX][SIM_NODES_MAX];  /* a will look soon whether it has lost b */
    bool connecting[SIM_NODES_MAX][SIM_NODES_MAX];  /* [a][b], a < b */
    bool cut[SIM_NODES_MAX][SIM_NODES_MAX];         /* nothing passes from a to b */
    uint64_t last_us[SIM_NODES_MAX][SIM_NODES_MAX]; /* when the last frame sent so far arrives */
    uint32_t slow_us[SIM_NODES_MAX];                /* added to what leaves and reaches a machine */
    uint32_t oldest[SIM_NODES_MAX];       /* frames of a machine's earlier links are void: it has another id */
    uint32_t tail_ppm, loss_ppm, dup_ppm; /* as in the plan, until faults end */
    uint32_t in_flight;                   /* frames */
};

/* Begin to look for links that could be made. */
void network_start(struct world *world);

/* Send a frame; dropped silently when there is no link. Takes the reference. */
void network_send(struct world *world, unsigned from, unsigned to, struct blob *frame);

/* A process is gone: its peers notice, at once (its kernel says so) or, `silent`, after a while. */
void network_lose_process(struct world *world, unsigned node, bool silent);

/* A machine is about to become another, in its place: its peers lose it now, and what it sent is void. */
void network_forget(struct world *world, unsigned node);

/* Break the link between two machines now; both notice. */
void network_reset_link(struct world *world, unsigned a, unsigned b);

/* No more loss, duplication, slowness or cuts. */
void network_heal(struct world *world);

/* Are the links of all running machines up on both sides? */
bool network_is_whole(const struct world *world);

void network_on_arrival(struct world *world, const struct occurrence *occurrence);
void network_on_links(struct world *world, const struct occurrence *occurrence);
void network_on_connect(struct world *world, const struct occurrence *occurrence);
void network_on_hangup(struct world *world, const struct occurrence *occurrence);

#endif
