#include "sim/network.h"

#include "base/assert.h"
#include "sim/world.h"
#include "wire/handshake.h"
#include "wire/message.h"

#define LINKS_EVERY_US 50000u        /* how often a process tries the peers that it has no link to */
#define HANGUP_PROMPT_MAX_US 20000u  /* a closed connection is noticed at once */
#define HANGUP_SILENT_MIN_US 300000u /* a silent one by unanswered probes */
#define HANGUP_SILENT_MAX_US 3000000u
#define DUP_LATER_MAX_US 300000u

static bool reordering(const struct world *world)
{
    return (world->plan.faults & FAULT_REORDER) != 0;
}

static uint64_t draw_delay(struct world *world, unsigned from, unsigned to)
{
    const struct plan *plan = &world->plan;
    struct network *net = &world->network;
    uint64_t delay = rng_between(&world->rng, plan->delay_min_us, plan->delay_max_us);
    if (net->tail_ppm > 0 && rng_chance(&world->rng, net->tail_ppm)) {
        delay += rng_between(&world->rng, 0, plan->tail_max_us);
    }
    return delay + net->slow_us[from] + net->slow_us[to];
}

/* Put one copy on its way. Takes the reference. */
static void dispatch(struct world *world, unsigned from, unsigned to, struct blob *frame, uint64_t extra_us)
{
    struct network *net = &world->network;
    uint64_t at_us = world->now_us + draw_delay(world, from, to) + extra_us;
    if (!reordering(world)) {
        at_us = at_us > net->last_us[from][to] ? at_us : net->last_us[from][to];
        net->last_us[from][to] = at_us;
    }
    net->in_flight++;
    agenda_add(&world->agenda, (struct occurrence){.at_us = at_us,
                                                   .kind = OCCUR_ARRIVAL,
                                                   .node = (uint8_t)to,
                                                   .peer = (uint8_t)from,
                                                   .life = world->machines[to].life,
                                                   .token = net->up[from][to],
                                                   .blob = frame});
}

void network_send(struct world *world, unsigned from, unsigned to, struct blob *frame)
{
    struct network *net = &world->network;
    if (net->up[from][to] == 0 || net->cut[from][to] || (net->loss_ppm > 0 && rng_chance(&world->rng, net->loss_ppm))) {
        blob_unref(frame);
        return;
    }
    if (net->dup_ppm > 0 && rng_chance(&world->rng, net->dup_ppm)) {
        uint64_t later = reordering(world) ? rng_between(&world->rng, 0, DUP_LATER_MAX_US) : 0;
        dispatch(world, from, to, blob_ref(frame), later);
    }
    dispatch(world, from, to, frame, 0);
}

/* K2, K3: is the frame still to be handed over? */
static bool may_arrive(const struct world *world, const struct occurrence *o)
{
    const struct network *net = &world->network;
    const struct machine *machine = &world->machines[o->node];
    if (machine->node == NULL || machine->life != o->life || o->token < net->oldest[o->peer] ||
        net->up[o->node][o->peer] == 0 || net->cut[o->peer][o->node]) {
        return false;
    }
    return net->up[o->node][o->peer] == o->token || reordering(world);
}

void network_on_arrival(struct world *world, const struct occurrence *o)
{
    world->network.in_flight--;
    if (!may_arrive(world, o)) {
        return;
    }
    struct wire_message message;
    const char *reason = NULL;
    long used = wire_decode(blob_bytes(o->blob), &message, NULL, &reason);
    if (used != (long)o->blob->len) {
        world_violate(world, "wire", "a frame of type %u does not decode: %s", o->blob->data[4],
                      reason == NULL ? "incomplete" : reason);
        return;
    }
    struct event event = {.kind = EVENT_MESSAGE};
    event.message.from = world->machines[o->peer].id;
    event.message.body = &message;
    world_mix(world, OCCUR_ARRIVAL, o->node, o->peer, blob_bytes(o->blob));
    world_step(world, o->node, &event);
}

