#include "sim/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "node/canary.h"
#include "sim/network.h"

#define HINTS_AGE_MS (3u * 3600000u)
#define HINTS_AGE_MIN_MS 2000u
#define UNHURRIED_MS (24u * 3600000u)

static const char *const fault_names[SIM_FAULT_KINDS] = {
#define SIM_FAULT_NAME(name, text) text,
    SIM_FAULTS(SIM_FAULT_NAME)
#undef SIM_FAULT_NAME
};

const char *plan_fault_name(unsigned bit)
{
    return fault_names[bit];
}

static uint32_t fault_of(const char *name, size_t len)
{
    for (unsigned i = 0; i < SIM_FAULT_KINDS; i++) {
        if (strlen(fault_names[i]) == len && memcmp(fault_names[i], name, len) == 0) {
            return 1u << i;
        }
    }
    return 0;
}

int plan_parse_faults(const char *text, uint32_t *ret)
{
    if (text == NULL || strcmp(text, "all") == 0) {
        *ret = FAULT_ALL;
        return 0;
    }
    uint32_t faults = 0;
    if (strcmp(text, "none") != 0) {
        for (const char *next = text; next != NULL; next = strchr(next, ',') == NULL ? NULL : strchr(next, ',') + 1) {
            uint32_t fault = fault_of(next, strcspn(next, ","));
            if (fault == 0) {
                return GR_EINVAL;
            }
            faults |= fault;
        }
    }
    *ret = faults;
    return 0;
}

/* Two-stage chance: half of the kinds are live in a run, so that quiet runs and dense ones both occur. */
static uint32_t draw_faults(struct rng *rng, uint32_t allowed)
{
    uint32_t live = 0;
    for (unsigned i = 0; i < SIM_FAULT_KINDS; i++) {
        if (rng_chance(rng, 500000)) {
            live |= 1u << i;
        }
    }
    return live & allowed;
}

static unsigned draw_between(struct rng *rng, unsigned low, unsigned high)
{
    return (unsigned)rng_between(rng, low, high);
}

/* Mostly the quorum that overlaps; sometimes anything that is allowed. */
static void draw_quorum(struct rng *rng, struct plan *plan)
{
    plan->replicas = rng_chance(rng, 700000) ? 3 : draw_between(rng, 1, 5);
    unsigned most = plan->replicas;
    plan->w = most / 2 + 1;
    plan->r = most - plan->w + 1;
    if (rng_chance(rng, 250000)) {
        plan->r = draw_between(rng, 1, most);
        plan->w = draw_between(rng, 1, most);
    }
}

static void draw_cluster(struct rng *rng, const struct sim_options *options, struct plan *plan)
{
    plan->nodes = rng_chance(rng, 700000) ? 5 : draw_between(rng, 1, SIM_NODES_MAX);
    if (options->nodes != 0) {
        plan->nodes = options->nodes;
    }
    draw_quorum(rng, plan);
    plan->zones = rng_chance(rng, 700000) ? 1 : draw_between(rng, 2, 4);
    plan->weights = rng_chance(rng, 150000);
    plan->partitions = 1u << draw_between(rng, 3, 6);
    plan->requests_max = rng_chance(rng, 800000) ? 64 : draw_between(rng, 2, 8);
    plan->request_timeout_ms = draw_between(rng, 200, 2000);
    plan->buffered = rng_chance(rng, 200000);
}

static void draw_workload(struct rng *rng, const struct sim_options *options, struct plan *plan)
{
    plan->keys = rng_chance(rng, 700000) ? draw_between(rng, 1, 4) : draw_between(rng, 5, 16);
    plan->siblings = rng_chance(rng, 500000) ? draw_between(rng, 0, plan->keys) : 0;
    plan->ops = draw_between(rng, 50, 300);
    if (options->ops != 0) {
        plan->ops = options->ops;
    }
    plan->clients = draw_between(rng, 1, SIM_CLIENTS_MAX);
    plan->think_ms = draw_between(rng, 1, 300);
    plan->fault_pause_ms = draw_between(rng, 50, 3000);
    plan->lasting = rng_chance(rng, 80000);
    if (plan->lasting) {
        plan->think_ms = draw_between(rng, 300, 3000);
        plan->fault_pause_ms = draw_between(rng, 1000, 5000);
    }
}

