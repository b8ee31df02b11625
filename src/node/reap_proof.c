/* Proving tombstones: asking the other owners, then all members (reap.h). */
#include <string.h>

#include "base/error.h"
#include "node/internal.h"
#include "node/reap_state.h"

static struct proof *place_of(const struct reap_state *state, uint64_t digest)
{
    return &state->proofs[digest % REAP_PROOFS];
}

/* A proof that nobody came back for, as its key was written again, gives its place up. */
static bool is_free(const struct node *node, const struct proof *proof)
{
    return proof->digest == 0 || node->env.now.mono_ms >= proof->proven_ms + 8 * reap_after(node);
}

static bool is_ripe(const struct node *node, const struct proof *proof)
{
    return node->env.now.mono_ms >= proof->proven_ms + reap_after(node);
}

bool reap_may_ask(const struct node *node, uint64_t digest)
{
    const struct proof *proof = place_of(node->reap.state, digest);
    return is_free(node, proof) || (proof->digest == digest && is_ripe(node, proof));
}

void reap_forget_proofs(struct reap_state *state)
{
    if (state->proofs_used) {
        memset(state->proofs, 0, REAP_PROOFS * sizeof *state->proofs);
        state->proofs_used = false;
    }
}

/* Asked again in vain: something may be on its way that was not seen the first time. */
static void forget_batch(struct reap_state *state)
{
    for (unsigned i = 0; i < state->batch_count; i++) {
        struct proof *proof = place_of(state, state->batch[i]->digest);
        if (proof->digest == state->batch[i]->digest) {
            *proof = (struct proof){.digest = 0};
        }
    }
}

/* Has it been proven now for the second time, with nothing lost or kept in between? Else this was the first. */
static bool note_proof(struct node *node, const struct tombstone *tombstone)
{
    struct reap_state *state = node->reap.state;
    uint64_t digest = tombstone->digest;
    struct proof *proof = place_of(state, digest);
    bool again = proof->digest == digest && proof->epoch == state->epoch && tombstone->floor != 0;
    if (again) {
        *proof = (struct proof){.digest = 0};
    } else if (proof->digest == digest || is_free(node, proof)) {
        *proof = (struct proof){digest, state->epoch, node->env.now.mono_ms};
        state->proofs_used = true;
    }
    return again;
}

static const uint64_t *owners_of(const struct node *node, uint16_t slot)
{
    return placement_owners(node->membership.placement, ring_partition(slot, node->membership.partitions));
}

static void tell_owners(struct node *node, const struct tombstone *tombstone)
{
    const uint64_t *owners = owners_of(node, tombstone->slot);
    env_hold(&node->env, blob_ref(tombstone->key));
    for (unsigned i = 0; i < placement_replicas(node->membership.placement); i++) {
        if (owners[i] != node->config.node) {
            struct wire_reap *message = &env_send(&node->env, owners[i], WIRE_reap)->reap;
            message->digest = tombstone->digest;
            message->floor = tombstone->floor;
            message->key = blob_bytes(tombstone->key);
        }
    }
}

static void proven(struct node *node)
{
    struct reap_state *state = node->reap.state;
    unsigned left = 0;
    for (unsigned i = 0; i < state->batch_count; i++) {
        struct tombstone *tombstone = state->batch[i];
        if (note_proof(node, tombstone)) {
            tell_owners(node, tombstone);
            state->ordered++;
            reap_remove(node, tombstone);
        } else {
            state->batch[left++] = tombstone;
        }
    }
    state->batch_count = left;
    reap_go_on(node, true);
}

static void not_proven(struct node *node)
{
    forget_batch(node->reap.state);
    reap_go_on(node, false);
}

/* A floor is saved before the tombstone goes: not for each one. What is forgotten is older than REAP_AFTER, so a step
 * of half of that does not reach what is being written. */
static uint64_t rounded_up(const struct node *node, uint64_t hlc)
{
    uint64_t step = (reap_after(node) / 2 + 1) << HLC_COUNTER_BITS;
    uint64_t rounded = hlc - hlc % step + step - 1;
    return rounded < HLC_OUTSIDE_MAX ? rounded : HLC_OUTSIDE_MAX;
}

/* What members are to mint above: the tombstones, and the floors of those that are proven for the second time. A first
 * proof may be young, and its floor ahead of all clocks. */
static uint64_t choose_floors(struct node *node)
{
    struct reap_state *state = node->reap.state;
    uint64_t newest = 0;
    for (unsigned i = 0; i < state->batch_count; i++) {
        struct tombstone *tombstone = state->batch[i];
        const struct proof *proof = place_of(state, tombstone->digest);
        bool again = proof->digest == tombstone->digest && is_ripe(node, proof);
        tombstone->floor = again ? rounded_up(node, tombstone->hlc) : 0;
        uint64_t hlc = again ? tombstone->floor : tombstone->hlc;
        newest = hlc > newest ? hlc : newest;
    }
    return newest;
}

