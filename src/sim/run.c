#include "sim/run.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/error.h"
#include "node/detector.h"
#include "sim/trace.h"

#define SLICE_US 50000u
#define ANSWER_SLICE_US 5000u
#define FORMATION_MAX_US 60000000u
#define OPERATION_MAX_US 10000000u /* far more than one takes on average, unless each meets a fault that lasts */
#define HEALING_MAX_US 60000000u
#define SETTLING_MAX_US 60000000u
#define SCRUB_PPM 50000u
#define READ_ROUNDS_MAX 4u
#define BOOT_MAX_US 2000000u

static void make_keys(struct world *world)
{
    for (unsigned i = 0; i < world->plan.keys; i++) {
        char name[SIM_KEY_BYTES];
        int len = snprintf(name, sizeof name, i % 3 == 2 ? "{tag}:%u" : "key:%u", i);
        keys_number(&world->keys, bytes_of(name, (size_t)len));
    }
}

static void run_until(struct world *world, bool (*done)(const struct world *world), uint64_t limit_us, const char *what)
{
    uint64_t until_us = world->now_us + limit_us;
    while (!world->failed && !done(world)) {
        if (world->now_us >= until_us) {
            if (!world->nemesis.active) {
                check_bounds_at_end(world); /* a node that never gets idle says more than "it did not end" */
            }
            world_violate(world, "progress", "%s in %llu s", what, (unsigned long long)(limit_us / 1000000));
        }
        world_run(world, SLICE_US);
    }
}

static bool has_formed(const struct world *world)
{
    return world_has_formed(world) && network_is_whole(world);
}

void run_formation(struct world *world)
{
    make_keys(world);
    process_boot(world, 0);
    for (unsigned node = 1; node < world->machines_count; node++) {
        process_boot_later(world, node, rng_between(&world->rng, 0, BOOT_MAX_US));
    }
    run_until(world, has_formed, FORMATION_MAX_US, "the cluster did not form");
    if (!world->failed) {
        check_ring(world);
    }
}

static uint64_t operation_max_us(const struct world *world)
{
    return world->plan.lasting ? NEMESIS_LONG_MAX_US : OPERATION_MAX_US;
}

void run_workload(struct world *world)
{
    workload_start(world);
    nemesis_start(world);
    run_until(world, workload_is_over, world->plan.ops * operation_max_us(world), "the clients did not come to an end");
}

/* Does nobody take another for silent? */
static bool is_trusting(const struct world *world)
{
    for (unsigned a = 0; a < world->machines_count; a++) {
        for (unsigned b = 0; b < world->machines_count; b++) {
            if (!detector_is_healthy(world->machines[a].node, world->machines[b].id)) {
                return false;
            }
        }
    }
    return true;
}

static bool none_stalls(const struct world *world)
{
    for (unsigned node = 0; node < world->machines_count; node++) {
        if (!stall_is_over(world, node)) {
            return false;
        }
    }
    return true;
}

/* What there still is to wait for; NULL: nothing. */
static const char *unrest(const struct world *world)
{
    if (!none_stalls(world)) {
        return "a machine hangs or is slow";
    }
    if (!has_formed(world)) {
        return "not all nodes are linked and agree who is a member";
    }
    if (!is_trusting(world)) {
        return "a node is taken for silent";
    }
    return world_is_quiet(world) ? NULL : "a request, store or message is always under way";
}

static bool is_whole(const struct world *world)
{
    return unrest(world) == NULL;
}

void run_healing(struct world *world)
{
    nemesis_stop(world);
    run_until(world, is_whole, HEALING_MAX_US, "the cluster did not become whole and quiet");
}

static const struct operation *ask(struct world *world, unsigned node, enum op op, unsigned key, unsigned r)
{
    uint32_t number = workload_ask(world, NO_CLIENT, node, &(struct request){.op = op, .r = (uint8_t)r}, key);
    while (!world->failed && world->history.list[number].outcome == OUTCOME_OPEN) {
        world_run(world, ANSWER_SLICE_US);
    }
    return &world->history.list[number];
}