static void draw_network(struct rng *rng, struct plan *plan)
{
    plan->delay_min_us = draw_between(rng, 50, 500);
    plan->delay_max_us = plan->delay_min_us + draw_between(rng, 100, 20000);
    if (plan->faults & FAULT_DELAY) {
        plan->tail_ppm = draw_between(rng, 1000, 50000);
        plan->tail_max_us = draw_between(rng, 50000, 3000000);
    }
    if (plan->faults & FAULT_LOSS) {
        plan->loss_ppm = draw_between(rng, 1000, 150000);
    }
    if (plan->faults & FAULT_DUP) {
        plan->dup_ppm = draw_between(rng, 1000, 150000);
    }
}

static void draw_machines(struct rng *rng, struct plan *plan)
{
    plan->disk_min_us = draw_between(rng, 10, 500);
    plan->disk_max_us = plan->disk_min_us + draw_between(rng, 100, 10000);
    if (plan->faults & FAULT_DISK) {
        plan->disk_error_ppm = draw_between(rng, 500, 20000);
    }
    plan->skew_max_ms = plan->faults & FAULT_CLOCK ? draw_between(rng, 100, 3000) : draw_between(rng, 0, 50);
}

/* Short, so that a run sees many comparisons and deletions forgotten; sometimes with hardly any room for hints. */
static void draw_healing(struct rng *rng, struct plan *plan)
{
    plan->hints_bytes_max = rng_chance(rng, 800000) ? 1u << 20 : draw_between(rng, 500, 5000);
    if (plan->canary == CANARY_HINTS_UNBOUNDED) {
        plan->hints_bytes_max = draw_between(rng, 500, 2000);
    }
    plan->hints_age_ms =
        rng_chance(rng, 700000) ? HINTS_AGE_MS : draw_between(rng, HINTS_AGE_MIN_MS, HINTS_AGE_MIN_MS * 10);
    plan->sync_period_ms = draw_between(rng, 2000, 20000);
    plan->reap_after_ms = draw_between(rng, NETWORK_LATE_MAX_US / 1000, 20000);
    plan->page_bytes = rng_chance(rng, 300000) ? 1u << 20 : draw_between(rng, 50, 2000);
}

/* Runs that live long enough for deletions to be forgotten: many keys, many of them deleted and then left alone. Here
 * the canaries of forgetting are looked for. */
static void draw_forgetting(struct rng *rng, const struct sim_options *options, struct plan *plan)
{
    bool is_sought = plan->canary == CANARY_REAP_UNASKED || plan->canary == CANARY_REAP_ONE_OWNER ||
                     plan->canary == CANARY_CLOCK_UNKEPT || plan->canary == CANARY_NO_DOUBT ||
                     plan->canary == CANARY_FLOOR_UNKEPT || plan->canary == CANARY_REAP_UNEVEN;
    plan->forgetful = rng_chance(rng, 60000) || is_sought;
    if (!plan->forgetful) {
        return;
    }
    plan->keys = draw_between(rng, 30, 60);
    plan->siblings = rng_chance(rng, 500000) ? draw_between(rng, 0, plan->keys) : 0;
    plan->ops = options->ops != 0 ? options->ops : 1000;
    plan->request_timeout_ms = draw_between(rng, 200, 600);
    plan->think_ms = draw_between(rng, 200, 900);
    plan->fault_pause_ms = draw_between(rng, 50, 9000);
    plan->reap_after_ms = NETWORK_LATE_MAX_US / 1000;
    if (plan->canary == CANARY_REAP_UNASKED) { /* a hint must outlast the deletion: members are away for long */
        plan->lasting = true;
        plan->fault_pause_ms = draw_between(rng, 1000, 5000);
    }
}

/* Drawn last, so that the other draws of a seed are what they were. */
static void draw_parts(struct rng *rng, struct plan *plan)
{
    plan->object_bytes_max = rng_chance(rng, 250000) ? draw_between(rng, 100, 1000) : 0;
    if (plan->canary == CANARY_PART_LOST) {
        plan->object_bytes_max = 100;
        plan->siblings = plan->keys;
    }
}

