/* One simulated world: machines, the network between them, their clients, and the agenda that moves them all.
 *
 * W1  Nothing happens but from the agenda, in its order; all chance comes from one seeded generator.
 * W2  Every step of a node is mixed into `hash`, with what it was told and what it asked for: equal hashes, equal runs.
 * W3  The first violation ends the run.
 */
#ifndef GR_SIM_WORLD_H
#define GR_SIM_WORLD_H

#include "sim/agenda.h"
#include "sim/checks.h"
#include "sim/damage.h"
#include "sim/history.h"
#include "sim/keys.h"
#include "sim/nemesis.h"
#include "sim/network.h"
#include "sim/process.h"
#include "sim/workload.h"

struct trace;

struct world {
    struct plan plan;
    struct rng rng;
    uint64_t now_us;
    uint64_t hash;
    uint64_t events;
    struct agenda agenda;
    struct keys keys;
    struct network network;
    unsigned machines_count;
    struct machine machines[SIM_NODES_MAX];
    struct history history;
    struct workload workload;
    struct nemesis nemesis;
    struct damage damage;
    struct sightings sightings;
    struct graves graves;
    uint64_t disturbed_us; /* when a link, process, cut or stall last changed */
    uint64_t suspicions;   /* how often a node has taken a peer for silent */
    struct arena scratch;  /* of one check */
    struct buffer frame;   /* of one message being encoded */
    struct trace *trace;   /* NULL: none */
    bool scripted;         /* values do not name their writes, and a joiner may be turned away */
    bool failed;
    char invariant[32];
    char violation[SIM_TEXT_MAX];
};

void world_init(struct world *world, const struct plan *plan);
void world_done(struct world *world);

/* Let `for_us` of virtual time pass, or less if an invariant breaks. */
void world_run(struct world *world, uint64_t for_us);

/* Hand a node an event, now; then do what it asks for. Only from the agenda's handlers and for client requests. */
void world_step(struct world *world, unsigned node, struct event *event);

/* Do what a node asked for in its last step. */
void world_take_effects(struct world *world, unsigned node);

/* Mix into the hash what happened. `kind` keeps different happenings apart. */
void world_mix(struct world *world, unsigned kind, uint64_t a, uint64_t b, struct bytes bytes);

/* Say what was violated; only the first counts. */
__attribute__((format(printf, 3, 4))) void world_violate(struct world *world, const char *invariant, const char *format,
                                                         ...);

/* The machine of a node id; machines_count when there is none. */
unsigned world_find_machine(const struct world *world, uint64_t id);

/* The machine of a node id. Asserts that there is one. */
unsigned world_machine(const struct world *world, uint64_t id);

/* All machines run, have joined and agree on the membership. */
bool world_has_formed(const struct world *world);

/* No request, store or message is under way. (Gossip makes that true only between rounds.) */
bool world_is_quiet(const struct world *world);

#endif
