/* A machine: a process that runs the real core, its disk and its clocks; how it starts, stops and dies.
 *
 * P1  An actor is one life of a data directory: kept over a clean stop, new after any other end.
 * P2  What survives a process is its disk, what EFFECT_SAVE and EFFECT_JOINED kept, and after a clean stop its clock.
 */
#ifndef GR_SIM_PROCESS_H
#define GR_SIM_PROCESS_H

#include "base/buffer.h"
#include "node/node.h"
#include "sim/agenda.h"
#include "sim/clock.h"
#include "sim/disk.h"
#include "sim/stall.h"

struct world;

struct machine {
    struct node *node; /* NULL: not running */
    uint64_t id;
    uint64_t actor;   /* 0: the next start makes a new one */
    uint64_t cluster; /* 0: has not joined */
    uint64_t stopped_clock;
    struct buffer state;
    uint32_t saves; /* begun so far */
    uint32_t saved; /* the last one that was kept, by number */
    uint32_t seeds; /* bit a machine: told of it by configuration */
    uint32_t life;
    uint64_t tick_us; /* when the next OCCUR_TICK is planned; UINT64_MAX: none */
    uint64_t stop_by_us;
    uint32_t disk_error_ppm;   /* operations that fail, besides the nemesis's doing */
    uint32_t disk_slow_us;     /* added to each, likewise */
    bool draining;             /* takes no more requests, stops when idle */
    uint64_t replaces;         /* the id whose place this one is to take; 0: none, or it has */
    bool salvaged;             /* its disk has lost files, and the node has not kept yet what follows */
    uint64_t actors_before[2]; /* under which it minted before this step, as owner and as stand-in */
    struct stall stall;
    struct sim_clock clock;
    struct disk disk;
};

/* A machine that was never started. */
void process_init(struct world *world, unsigned node);
void process_done(struct machine *machine);

/* Start it, unless it runs; if it is about to stop, after that. */
void process_boot(struct world *world, unsigned node);

/* kill -9, or the machine loses power: then its page cache goes too, and its peers hear nothing. */
void process_crash(struct world *world, unsigned node, bool power_cut);

/* It dies and its disk is lost: the machine starts anew later, under a new id, to take the old one's place. */
void process_wipe(struct world *world, unsigned node);

/* Ask it to stop: it goes once idle, or at the latest after a bound. */
void process_drain(struct world *world, unsigned node);

/* Plan a start after a while. */
void process_boot_later(struct world *world, unsigned node, uint64_t after_us);

/* Plan the next EVENT_TICK as the node wishes. Called after every step. */
void process_plan_tick(struct world *world, unsigned node);

void process_on_tick(struct world *world, const struct occurrence *occurrence);
void process_on_stop(struct world *world, const struct occurrence *occurrence);

#endif
