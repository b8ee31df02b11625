#include "sim/process.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "sim/workload.h"
#include "sim/world.h"

#define STATE_MAX (16u << 20)
#define DRAIN_LOOK_US 20000u
#define DRAIN_MAX_US 5000000u
#define WRITE_BYTES 50u          /* where requests have little room, so have their bytes */
#define BUFFERED_LAG_US 1000000u /* how long a completed write may wait in the page cache */

void process_init(struct world *world, unsigned node)
{
    struct machine *machine = &world->machines[node];
    *machine = (struct machine){.id = rng_next(&world->rng) | 1, .tick_us = UINT64_MAX};
    buffer_init(&machine->state, STATE_MAX);
    disk_init(&machine->disk, world->plan.buffered ? BUFFERED_LAG_US : 0);
    sim_clock_init(&machine->clock, &world->rng, world->plan.skew_max_ms);
    if (node == 0) {
        machine->cluster = rng_next(&world->rng) | 1;
    } else {
        machine->seeds = 1u | 1u << rng_below(&world->rng, node);
    }
}

void process_done(struct machine *machine)
{
    node_free(machine->node);
    buffer_done(&machine->state);
    disk_done(&machine->disk);
}

static void fill_member(struct member *member, unsigned node)
{
    snprintf(member->client, sizeof member->client, "%c:6379", 'a' + (int)node);
    snprintf(member->peer, sizeof member->peer, "%c:16379", 'a' + (int)node);
    snprintf(member->http, sizeof member->http, "%c:8379", 'a' + (int)node);
}

static void fill_config(struct world *world, unsigned node, struct node_config *config)
{
    static const char *const zones[] = {"", "east", "north", "west"};
    const struct plan *plan = &world->plan;
    struct machine *machine = &world->machines[node];
    uint64_t clock = disk_clock(&machine->disk);
    size_t leaves_count;
    const struct leaf_sum *leaves = disk_leaves(&machine->disk, &leaves_count);
    *config = (struct node_config){
        .node = machine->id,
        .actor = machine->actor,
        .cluster = machine->cluster,
        .clock = clock > machine->stopped_clock ? clock : machine->stopped_clock,
        .seed = rng_next(&world->rng),
        .partitions = plan->partitions,
        .replicas = (uint8_t)plan->replicas,
        .r = (uint8_t)plan->r,
        .w = (uint8_t)plan->w,
        .weight = plan->weights ? (uint16_t)(100 * (1 + node % 3)) : 100,
        .zone = zones[node % plan->zones],
        .requests_max = plan->requests_max,
        .writes_bytes_max = plan->requests_max < 2 * SIM_CLIENTS_MAX ? plan->requests_max * WRITE_BYTES : 0,
        .request_timeout_ms = plan->request_timeout_ms,
        .holds_data = machine->disk.ever_written,
        .replaces = machine->replaces,
        .salvaged = machine->salvaged,
        .leaves = leaves,
        .leaves_count = leaves_count,
        .object_bytes_max = plan->object_bytes_max,
        .hints_bytes_max = plan->hints_bytes_max,
        .hints_age_ms = plan->hints_age_ms,
        .sync_period_ms = plan->sync_period_ms,
        .reap_after_ms = plan->reap_after_ms,
        .reap_orders_max = plan->reap_orders_max,
        .state = buffer_bytes(&machine->state),
    };
    fill_member(&config->self, node);
#ifdef GRAMME_CANARY
    config->canary = (uint8_t)plan->canary;
#endif
}

void process_boot(struct world *world, unsigned node)
{
    struct machine *machine = &world->machines[node];
    if (machine->node != NULL) {
        if (machine->draining) { /* once it has stopped */
            process_boot_later(world, node, DRAIN_LOOK_US);
        }
        return;
    }
    if (machine->actor == 0) {
        machine->actor = rng_next(&world->rng) | 1;
        machine->stopped_clock = 0;
    }
    struct node_config config;
    fill_config(world, node, &config);
    int status = node_new(&config, &machine->node);
    if (status != 0) {
        world_violate(world, "start", "node %c does not start: %d", 'a' + (int)node, status);
        return;
    }
    machine->life++;
    world->disturbed_us = world->now_us;
    machine->draining = false;
    machine->tick_us = UINT64_MAX;
    world_mix(world, OCCUR_BOOT, node, machine->actor, BYTES_EMPTY);
    world_take_effects(world, node);
}

