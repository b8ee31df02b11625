#include "node/forward.h"

#include "base/container.h"
#include "base/error.h"
#include "node/coordinate.h"
#include "node/handed.h"
#include "node/internal.h"
#include "node/mutate.h"
#include "node/write.h"

#include <utlist.h>

#define FORWARD_ARENA_BYTES 512u
#define FORWARD_ATTEMPTS 4u /* a request's time has room for so many owners that hang */

static_assert(RING_REPLICAS_MAX <= 8, "a bit of forward.refused for each owner");

static void try_next(struct node *node, struct forward *forward);

static void retire(struct node *node, struct forward *forward)
{
    timer_stop(&node->timers, &forward->timer);
    if (forward->answered) {
        DL_DELETE2(node->answered_forwards, forward, older, newer);
    }
    burden_drop(node, &forward->held_bytes);
    node->stats.requests_open--;
    pool_give(&node->pools.forwards, forward);
}

static void fail(struct node *node, struct forward *forward, int status, const char *detail)
{
    origin_refuse(node, &forward->origin, status, detail);
    retire(node, forward);
}

static bool is_idempotent(const struct forward *forward)
{
    return forward->request.op == OP_GET || forward->has_dot;
}

/* The name of the hand-over (F4), and the dot of a plain SET under last-writer-wins (F2). */
static void mint(struct node *node, struct forward *forward, uint64_t above)
{
    const struct request *request = &forward->request;
    struct mutation mutation = {.op = request->op, .flags = request->flags};
    forward->has_dot = request->op != OP_GET && request->policy == CONFLICT_LWW && mutation_is_plain(&mutation);
    forward->name.actor = node->config.actor;
    forward->name.hlc = hlc_mint_above(&node->clock, above, node->env.now.wall_ms);
}

static void finish_copies(struct node *node, struct forward *forward)
{
    origin_copies(node, &forward->origin, forward->copies, true);
    retire(node, forward);
}

/* As in write.c: an owner that waits for a hung replica must not fill the pool with writes that have been answered. */
static void make_room(struct node *node)
{
    if (node->answered_forwards != NULL && pool_is_scarce(&node->pools.forwards)) {
        finish_copies(node, node->answered_forwards);
    }
}

static void attempt_failed(struct node *node, struct forward *forward, const char *reason)
{
    if (forward->answered) {
        finish_copies(node, forward);
    } else if (is_idempotent(forward) && node->env.now.mono_ms < forward->deadline_ms) {
        forward->unanswered = true;
        forward->origin.is_unsure = forward->request.op != OP_GET;
        try_next(node, forward);
    } else {
        fail(node, forward, GR_ETIMEOUT, reason);
    }
}

static void fire(struct node *node, struct timer *timer)
{
    attempt_failed(node, CONTAINER_OF(timer, struct forward, timer), "the owner it was handed to has not answered");
}

static void send(struct node *node, struct forward *forward, uint64_t target)
{
    const struct request *request = &forward->request;
    uint64_t left_ms = forward->deadline_ms - node->env.now.mono_ms;
    forward->target = target;
    struct wire_forward *message = &env_send(&node->env, target, WIRE_forward)->forward;
    message->request = forward->pooled.id;
    message->op = (uint8_t)request->op;
    message->flags = request->flags;
    message->r = request->r;
    message->w = request->w;
    message->policy = (uint8_t)request->policy;
    message->timeout_ms = (uint32_t)left_ms;
    message->actor = forward->name.actor;
    message->hlc = forward->name.hlc;
    message->has_dot = forward->has_dot;
    message->offset = request->offset;
    message->key = request->key;
    message->value = request->value;
    message->context = request->context;
    detector_asked(node, target);
    uint64_t attempt_ms = (request->timeout_ms + FORWARD_ATTEMPTS - 1) / FORWARD_ATTEMPTS; /* never 0 */
    uint64_t wait_ms = is_idempotent(forward) && attempt_ms < left_ms ? attempt_ms : left_ms;
    timer_set(&node->timers, &forward->timer, node->env.now.mono_ms + wait_ms, fire);
}

