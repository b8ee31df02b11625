/* Clients: each asks some node for something, waits for the answer, thinks, and asks again. Few keys, so that requests
 * meet. */
#ifndef GR_SIM_WORKLOAD_H
#define GR_SIM_WORKLOAD_H

#include "node/request.h"
#include "sim/agenda.h"
#include "sim/plan.h"

struct world;

#define NO_CLIENT UINT8_MAX

struct workload {
    uint32_t planned;      /* requests still to be made */
    uint32_t open;         /* made and neither answered nor lost */
    uint32_t acknowledged; /* writes */
};

/* Let the clients begin. */
void workload_start(struct world *world);

/* Are all requests made and answered, lost or given up? */
bool workload_is_over(const struct world *world);

/* Ask a running node now. The request's token, policy and key are filled in; its value is borrowed. `client` NO_CLIENT:
 * nobody goes on after the answer. Returns the number of the operation. */
uint32_t workload_ask(struct world *world, unsigned client, unsigned node, const struct request *request, unsigned key);

void workload_replied(struct world *world, unsigned node, const struct reply *reply);
void workload_lose_node(struct world *world, unsigned node);

void workload_on_client(struct world *world, const struct occurrence *occurrence);
void workload_on_overdue(struct world *world, const struct occurrence *occurrence);

#endif