static void calm(struct plan *plan)
{
    plan->faults = 0;
    plan->tail_ppm = plan->loss_ppm = plan->dup_ppm = plan->disk_error_ppm = 0;
}

/* Drawn last, likewise: hardly any room for removals that others order; and in some runs nothing else that could make
 * owners differ, so that they must become equal without the comparison that comes now and then. */
static void draw_reaping(struct rng *rng, struct plan *plan)
{
    bool is_tight = rng_chance(rng, 500000);
    bool is_quiet = rng_chance(rng, 300000) && plan->canary == 0;
    if (!plan->forgetful) {
        return;
    }
    if (is_tight) {
        plan->reap_orders_max = draw_between(rng, 1, 4);
    }
    if (is_quiet) {
        calm(plan);
    }
    plan->unhurried = plan->faults == 0 && plan->requests_max >= 64; /* a node that is busy keeps no copy */
    if (plan->unhurried) {
        plan->sync_period_ms = UNHURRIED_MS;
    }
}

int plan_draw(const struct sim_options *options, struct plan *ret)
{
    struct plan plan = {.seed = options->seed, .canary = options->canary};
    uint32_t allowed;
    if (options->nodes > SIM_NODES_MAX || plan_parse_faults(options->faults, &allowed) != 0) {
        return GR_EINVAL;
    }
    struct rng rng;
    rng_init(&rng, options->seed);
    plan.faults = draw_faults(&rng, allowed);
    draw_cluster(&rng, options, &plan);
    draw_workload(&rng, options, &plan);
    draw_network(&rng, &plan);
    draw_machines(&rng, &plan);
    draw_healing(&rng, &plan);
    draw_forgetting(&rng, options, &plan);
    draw_parts(&rng, &plan);
    draw_reaping(&rng, &plan);
    *ret = plan;
    return 0;
}

static void describe_faults(uint32_t faults, char *ret, size_t size)
{
    size_t used = 0;
    ret[0] = '\0';
    for (unsigned i = 0; i < SIM_FAULT_KINDS && used + 16 < size; i++) {
        if (faults & (1u << i)) {
            used += (size_t)snprintf(ret + used, size - used, "%s%s", used > 0 ? "," : "", fault_names[i]);
        }
    }
    if (used == 0) {
        snprintf(ret, size, "none");
    }
}

void plan_describe(const struct plan *plan, char *ret, size_t size)
{
    char faults[128];
    describe_faults(plan->faults, faults, sizeof faults);
    snprintf(ret, size,
             "seed=%llu nodes=%u n=%u r=%u w=%u partitions=%u zones=%u%s keys=%u siblings=%u ops=%u clients=%u "
             "requests=%u timeout=%ums think=%ums delay=%u..%uus loss=%uppm dup=%uppm hints=%u parts=%u sync=%ums "
             "reap=%ums orders=%u "
             "durability=%s faults=%s",
             (unsigned long long)plan->seed, plan->nodes, plan->replicas, plan->r, plan->w, plan->partitions,
             plan->zones, plan->weights ? " weights" : "", plan->keys, plan->siblings, plan->ops, plan->clients,
             plan->requests_max, plan->request_timeout_ms, plan->think_ms, plan->delay_min_us, plan->delay_max_us,
             plan->loss_ppm, plan->dup_ppm, plan->hints_bytes_max, plan->object_bytes_max, plan->sync_period_ms,
             plan->reap_after_ms, plan->reap_orders_max, plan->buffered ? "buffered" : "sync", faults);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned plan_copies(const struct plan *plan)
{
    return least(plan->replicas, plan->nodes);
}

bool plan_reads_overlap(const struct plan *plan)
{
    unsigned copies = plan_copies(plan);
    return least(plan->r, copies) + least(plan->w, copies) > copies;
}

bool plan_writes_overlap(const struct plan *plan)
{
    return 2 * least(plan->w, plan_copies(plan)) > plan_copies(plan);
}