/* This node coordinates it: it is an owner, or no owner is healthy and it stands in (write.h W7). What may have been
 * carried out elsewhere already keeps its dot. */
static void take_over(struct node *node, struct forward *forward)
{
    struct origin origin = forward->origin;
    struct request request = forward->request;
    request.timeout_ms = (uint32_t)(forward->deadline_ms - node->env.now.mono_ms);
    if (forward->unanswered && forward->has_dot) {
        origin.name = forward->name;
        origin.has_dot = true;
    }
    retire(node, forward); /* its bytes stay until the next step */
    coordinate(node, &origin, &request);
}

static bool may_take(const struct node *node, const struct forward *forward, unsigned place)
{
    uint64_t owner = forward->owners[place];
    bool is_asked = owner == node->config.node || detector_is_healthy(node, owner);
    return is_asked && (forward->refused >> place & 1) == 0;
}

/* An owner that has not answered may be tried again: after a hang it may be back. */
static void try_next(struct node *node, struct forward *forward)
{
    if (node->env.now.mono_ms >= forward->deadline_ms) {
        fail(node, forward, GR_ETIMEOUT, "no owner has answered in time");
        return;
    }
    for (unsigned i = 0; i < forward->owners_count; i++) {
        unsigned place = forward->next++ % forward->owners_count;
        if (!may_take(node, forward, place)) {
            continue;
        }
        if (forward->owners[place] == node->config.node) {
            take_over(node, forward);
        } else {
            send(node, forward, forward->owners[place]);
        }
        return;
    }
    if (forward->may_be_here) {
        take_over(node, forward);
    } else {
        fail(node, forward, GR_ENOQUORUM, "its copy here cannot be read, and no other owner is reachable");
    }
}

/* Errors: GR_ENOMEM. */
static int copy_request(struct forward *forward, const struct request *request)
{
    forward->request = *request;
    forward->request.key = arena_copy(&forward->arena, request->key);
    forward->request.value = arena_copy(&forward->arena, request->value);
    forward->request.context = arena_copy(&forward->arena, request->context);
    bool copied = forward->request.key.data != NULL && forward->request.value.data != NULL &&
                  forward->request.context.data != NULL;
    return copied ? 0 : GR_ENOMEM;
}

static struct forward *take(struct node *node, const struct origin *origin, const struct request *request)
{
    make_room(node);
    size_t held_bytes = 0;
    int busy = burden_take(node, &held_bytes, burden_of(request));
    struct forward *forward = busy != 0 ? NULL : pool_take(&node->pools.forwards);
    if (forward == NULL) {
        burden_drop(node, &held_bytes);
        node->stats.requests_busy++;
        origin_refuse(node, origin, GR_EBUSY, "");
        return NULL;
    }
    struct pooled pooled = forward->pooled;
    struct arena arena = forward->arena;
    *forward = (struct forward){.pooled = pooled, .origin = *origin, .held_bytes = held_bytes, .arena = arena};
    if (arena.block_bytes == 0) {
        arena_init(&forward->arena, FORWARD_ARENA_BYTES);
    }
    arena_clear(&forward->arena);
    node->stats.requests_open++;
    node->stats.forwarded_total++;
    if (copy_request(forward, request) != 0) {
        fail(node, forward, GR_EBUSY, "out of memory");
        return NULL;
    }
    return forward;
}

static void start(struct node *node, const struct origin *origin, const struct request *request, bool may_be_here)
{
    if (request->value.len > WIRE_VALUE_MAX || request->key.len > WIRE_KEY_MAX) {
        origin_refuse(node, origin, GR_ETOOBIG, "");
        return;
    }
    struct forward *forward = take(node, origin, request);
    if (forward == NULL) {
        return;
    }
    if (forward->request.timeout_ms == 0) {
        forward->request.timeout_ms = node->config.request_timeout_ms;
    }
    mint(node, forward, 0);
    forward->deadline_ms = node->env.now.mono_ms + forward->request.timeout_ms;
    uint16_t partition = ring_partition(ring_slot(request->key), node->membership.partitions);
    const uint64_t *owners = placement_owners(node->membership.placement, partition);
    forward->may_be_here = may_be_here;
    forward->owners_count = 0;
    for (unsigned i = 0; i < placement_replicas(node->membership.placement); i++) {
        if (may_be_here || owners[i] != node->config.node) {
            forward->owners[forward->owners_count++] = owners[i];
        }
    }
    try_next(node, forward);
}