static void ask_member(struct node *node, unsigned place, uint64_t hlc)
{
    struct reap_state *state = node->reap.state;
    uint64_t member = placement_member(node->membership.placement, place);
    state->members[place / 8] |= (uint8_t)(1u << (place % 8));
    state->waiting++;
    if (member == node->config.node) {
        return;
    }
    struct wire_clear *message = &env_send(&node->env, member, WIRE_clear)->clear;
    message->request = state->request;
    message->slot = (uint16_t)state->slot;
    message->log_hash = node->membership.log.hash;
    message->hlc = hlc;
    detector_asked(node, member);
}

/* It has held the tombstone for long, and answers like any other member; perhaps before this returns. */
static void ask_itself(struct node *node, uint64_t hlc)
{
    const struct reap_state *state = node->reap.state;
    struct clear_question question = {
        .from = node->config.node,
        .request = state->request,
        .log_hash = node->membership.log.hash,
        .hlc = hlc,
        .slot = (uint16_t)state->slot,
    };
    reap_answer(node, &question);
}

static void ask_members(struct node *node)
{
    struct reap_state *state = node->reap.state;
    uint64_t hlc = choose_floors(node);
    state->phase = REAP_MEMBERS;
    state->request++;
    state->waiting = 0;
    state->epoch = node->membership.log.hash;
    memset(state->members, 0, sizeof state->members);
    if (CANARY(node, CANARY_REAP_UNASKED)) {
        proven(node);
    } else if (!reap_is_clear(node, (uint16_t)state->slot, node->membership.log.hash, hlc)) {
        not_proven(node);
    } else {
        for (unsigned i = 0; i < placement_members(node->membership.placement); i++) {
            ask_member(node, i, hlc);
        }
        ask_itself(node, hlc);
    }
}

/* Its place among the members, or -1. */
static int member_place(const struct placement *placement, uint64_t node)
{
    for (unsigned i = 0; i < placement_members(placement); i++) {
        if (placement_member(placement, i) == node) {
            return (int)i;
        }
    }
    return -1;
}

void clear_ack_recv(struct node *node, uint64_t from, const struct wire_clear_ack *message)
{
    struct reap_state *state = node->reap.state;
    if (state->phase != REAP_MEMBERS || message->request != state->request) {
        return;
    }
    int place = member_place(node->membership.placement, from);
    uint8_t bit = (uint8_t)(1u << ((unsigned)place % 8));
    if (place < 0 || !(state->members[place / 8] & bit)) {
        return;
    }
    state->members[place / 8] &= (uint8_t)~bit;
    state->epoch += hash_pair(from, message->epoch);
    state->waiting--;
    if (!message->clear) {
        not_proven(node);
    } else if (state->waiting == 0) {
        proven(node);
    }
}

/* What remains of the batch is held by all owners. */
static void owners_answered(struct node *node)
{
    reap_sift_batch(node);
    if (node->reap.state->batch_count == 0) {
        reap_go_on(node, true);
    } else {
        ask_members(node);
    }
}

static void ask_owners_about(struct node *node, struct tombstone *tombstone)
{
    const uint64_t *owners = owners_of(node, tombstone->slot);
    tombstone->asked = true;
    for (unsigned i = 0; i < placement_replicas(node->membership.placement); i++) {
        if (owners[i] == node->config.node || (CANARY(node, CANARY_REAP_ONE_OWNER) && i > 1)) {
            tombstone->answered |= (uint8_t)(1u << i);
            continue;
        }
        struct wire_get *message = &env_send(&node->env, owners[i], WIRE_get)->get;
        message->request = tombstone->pooled.id;
        message->digest = tombstone->digest;
        message->key = blob_bytes(tombstone->key);
        detector_asked(node, owners[i]);
        node->reap.state->waiting++;
    }
}

void reap_prove(struct node *node)
{
    struct reap_state *state = node->reap.state;
    state->phase = REAP_OWNERS;
    state->waiting = 0;
    for (unsigned i = 0; i < state->batch_count; i++) {
        ask_owners_about(node, state->batch[i]);
    }
    if (state->waiting == 0) {
        owners_answered(node);
    }
}

void reap_get_ack(struct node *node, uint64_t from, const struct wire_get_ack *message)
{
    struct reap_state *state = node->reap.state;
    struct tombstone *tombstone = pool_find(&state->tombstones, message->request);
    if (state->phase != REAP_OWNERS || tombstone == NULL || !tombstone->asked) {
        return;
    }
    uint16_t partition = ring_partition(tombstone->slot, node->membership.partitions);
    int place = placement_owner_place(node->membership.placement, partition, from);
    if (place < 0 || (tombstone->answered >> place & 1) || state->waiting == 0) {
        return;
    }
    tombstone->answered |= (uint8_t)(1u << place);
    tombstone->dropped = tombstone->dropped || message->error != 0 || !message->same;
    if (--state->waiting == 0) {
        owners_answered(node);
    }
}

void reap_prove_late(struct node *node)
{
    not_proven(node);
}
