#include "sim/nemesis.h"

#include "sim/world.h"

#define CRASHES_MAX 20u /* a causal context holds 32 actors; past that a lost version would be no surprise */
#define DOWN_MAX_US 8000000u
#define CUT_MAX_US 8000000u
#define SLOW_MAX_US 3000000u
#define HANG_MIN_US 200000u
#define HANG_MAX_US 3000000u
#define LATE_MIN_US 10000u
#define LATE_MAX_US 800000u
#define JUMP_MAX_MS 5000u
#define JUMP_FAR_MAX_MS 600000u

static void turn_later(struct world *world)
{
    uint64_t pause_us = rng_between(&world->rng, 1000, 2000 * (uint64_t)world->plan.fault_pause_ms);
    agenda_add(&world->agenda, (struct occurrence){.at_us = world->now_us + pause_us, .kind = OCCUR_NEMESIS});
}

void nemesis_start(struct world *world)
{
    world->nemesis.active = true;
    world->nemesis.disk_error_ppm = world->plan.disk_error_ppm;
    turn_later(world);
}

static void relieve_later(struct world *world, unsigned node, enum sim_fault fault, uint64_t after_us)
{
    agenda_add(&world->agenda, (struct occurrence){.at_us = world->now_us + after_us,
                                                   .kind = OCCUR_RELIEF,
                                                   .node = (uint8_t)node,
                                                   .token = (uint64_t)fault << 32 | world->nemesis.cuts});
}

static unsigned draw_machine(struct world *world)
{
    return (unsigned)rng_below(&world->rng, world->machines_count);
}

/* How long something lasts: mostly up to `most_us`, sometimes much longer. */
static uint64_t draw_duration(struct world *world, uint64_t least_us, uint64_t most_us)
{
    if (world->plan.lasting) {
        return rng_between(&world->rng, NEMESIS_LONG_MAX_US / 3, NEMESIS_LONG_MAX_US);
    }
    return rng_between(&world->rng, least_us, rng_chance(&world->rng, 150000) ? NEMESIS_LONG_MAX_US : most_us);
}

/* Two sides drawn anew each time; one may be empty, or a single machine. */
static void cut(struct world *world, bool both_ways)
{
    uint64_t side = rng_next(&world->rng);
    if (rng_chance(&world->rng, 400000)) {
        side = 1u << draw_machine(world);
    }
    for (unsigned a = 0; a < world->machines_count; a++) {
        for (unsigned b = 0; b < world->machines_count; b++) {
            bool outward = (side >> a & 1) != 0 && (side >> b & 1) == 0;
            bool inward = (side >> a & 1) == 0 && (side >> b & 1) != 0;
            world->network.cut[a][b] = outward || (both_ways && inward);
        }
    }
    world->nemesis.cuts++;
    world->disturbed_us = world->now_us;
    relieve_later(world, 0, FAULT_PARTITION, draw_duration(world, 10000, CUT_MAX_US));
}

static void reset_some_link(struct world *world)
{
    unsigned a = draw_machine(world);
    unsigned b = draw_machine(world);
    if (a != b) {
        network_reset_link(world, a, b);
    }
}

static void partition(struct world *world)
{
    if (rng_chance(&world->rng, 300000)) {
        reset_some_link(world);
    } else {
        cut(world, true);
    }
}

/* The clock of the board, which nobody has set right yet. */
static void set_back(struct world *world, unsigned node)
{
    if (world->plan.forgetful && (world->plan.faults & FAULT_CLOCK) != 0 && rng_chance(&world->rng, 500000)) {
        sim_clock_jump(&world->machines[node].clock, -(int64_t)rng_between(&world->rng, 0, JUMP_FAR_MAX_MS));
    }
}

static void crash_one(struct world *world, unsigned node)
{
    if (world->machines[node].node == NULL || world->nemesis.crashes >= CRASHES_MAX) {
        return;
    }
    world->nemesis.crashes++;
    if (rng_chance(&world->rng, 250000)) {
        process_drain(world, node);
    } else {
        process_crash(world, node, rng_chance(&world->rng, 400000));
        set_back(world, node);
    }
    process_boot_later(world, node, draw_duration(world, 1000, DOWN_MAX_US));
}