void forward_start(struct node *node, const struct origin *origin, const struct request *request)
{
    start(node, origin, request, true);
}

void forward_elsewhere(struct node *node, const struct origin *origin, const struct request *request)
{
    start(node, origin, request, false);
}

void forward_peer_down(struct node *node, uint64_t peer)
{
    uint32_t cursor = 0;
    struct forward *forward;
    while ((forward = pool_next(&node->pools.forwards, &cursor)) != NULL) {
        if (forward->target == peer) {
            attempt_failed(node, forward, "the owner it was handed to went down");
        }
    }
}

/* The reason why a hand-over cannot be one, or NULL. */
static const char *forward_invalid(const struct wire_forward *message)
{
    struct mutation mutation = {.op = (enum op)message->op, .flags = message->flags};
    if (message->op < OP_GET || message->op >= OP_COUNT) {
        return "unknown operation";
    }
    if (message->actor == 0 || message->hlc > HLC_OUTSIDE_MAX) {
        return "a name that cannot be one";
    }
    bool may_have_dot = message->op != OP_GET && mutation_is_plain(&mutation) && message->context.len == 0 &&
                        message->policy == CONFLICT_LWW;
    return message->has_dot && !may_have_dot ? "a dot for a write that does not take one" : NULL;
}

void forward_recv(struct node *node, uint64_t from, const struct wire_forward *message)
{
    struct origin origin = {
        .kind = ORIGIN_PEER,
        .peer = from,
        .token = message->request,
        .name = {.actor = message->actor, .hlc = message->hlc},
        .has_dot = message->has_dot,
    };
    struct request request = {
        .op = (enum op)message->op,
        .flags = message->flags,
        .r = message->r,
        .w = message->w,
        .policy = (enum conflict_policy)message->policy,
        .timeout_ms = message->timeout_ms,
        .offset = message->offset,
        .key = message->key,
        .value = message->value,
        .context = message->context,
    };
    if (forward_invalid(message) != NULL) {
        node->stats.messages_refused++;
        origin_refuse(node, &origin, GR_EINVAL, forward_invalid(message));
    } else if (!node_owns(node, ring_slot(request.key))) {
        origin_refuse(node, &origin, GR_ENOTOWNER, "");
    } else if (handed_is_new(&node->handed, message)) {
        coordinate(node, &origin, &request);
    }
}

int forward_untouched(const struct origin *origin, int status)
{
    return origin->kind == ORIGIN_PEER && status == GR_ENOQUORUM ? GR_EUNREACHABLE : status;
}

/* Nothing was written by the owner that answers so. */
static bool is_refusal(const struct wire_forward_ack *message)
{
    switch (-(int)message->error) {
    case GR_ENOTOWNER:
    case GR_ECORRUPT:
    case GR_EIO:
    case GR_EUNREACHABLE:
        return true;
    default:
        return false;
    }
}

/* May this node coordinate it itself, in the place of an owner that is away (F6)? */
static bool may_stand_in(const struct node *node, const struct forward *forward)
{
    struct mutation mutation = {.op = forward->request.op, .flags = forward->request.flags};
    bool is_put = forward->request.op != OP_GET && mutation_is_plain(&mutation);
    for (unsigned i = 0; i < forward->owners_count && is_put && forward->may_be_here && !forward->views_differ; i++) {
        if (!detector_is_healthy(node, forward->owners[i])) {
            return true;
        }
    }
    return false;
}

/* Is it worth trying once more (F5)? */
static bool may_try_next(const struct node *node, const struct forward *forward, bool reaches_few)
{
    uint64_t half_ms = forward->request.timeout_ms / 2;
    bool is_late = reaches_few && node->env.now.mono_ms + half_ms > forward->deadline_ms;
    bool may_take_it = may_stand_in(node, forward);
    for (unsigned i = 0; i < forward->owners_count; i++) {
        may_take_it = may_take_it || may_take(node, forward, i);
    }
    return may_take_it && !is_late;
}