static bool is_running(const struct world *world, unsigned node)
{
    return world->machines[node].node != NULL;
}

static bool knows(const struct world *world, unsigned a, unsigned b)
{
    const struct machine *machine = &world->machines[a];
    return (machine->seeds & (1u << b)) != 0 ||
           members_find(node_members(machine->node), world->machines[b].id) != NULL;
}

static bool hands_shake(const struct world *world, unsigned a, unsigned b)
{
    struct handshake_self self_a = {node_cluster(world->machines[a].node), world->machines[a].id};
    struct handshake_self self_b = {node_cluster(world->machines[b].node), world->machines[b].id};
    struct wire_message hello_a = handshake_hello(&self_a);
    struct wire_message hello_b = handshake_hello(&self_b);
    uint16_t version;
    const char *text;
    return handshake_check(&self_b, &hello_a, &version, &text) == 0 &&
           handshake_check(&self_a, &hello_b, &version, &text) == 0;
}

static bool may_connect(const struct world *world, unsigned a, unsigned b)
{
    const struct network *net = &world->network;
    return is_running(world, a) && is_running(world, b) && !net->cut[a][b] && !net->cut[b][a] &&
           !stall_is_hung(world, a) && !stall_is_hung(world, b) && (knows(world, a, b) || knows(world, b, a)) &&
           hands_shake(world, a, b);
}

static void plan_hangup(struct world *world, unsigned node, unsigned peer, uint64_t after_us)
{
    struct network *net = &world->network;
    if (net->up[node][peer] == 0 || net->hanging_up[node][peer]) {
        return;
    }
    net->hanging_up[node][peer] = true;
    agenda_add(&world->agenda, (struct occurrence){.at_us = world->now_us + after_us,
                                                   .kind = OCCUR_HANGUP,
                                                   .node = (uint8_t)node,
                                                   .peer = (uint8_t)peer,
                                                   .life = world->machines[node].life,
                                                   .token = net->up[node][peer]});
}

static void tell(struct world *world, unsigned node, unsigned peer, enum event_kind kind)
{
    struct event event = {.kind = kind, .peer = world->machines[peer].id};
    world_mix(world, kind == EVENT_PEER_UP ? OCCUR_CONNECT : OCCUR_HANGUP, node, peer, BYTES_EMPTY);
    world_step(world, node, &event);
}

static void lose_link(struct world *world, unsigned node, unsigned peer)
{
    world->network.up[node][peer] = 0;
    world->disturbed_us = world->now_us;
    tell(world, node, peer, EVENT_PEER_DOWN);
}

/* A link is really gone when the other side holds none of the same generation, or the way is cut. */
void network_on_hangup(struct world *world, const struct occurrence *o)
{
    struct network *net = &world->network;
    if (!is_running(world, o->node) || world->machines[o->node].life != o->life) {
        return;
    }
    net->hanging_up[o->node][o->peer] = false;
    if (net->up[o->node][o->peer] != o->token) {
        return;
    }
    if (net->up[o->peer][o->node] != o->token || net->cut[o->node][o->peer] || net->cut[o->peer][o->node]) {
        lose_link(world, o->node, o->peer);
    }
}

/* Both sides come up together; a side that still holds an older link loses that first. */
void network_on_connect(struct world *world, const struct occurrence *o)
{
    struct network *net = &world->network;
    unsigned a = o->node;
    unsigned b = o->peer;
    net->connecting[a][b] = false;
    if (!may_connect(world, a, b) || (net->up[a][b] != 0 && net->up[a][b] == net->up[b][a])) {
        return;
    }
    for (unsigned turn = 0; turn < 2; turn++) {
        unsigned node = turn == 0 ? a : b;
        unsigned peer = turn == 0 ? b : a;
        if (net->up[node][peer] != 0) {
            lose_link(world, node, peer);
        }
    }
    net->generation++;
    world->disturbed_us = world->now_us;
    net->up[a][b] = net->up[b][a] = net->generation;
    net->hanging_up[a][b] = net->hanging_up[b][a] = false;
    tell(world, a, b, EVENT_PEER_UP);
    tell(world, b, a, EVENT_PEER_UP);
}