static void crash(struct world *world)
{
    bool all = rng_chance(&world->rng, 80000);
    unsigned chosen = draw_machine(world);
    for (unsigned node = 0; node < world->machines_count; node++) {
        if (all || node == chosen) {
            crash_one(world, node);
        }
    }
}

static void move_clock(struct world *world)
{
    uint64_t most = rng_chance(&world->rng, 100000) ? JUMP_FAR_MAX_MS : JUMP_MAX_MS;
    int64_t by_ms = (int64_t)rng_between(&world->rng, 0, 2 * most) - (int64_t)most;
    sim_clock_jump(&world->machines[draw_machine(world)].clock, by_ms);
}

static void slow_network(struct world *world)
{
    unsigned node = draw_machine(world);
    world->network.slow_us[node] = (uint32_t)rng_between(&world->rng, 1000, 500000);
    relieve_later(world, node, FAULT_DELAY, rng_between(&world->rng, 10000, SLOW_MAX_US));
}

static void slow_disk(struct world *world)
{
    unsigned node = draw_machine(world);
    world->machines[node].disk_slow_us = (uint32_t)rng_between(&world->rng, 1000, 400000);
    relieve_later(world, node, FAULT_DISK, rng_between(&world->rng, 10000, SLOW_MAX_US));
}

static void hang(struct world *world)
{
    unsigned node = draw_machine(world);
    if (world->machines[node].node != NULL) {
        stall_hang(world, node, draw_duration(world, HANG_MIN_US, HANG_MAX_US));
    }
}

static void slow(struct world *world)
{
    unsigned node = draw_machine(world);
    uint32_t by_us = (uint32_t)rng_between(&world->rng, LATE_MIN_US, LATE_MAX_US);
    stall_slow(world, node, by_us, draw_duration(world, LATE_MAX_US, CUT_MAX_US));
}

/* A new id is a new actor, as after a crash. */
static void wipe(struct world *world)
{
    if (world->nemesis.crashes < CRASHES_MAX) {
        world->nemesis.crashes++;
        damage_wipe(world, draw_machine(world));
    }
}

/* So does a salvage. */
static void salvage(struct world *world)
{
    if (world->nemesis.crashes < CRASHES_MAX) {
        world->nemesis.crashes++;
        damage_salvage(world, draw_machine(world));
    }
}

static void do_fault(struct world *world, uint32_t fault)
{
    switch (fault) {
    case FAULT_PARTITION:
        partition(world);
        break;
    case FAULT_ONEWAY:
        cut(world, false);
        break;
    case FAULT_CRASH:
        crash(world);
        break;
    case FAULT_CLOCK:
        move_clock(world);
        break;
    case FAULT_DELAY:
        slow_network(world);
        break;
    case FAULT_DISK:
        slow_disk(world);
        break;
    case FAULT_HANG:
        hang(world);
        break;
    case FAULT_SLOW:
        slow(world);
        break;
    case FAULT_ROT:
        damage_rot(world, draw_machine(world));
        break;
    case FAULT_WIPE:
        wipe(world);
        break;
    case FAULT_SALVAGE:
        salvage(world);
        break;
    default: /* loss, duplication and reordering go on all the time */
        break;
    }
}

void nemesis_on_turn(struct world *world, const struct occurrence *o)
{
    (void)o;
    if (!world->nemesis.active) {
        return;
    }
    uint32_t fault = 1u << rng_below(&world->rng, SIM_FAULT_KINDS);
    do_fault(world, fault & world->plan.faults);
    turn_later(world);
}

void nemesis_on_relief(struct world *world, const struct occurrence *o)
{
    switch (o->token >> 32) {
    case FAULT_PARTITION:
        if ((uint32_t)o->token == world->nemesis.cuts) {
            memset(world->network.cut, 0, sizeof world->network.cut);
            world->disturbed_us = world->now_us;
        }
        break;
    case FAULT_DELAY:
        world->network.slow_us[o->node] = 0;
        break;
    default:
        world->machines[o->node].disk_slow_us = 0;
        break;
    }
}

void nemesis_stop(struct world *world)
{
    world->nemesis.active = false;
    world->nemesis.disk_error_ppm = 0;
    network_heal(world);
    for (unsigned node = 0; node < world->machines_count; node++) {
        world->machines[node].disk_slow_us = 0;
        stall_end_slowness(world, node);
        process_boot(world, node);
    }
}
