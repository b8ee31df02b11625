/* What one run is to be, drawn from its seed before anything happens: the line that is printed first. */
#ifndef GR_SIM_PLAN_H
#define GR_SIM_PLAN_H

#include <stddef.h>

#include "base/rng.h"
#include "sim/sim.h"

#define SIM_NODES_MAX 7u
#define SIM_KEYS_MAX 64u
#define SIM_CLIENTS_MAX 12u

/* Each kind of fault: allowed by the options, then live in this run or not, then it fires or not. */
#define SIM_FAULTS(X)         \
    X(DELAY, "delay")         \
    X(LOSS, "loss")           \
    X(DUP, "dup")             \
    X(REORDER, "reorder")     \
    X(PARTITION, "partition") \
    X(ONEWAY, "oneway")       \
    X(CRASH, "crash")         \
    X(CLOCK, "clock")         \
    X(DISK, "disk")           \
    X(HANG, "hang")           \
    X(SLOW, "slow")           \
    X(ROT, "rot")             \
    X(WIPE, "wipe")           \
    X(SALVAGE, "salvage")

enum sim_fault_bit {
#define SIM_FAULT_BIT(name, text) SIM_FAULT_BIT_##name,
    SIM_FAULTS(SIM_FAULT_BIT)
#undef SIM_FAULT_BIT
        SIM_FAULT_KINDS
};

enum sim_fault {
#define SIM_FAULT(name, text) FAULT_##name = 1 << SIM_FAULT_BIT_##name,
    SIM_FAULTS(SIM_FAULT)
#undef SIM_FAULT
        FAULT_ALL = (1 << SIM_FAULT_KINDS) - 1
};

struct plan {
    uint64_t seed;
    uint32_t faults; /* enum sim_fault bits live in this run */
    unsigned canary;

    /* the cluster */
    unsigned nodes, replicas, r, w, zones;
    bool weights; /* of different size */
    uint32_t partitions;
    uint32_t requests_max;
    uint32_t request_timeout_ms;
    bool buffered; /* durability: a power cut may take acknowledged writes */

    /* the workload */
    unsigned keys, siblings; /* the first `siblings` keys have that policy */
    bool forgetful;          /* deletes a lot */
    unsigned ops, clients;
    uint32_t think_ms; /* mean pause of a client between requests */

    /* network and disk */
    uint32_t delay_min_us, delay_max_us;
    uint32_t tail_ppm, tail_max_us; /* the occasional slow message */
    uint32_t loss_ppm, dup_ppm;
    uint32_t disk_min_us, disk_max_us;
    uint32_t disk_error_ppm;
    uint32_t page_bytes;  /* a scan gives no more at once */
    uint32_t skew_max_ms; /* of wall clocks, either way */

    /* healing */
    uint32_t object_bytes_max; /* with several values, of one message; 0: as much as there is (node/parts.h) */
    uint32_t hints_bytes_max, hints_age_ms;
    uint32_t sync_period_ms;
    uint32_t reap_after_ms;   /* above NETWORK_LATE_MAX_US */
    uint32_t reap_orders_max; /* 0: as many as there are */
    bool unhurried;           /* comparisons come too seldom to make equal what forgetting has made unequal */

    uint32_t fault_pause_ms; /* mean time between two doings of the nemesis */
    bool lasting;            /* faults last long, with long pauses between them, and clients take their time */
};

/* The name of fault kind number `bit`, below SIM_FAULT_KINDS. Static. */
const char *plan_fault_name(unsigned bit);

/* "all", "none", or names separated by commas, as bits. Errors: GR_EINVAL. */
int plan_parse_faults(const char *text, uint32_t *ret);

/* Errors: GR_EINVAL (options out of range). */
int plan_draw(const struct sim_options *options, struct plan *ret);

/* The plan as one line, cut to `size`. */
void plan_describe(const struct plan *plan, char *ret, size_t size);

/* Copies kept of a key: N, or as many as there are nodes. */
unsigned plan_copies(const struct plan *plan);

/* Do reads see every earlier acknowledged write, and writes every earlier acknowledged write? */
bool plan_reads_overlap(const struct plan *plan);
bool plan_writes_overlap(const struct plan *plan);

#endif
