#include "sim/world.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "sim/effects.h"
#include "sim/scan.h"
#include "sim/trace.h"

#define FRAME_MAX (128u << 20)
#define SCRATCH_BLOCK 16384u
#define AT_ONCE_MAX 100000u /* occurrences at one instant: past that something wakes itself for ever */

void world_init(struct world *world, const struct plan *plan)
{
    *world = (struct world){.plan = *plan, .machines_count = plan->nodes};
    rng_init(&world->rng, plan->seed ^ 0x5851f42d4c957f2du);
    agenda_init(&world->agenda);
    history_init(&world->history);
    sightings_init(&world->sightings);
    arena_init(&world->scratch, SCRATCH_BLOCK);
    buffer_init(&world->frame, FRAME_MAX);
    for (unsigned node = 0; node < world->machines_count; node++) {
        process_init(world, node);
    }
    network_start(world);
}

void world_done(struct world *world)
{
    for (unsigned node = 0; node < world->machines_count; node++) {
        process_done(&world->machines[node]);
    }
    agenda_done(&world->agenda);
    history_done(&world->history);
    sightings_done(&world->sightings);
    graves_done(&world->graves);
    arena_done(&world->scratch);
    buffer_done(&world->frame);
}

void world_mix(struct world *world, unsigned kind, uint64_t a, uint64_t b, struct bytes bytes)
{
    uint8_t raw[40];
    struct writer w = writer_of(raw, sizeof raw);
    writer_u64(&w, world->now_us);
    writer_u64(&w, kind);
    writer_u64(&w, a);
    writer_u64(&w, b);
    writer_u64(&w, bytes.len == 0 ? 0 : hash_bytes(bytes));
    world->hash = hash_bytes_seeded(bytes_of(raw, sizeof raw), world->hash);
}

void world_violate(struct world *world, const char *invariant, const char *format, ...)
{
    if (world->failed) {
        return;
    }
    world->failed = true;
    snprintf(world->invariant, sizeof world->invariant, "%s", invariant);
    int used =
        snprintf(world->violation, sizeof world->violation, "at %llu ms: ", (unsigned long long)(world->now_us / 1000));
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(world->violation + used, sizeof world->violation - (size_t)used, format, arguments);
    va_end(arguments);
}

void world_take_effects(struct world *world, unsigned node)
{
    struct machine *machine = &world->machines[node];
    unsigned count;
    const struct effect *effects = node_effects(machine->node, &count);
    for (unsigned i = 0; i < count; i++) {
        effect_perform(world, node, &effects[i]);
    }
    check_bounds_step(world, node, count);
    process_plan_tick(world, node);
}

void world_step(struct world *world, unsigned node, struct event *event)
{
    struct machine *machine = &world->machines[node];
    GR_ASSERT(machine->node != NULL);
    event->now = sim_clock_read(&machine->clock, world->now_us);
    world->events++;
    machine->actors_before[0] = node_actor(machine->node);
    machine->actors_before[1] = node_stand_in_actor(machine->node);
    node_step(machine->node, event);
    if (world->trace != NULL) {
        trace_step(world->trace, world, node, event);
    }
    world_take_effects(world, node);
}

static void happen(struct world *world, const struct occurrence *o)
{
    if (stall_defers(world, o)) {
        return;
    }
    switch ((enum occurrence_kind)o->kind) {
    case OCCUR_TICK:
        process_on_tick(world, o);
        break;
    case OCCUR_ARRIVAL:
        network_on_arrival(world, o);
        break;
    case OCCUR_LINKS:
        network_on_links(world, o);
        break;
    case OCCUR_CONNECT:
        network_on_connect(world, o);
        break;
    case OCCUR_HANGUP:
        network_on_hangup(world, o);
        break;
    case OCCUR_LOADED:
        effect_on_loaded(world, o);
        break;
    case OCCUR_WRITTEN:
        effect_on_written(world, o);
        break;
    case OCCUR_COUNTED:
        effect_on_counted(world, o);
        break;
    case OCCUR_SAVED:
        effect_on_saved(world, o);
        break;
    case OCCUR_SCAN:
        scan_on_moment(world, o);
        break;
    case OCCUR_SCANNED:
        scan_on_scanned(world, o);
        break;
    case OCCUR_BOOT:
        process_boot(world, o->node);
        break;
    case OCCUR_STOP:
        process_on_stop(world, o);
        break;
    case OCCUR_CLIENT:
        workload_on_client(world, o);
        break;
    case OCCUR_OVERDUE:
        workload_on_overdue(world, o);
        break;
    case OCCUR_NEMESIS:
        nemesis_on_turn(world, o);
        break;
    case OCCUR_RELIEF:
        nemesis_on_relief(world, o);
        break;
    }
}

void world_run(struct world *world, uint64_t for_us)
{
    uint64_t until_us = world->now_us + for_us;
    uint32_t at_once = 0;
    struct occurrence o;
    while (!world->failed && agenda_next_us(&world->agenda) <= until_us && agenda_take(&world->agenda, &o)) {
        GR_ASSERT_LE(world->now_us, o.at_us);
        at_once = o.at_us == world->now_us ? at_once + 1 : 0;
        world->now_us = o.at_us;
        if (at_once > AT_ONCE_MAX) {
            world_violate(world, "bounds", "occurrences of kind %u at node %c without end", o.kind, 'a' + o.node);
        } else {
            happen(world, &o);
        }
        blob_unref(o.blob);
    }
    world->now_us = until_us;
}

unsigned world_find_machine(const struct world *world, uint64_t id)
{
    unsigned node = 0;
    while (node < world->machines_count && world->machines[node].id != id) {
        node++;
    }
    return node;
}

unsigned world_machine(const struct world *world, uint64_t id)
{
    unsigned node = world_find_machine(world, id);
    GR_ASSERT_LT(node, world->machines_count);
    return node;
}

bool world_has_formed(const struct world *world)
{
    for (unsigned node = 0; node < world->machines_count; node++) {
        const struct node *each = world->machines[node].node;
        if (each == NULL || world->machines[node].draining || node_cluster(each) == 0 ||
            node_log(each)->count < world->machines_count + world->damage.wiped ||
            node_log(each)->hash != node_log(world->machines[0].node)->hash ||
            node_members(each)->hash != node_members(world->machines[0].node)->hash) {
            return false;
        }
    }
    return true;
}

bool world_is_quiet(const struct world *world)
{
    if (world->network.in_flight > 0 || world->workload.open > 0) {
        return false;
    }
    for (unsigned node = 0; node < world->machines_count; node++) {
        const struct machine *machine = &world->machines[node];
        if (machine->node != NULL && (!node_is_idle(machine->node) || !disk_is_quiet(&machine->disk))) {
            return false;
        }
    }
    return true;
}