static void look_at_pair(struct world *world, unsigned a, unsigned b)
{
    struct network *net = &world->network;
    if (net->up[a][b] != 0 && net->up[a][b] == net->up[b][a]) {
        if (net->cut[a][b] || net->cut[b][a]) {
            plan_hangup(world, a, b, rng_between(&world->rng, HANGUP_SILENT_MIN_US, HANGUP_SILENT_MAX_US));
            plan_hangup(world, b, a, rng_between(&world->rng, HANGUP_SILENT_MIN_US, HANGUP_SILENT_MAX_US));
        }
        return;
    }
    if (!net->connecting[a][b] && may_connect(world, a, b)) {
        net->connecting[a][b] = true;
        uint64_t at_us = world->now_us + 3 * draw_delay(world, a, b);
        agenda_add(&world->agenda,
                   (struct occurrence){.at_us = at_us, .kind = OCCUR_CONNECT, .node = (uint8_t)a, .peer = (uint8_t)b});
    }
}

void network_on_links(struct world *world, const struct occurrence *o)
{
    for (unsigned a = 0; a < world->machines_count; a++) {
        for (unsigned b = a + 1; b < world->machines_count; b++) {
            look_at_pair(world, a, b);
        }
    }
    struct occurrence next = *o;
    next.at_us = world->now_us + LINKS_EVERY_US;
    agenda_add(&world->agenda, next);
}

void network_start(struct world *world)
{
    struct network *net = &world->network;
    *net = (struct network){
        .tail_ppm = world->plan.tail_ppm, .loss_ppm = world->plan.loss_ppm, .dup_ppm = world->plan.dup_ppm};
    agenda_add(&world->agenda, (struct occurrence){.at_us = world->now_us, .kind = OCCUR_LINKS});
}

void network_lose_process(struct world *world, unsigned node, bool silent)
{
    struct network *net = &world->network;
    world->disturbed_us = world->now_us;
    for (unsigned peer = 0; peer < world->machines_count; peer++) {
        net->up[node][peer] = 0;
        net->hanging_up[node][peer] = false;
        uint64_t after = silent ? rng_between(&world->rng, HANGUP_SILENT_MIN_US, HANGUP_SILENT_MAX_US)
                                : rng_between(&world->rng, 0, HANGUP_PROMPT_MAX_US);
        plan_hangup(world, peer, node, after);
    }
}

void network_forget(struct world *world, unsigned node)
{
    for (unsigned peer = 0; peer < world->machines_count; peer++) {
        if (world->network.up[peer][node] != 0) {
            lose_link(world, peer, node);
        }
    }
    world->network.oldest[node] = world->network.generation + 1;
}

void network_reset_link(struct world *world, unsigned a, unsigned b)
{
    if (stall_is_hung(world, a) || stall_is_hung(world, b)) {
        return; /* neither could be told now */
    }
    for (unsigned turn = 0; turn < 2; turn++) {
        unsigned node = turn == 0 ? a : b;
        unsigned peer = turn == 0 ? b : a;
        if (world->network.up[node][peer] != 0) {
            lose_link(world, node, peer);
        }
    }
}

void network_heal(struct world *world)
{
    struct network *net = &world->network;
    world->disturbed_us = world->now_us;
    net->tail_ppm = net->loss_ppm = net->dup_ppm = 0;
    memset(net->cut, 0, sizeof net->cut);
    memset(net->slow_us, 0, sizeof net->slow_us);
}

bool network_is_whole(const struct world *world)
{
    const struct network *net = &world->network;
    for (unsigned a = 0; a < world->machines_count; a++) {
        for (unsigned b = 0; b < world->machines_count; b++) {
            if (a != b && is_running(world, a) && is_running(world, b) &&
                (net->up[a][b] == 0 || net->up[a][b] != net->up[b][a])) {
                return false;
            }
        }
    }
    return true;
}