static void end_process(struct world *world, unsigned node, bool silent)
{
    struct machine *machine = &world->machines[node];
    node_free(machine->node);
    machine->node = NULL;
    machine->draining = false;
    stall_clear(&machine->stall);
    network_lose_process(world, node, silent);
    workload_lose_node(world, node);
}

void process_crash(struct world *world, unsigned node, bool power_cut)
{
    struct machine *machine = &world->machines[node];
    if (machine->node == NULL) {
        return;
    }
    world_mix(world, OCCUR_STOP, node, power_cut, BYTES_EMPTY);
    machine->actor = 0;
    uint64_t lost = disk_crash(&machine->disk, &world->rng, world->now_us, power_cut);
    end_process(world, node, power_cut);
    check_lost_on_power_cut(world, lost);
}

#define REPLACED_MAX_US 8000000u

void process_wipe(struct world *world, unsigned node)
{
    struct machine *machine = &world->machines[node];
    process_crash(world, node, true);
    network_forget(world, node);
    uint64_t sync_lag_us = machine->disk.sync_lag_us;
    disk_done(&machine->disk);
    disk_init(&machine->disk, sync_lag_us);
    buffer_clear(&machine->state, 0);
    machine->replaces = machine->id;
    machine->id = rng_next(&world->rng) | 1;
    machine->actor = 0;
    machine->cluster = 0;
    machine->seeds = ((1u << world->machines_count) - 1) & ~(1u << node);
    process_boot_later(world, node, rng_between(&world->rng, 1000, REPLACED_MAX_US));
}

void process_drain(struct world *world, unsigned node)
{
    struct machine *machine = &world->machines[node];
    if (machine->node == NULL || machine->draining) {
        return;
    }
    machine->draining = true;
    machine->stop_by_us = world->now_us + DRAIN_MAX_US;
    agenda_add(
        &world->agenda,
        (struct occurrence){.at_us = world->now_us, .kind = OCCUR_STOP, .node = (uint8_t)node, .life = machine->life});
}

/* A clean stop: all the node asked to store is stored, and its clock is kept. */
static void stop_clean(struct world *world, unsigned node)
{
    struct machine *machine = &world->machines[node];
    machine->stopped_clock = node_clock(machine->node);
    world_mix(world, OCCUR_STOP, node, machine->stopped_clock, BYTES_EMPTY);
    uint64_t lost = disk_crash(&machine->disk, &world->rng, world->now_us, false);
    GR_ASSERT_EQ(lost, 0);
    end_process(world, node, false);
}

void process_on_stop(struct world *world, const struct occurrence *o)
{
    struct machine *machine = &world->machines[o->node];
    if (machine->node == NULL || machine->life != o->life) {
        return;
    }
    if (node_is_idle(machine->node) && disk_is_quiet(&machine->disk) && node_may_keep_actor(machine->node)) {
        stop_clean(world, o->node);
    } else if (world->now_us >= machine->stop_by_us) {
        process_crash(world, o->node, false);
    } else {
        struct occurrence again = *o;
        again.at_us = world->now_us + DRAIN_LOOK_US;
        agenda_add(&world->agenda, again);
    }
}

void process_boot_later(struct world *world, unsigned node, uint64_t after_us)
{
    agenda_add(&world->agenda,
               (struct occurrence){.at_us = world->now_us + after_us, .kind = OCCUR_BOOT, .node = (uint8_t)node});
}

void process_plan_tick(struct world *world, unsigned node)
{
    struct machine *machine = &world->machines[node];
    uint64_t wake_ms = node_wake_at(machine->node);
    if (wake_ms == UINT64_MAX) {
        return;
    }
    uint64_t at_us = sim_clock_when(&machine->clock, wake_ms, world->now_us);
    if (at_us >= machine->tick_us) {
        return;
    }
    machine->tick_us = at_us;
    agenda_add(&world->agenda,
               (struct occurrence){.at_us = at_us, .kind = OCCUR_TICK, .node = (uint8_t)node, .life = machine->life});
}

/* Planned for a time that the node may have put off since: then plan anew. */
void process_on_tick(struct world *world, const struct occurrence *o)
{
    struct machine *machine = &world->machines[o->node];
    if (machine->node == NULL || machine->life != o->life || machine->tick_us != o->at_us) {
        return;
    }
    machine->tick_us = UINT64_MAX;
    if (sim_clock_read(&machine->clock, world->now_us).mono_ms < node_wake_at(machine->node)) {
        process_plan_tick(world, o->node);
        return;
    }
    struct event event = {.kind = EVENT_TICK};
    world_mix(world, OCCUR_TICK, o->node, 0, BYTES_EMPTY);
    world_step(world, o->node, &event);
}