/* An owner's copy is damaged, views of the ring differ for a moment after a join, or it reaches too few nodes: every
 * owner is asked once. */
static void refused(struct node *node, struct forward *forward, const struct wire_forward_ack *message)
{
    bool reaches_few = message->error == -GR_EUNREACHABLE;
    forward->views_differ |= message->error == -GR_ENOTOWNER;
    struct reply reply = {.status = GR_ENOQUORUM, .final = true};
    for (unsigned i = 0; i < forward->owners_count; i++) {
        forward->refused |= (uint8_t)((forward->owners[i] == forward->target) << i);
    }
    if (may_try_next(node, forward, reaches_few)) {
        try_next(node, forward);
        return;
    }
    reply.detail = reaches_few ? arena_copy(&node->env.scratch, message->detail)
                               : bytes_of_text("no owner could take it: their copies are damaged, or the ring has just "
                                               "changed");
    origin_reply(node, &forward->origin, &reply);
    retire(node, forward);
}

/* The owner knows a newer write. Ours is later than that if it is old, and meets it at this moment if it is new: either
 * way a newer dot puts it above (write.h W2). Where others write all the time, the owner mints in the end. Not so when
 * an earlier owner has not answered: it may have carried the write out long before the newer one, which would end. */
static void overtaken(struct node *node, struct forward *forward, uint64_t by)
{
    bool late = node->env.now.mono_ms >= forward->deadline_ms;
    if (late || forward->unanswered || !forward->has_dot || by >= HLC_OUTSIDE_MAX) {
        fail(node, forward, GR_ETIMEOUT, "a newer write is there; this one may have been carried out before it");
        return;
    }
    mint(node, forward, by);
    forward->origin.is_unsure = true; /* under its earlier dot it may have been stored */
    if (forward->reminted++ == WRITE_REMINTS_MAX) {
        forward->has_dot = false;
    }
    send(node, forward, forward->target);
}

static void pass_on(struct node *node, struct forward *forward, const struct wire_forward_ack *message)
{
    struct reply reply = {
        .status = -(int)message->error,
        .found = message->found,
        .applied = message->applied,
        .copies = message->copies,
        .final = message->final,
        .siblings = message->siblings,
        .number = message->number,
        .value = message->value,
        .detail = message->detail,
    };
    reply.value = arena_copy(&node->env.scratch, message->value); /* the message is gone when effects are taken */
    reply.detail = arena_copy(&node->env.scratch, message->detail);
    forward->answered = true;
    burden_drop(node, &forward->held_bytes);
    DL_APPEND2(node->answered_forwards, forward, older, newer);
    forward->copies = message->copies;
    origin_reply(node, &forward->origin, &reply);
    if (message->final) {
        retire(node, forward);
        return;
    }
    timer_set(&node->timers, &forward->timer, forward->deadline_ms, fire);
}

void forward_ack_recv(struct node *node, uint64_t from, const struct wire_forward_ack *message)
{
    struct forward *forward = pool_find(&node->pools.forwards, message->request);
    if (forward == NULL || forward->answered || message->hlc != forward->name.hlc) {
        return; /* an earlier name's success is none: the write is under way with a greater dot */
    }
    if (message->error != 0 && message->error != -GR_ECONFLICT && forward->target != from) {
        return; /* an earlier owner's failure: the request is at another now */
    }
    if (is_refusal(message)) {
        refused(node, forward, message);
        return;
    }
    if (message->error == -GR_EOVERTAKEN) {
        overtaken(node, forward, message->number);
        return;
    }
    forward->target = from;
    pass_on(node, forward, message);
}

void forward_copies_recv(struct node *node, uint64_t from, const struct wire_forward_copies *message)
{
    struct forward *forward = pool_find(&node->pools.forwards, message->request);
    if (forward == NULL || !forward->answered || forward->target != from) {
        return;
    }
    forward->copies = message->copies > forward->copies ? message->copies : forward->copies;
    if (message->final) {
        finish_copies(node, forward);
    } else {
        origin_copies(node, &forward->origin, forward->copies, false);
    }
}