/* After healing nothing may fail. */
static const struct operation *ask_and_wait(struct world *world, unsigned node, enum op op, unsigned key, unsigned r)
{
    const struct operation *operation = ask(world, node, op, key, r);
    if (operation->status != 0 && operation->status != GR_ECONFLICT) {
        world_violate(world, "progress", "request %u failed with %s after all faults had stopped",
                      (unsigned)(operation - world->history.list), gr_error_name(operation->status));
    }
    return operation;
}

/* `r` 0: as clients do. */
static void read_everything(struct world *world, unsigned r)
{
    for (unsigned key = 0; key < world->plan.keys; key++) {
        for (unsigned node = 0; node < world->machines_count && !world->failed; node++) {
            ask_and_wait(world, node, OP_GET, key, r);
        }
    }
    run_until(world, is_whole, HEALING_MAX_US, "the cluster did not become quiet after reads");
}

/* Until then a node may have nothing to repair another's copy with. */
static void wait_until_filled(struct world *world, uint64_t until_us)
{
    for (unsigned node = 0; node < world->machines_count; node++) {
        while (!world->failed && world->now_us < until_us &&
               node_stats(world->machines[node].node)->partitions_filling > 0) {
            world_run(world, SLICE_US);
        }
    }
}

/* A read that fails has found damage too, but may have met no sound copy to mend it with, as one that is too big for a
 * message comes a moment later: who is refused asks again, after a pause, as the node may be busy. */
static void read_until_answered(struct world *world, unsigned key)
{
    unsigned node = (unsigned)rng_below(&world->rng, world->machines_count);
    for (unsigned round = 0; round < READ_ROUNDS_MAX && !world->failed; round++) {
        if (ask(world, node, OP_GET, key, RING_REPLICAS_MAX)->status == 0) {
            return;
        }
        world_run(world, SLICE_US);
    }
}

/* What is rotten is found by whoever reads it: a client, or (seldom here, for it reads each slot) a scrub. */
static void find_rot(struct world *world)
{
    if (world->damage.rotten == 0) {
        return;
    }
    if (!rng_chance(&world->rng, SCRUB_PPM)) {
        for (unsigned key = 0; key < world->plan.keys && !world->failed; key++) {
            read_until_answered(world, key);
        }
        return;
    }
    for (unsigned node = 0; node < world->machines_count; node++) {
        ask_and_wait(world, node, OP_SCRUB, 0, 0);
    }
}

/* Hints are delivered as soon as their owners answer; the rest is found by the next comparison with each co-owner, or
 * the one after it if that met a failure. A deletion that is being forgotten differs for a moment. An unhurried run
 * does without (plan.h). */
static uint64_t settling_max_us(const struct world *world)
{
    uint64_t comparing_ms = world->plan.unhurried ? 0 : 3 * world->plan.sync_period_ms;
    return SETTLING_MAX_US + 1000 * (comparing_ms + 3 * (uint64_t)world->plan.reap_after_ms);
}

void run_settling(struct world *world)
{
    char missing[SIM_TEXT_MAX / 2] = "";
    uint64_t until_us = world->now_us + settling_max_us(world);
    wait_until_filled(world, until_us);
    find_rot(world);
    while (!world->failed && !(is_whole(world) && check_converged_by_itself(world, missing, sizeof missing))) {
        if (world->now_us >= until_us) {
            world_violate(world, "converged", "the copies do not become equal by themselves: %s",
                          missing[0] != '\0' ? missing : unrest(world)); /* what it was last, when at rest */
        }
        world_run(world, SLICE_US);
    }
}

/* First as clients do; then asking all owners, since a read with R = 1 that finds a copy at home asks nobody else, and
 * so repairs nothing. */
void run_reads(struct world *world)
{
    read_everything(world, 0);
    for (unsigned round = 0; round < READ_ROUNDS_MAX && !world->failed; round++) {
        read_everything(world, RING_REPLICAS_MAX);
        if (check_converged_yet(world)) {
            return;
        }
    }
}

