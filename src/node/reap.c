#include "node/reap.h"

#include <stdlib.h>

#include "base/error.h"
#include "node/internal.h"
#include "node/reap_state.h"

int reap_init(struct reap *reap, uint32_t orders_max)
{
    struct reap_state *state = calloc(1, sizeof *state);
    reap->state = state;
    if (state == NULL) {
        return GR_ENOMEM;
    }
    state->orders_max = orders_max == 0 ? REAP_ORDERS : orders_max;
    state->lanes_max = state->orders_max < REAP_LANES ? state->orders_max : REAP_LANES;
    buffer_init(&state->after, WIRE_KEY_MAX);
    state->proofs = calloc(REAP_PROOFS, sizeof *state->proofs);
    int error = pool_init(&state->tombstones, POOL_REAP, sizeof(struct tombstone), REAP_ITEMS + state->orders_max);
    return state->proofs == NULL ? GR_ENOMEM : error;
}

void reap_done(struct reap *reap)
{
    struct reap_state *state = reap->state;
    uint32_t cursor = 0;
    struct tombstone *tombstone;
    if (state == NULL) {
        return;
    }
    while ((tombstone = pool_next_used(&state->tombstones, &cursor)) != NULL) {
        blob_unref(tombstone->key);
    }
    pool_done(&state->tombstones);
    buffer_done(&state->after);
    free(state->proofs);
    free(state);
    reap->state = NULL;
}

/* What is in hand, and what was proven once. */
static void begin_anew(struct node *node)
{
    struct reap_state *state = node->reap.state;
    reap_forget_proofs(state);
    if (state->phase != REAP_RESTING) {
        reap_go_on(node, false);
    }
}

void reap_peer_down(struct node *node, uint64_t peer)
{
    bool link_is_gone = !peers_have(&node->peers, peer);
    node->reap.state->links += link_is_gone;
    if (membership_has(&node->membership, peer)) {
        begin_anew(node);
    }
}

void reap_placement_changed(struct node *node)
{
    begin_anew(node);
}