static void check_count(struct world *world)
{
    uint64_t live = 0;
    for (unsigned key = 0; key < world->plan.keys; key++) {
        unsigned owners;
        unsigned first = world_machine(world, check_owners(world, key, &owners)[0]);
        live += (uint64_t)(int64_t)disk_live(&world->machines[first].disk, key);
    }
    unsigned node = (unsigned)rng_below(&world->rng, world->machines_count);
    const struct operation *operation = ask_and_wait(world, node, OP_COUNT, 0, 0);
    if (operation->number != live && world->damage.rotten == 0) {
        world_violate(world, "converged", "node %c counts %llu keys, there are %llu", 'a' + (int)node,
                      (unsigned long long)operation->number, (unsigned long long)live);
    }
}

/* Comparing goes on for ever, but what it has begun ends: no slot stays taken. */
static bool is_idle(const struct world *world)
{
    for (unsigned node = 0; node < world->machines_count; node++) {
        const struct node *each = world->machines[node].node;
        if (each != NULL && !node_is_idle(each)) {
            return false;
        }
    }
    return true;
}

void run_checks(struct world *world)
{
    if (world->failed) {
        return;
    }
    check_ring(world);
    check_converged_at_end(world);
    check_lost_at_end(world);
    check_order_at_end(world);
    check_append_at_end(world);
    check_count(world);
    run_until(world, is_idle, HEALING_MAX_US, "some machine was never idle");
    check_bounds_at_end(world);
}

static void run_all(struct world *world)
{
    run_formation(world);
    run_workload(world);
    run_healing(world);
    run_settling(world);
    run_reads(world);
    run_checks(world);
}

static void tell_result(const struct world *world, struct sim_result *ret)
{
    *ret = (struct sim_result){.failed = world->failed,
                               .hash = world->hash,
                               .events = world->events,
                               .simulated_ms = world->now_us / 1000,
                               .acknowledged = world->workload.acknowledged};
    snprintf(ret->invariant, sizeof ret->invariant, "%s", world->invariant);
    snprintf(ret->violation, sizeof ret->violation, "%s", world->violation);
    plan_describe(&world->plan, ret->options, sizeof ret->options);
}

int sim_run(const struct sim_options *options, struct sim_result *ret)
{
    struct plan plan;
    int status = plan_draw(options, &plan);
    if (status != 0) {
        return status;
    }
    struct world *world = malloc(sizeof *world);
    if (world == NULL) {
        return GR_ENOMEM;
    }
    struct trace trace;
    trace_init(&trace, NULL);
    world_init(world, &plan);
    world->trace = options->trace ? &trace : NULL;
    run_all(world);
    tell_result(world, ret);
    if (options->trace) {
        fwrite(trace.text.data, 1, trace.text.len, stdout);
    }
    trace_done(&trace);
    world_done(world);
    free(world);
    return 0;
}

#define LITTER 64u

/* Blocks of odd sizes, held during the second run, so that nothing lies where it lay in the first. */
static void strew_litter(void *litter[LITTER])
{
    for (size_t i = 0; i < LITTER; i++) {
        litter[i] = malloc(24 + i * 40 + (i % 7) * 1000);
    }
    for (size_t i = 0; i < LITTER; i += 2) {
        free(litter[i]);
        litter[i] = NULL;
    }
}

static void sweep_litter(void *litter[LITTER])
{
    for (size_t i = 0; i < LITTER; i++) {
        free(litter[i]);
    }
}

int sim_run_twice(const struct sim_options *options, struct sim_result *ret)
{
    struct sim_result second;
    int status = sim_run(options, ret);
    if (status != 0 || ret->failed) {
        return status;
    }
    void *litter[LITTER];
    strew_litter(litter);
    status = sim_run(options, &second);
    sweep_litter(litter);
    if (status == 0 && (second.hash != ret->hash || second.events != ret->events)) {
        ret->failed = true;
        snprintf(ret->invariant, sizeof ret->invariant, "replay");
        snprintf(ret->violation, sizeof ret->violation, "a second run of the same seed ended with %016llx, not %016llx",
                 (unsigned long long)second.hash, (unsigned long long)ret->hash);
    }
    return status;
}
