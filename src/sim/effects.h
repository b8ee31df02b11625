/* Doing what a node asks for: each effect becomes an occurrence on the agenda, never a step at once. */
#ifndef GR_SIM_EFFECTS_H
#define GR_SIM_EFFECTS_H

#include "node/node.h"
#include "sim/agenda.h"

struct world;

void effect_perform(struct world *world, unsigned node, const struct effect *effect);

/* How long the next disk operation of a machine takes, and whether it fails: drawn. */
uint64_t effect_disk_delay(struct world *world, unsigned node);
bool effect_disk_fails(struct world *world, unsigned node);

void effect_on_loaded(struct world *world, const struct occurrence *occurrence);
void effect_on_written(struct world *world, const struct occurrence *occurrence);
void effect_on_counted(struct world *world, const struct occurrence *occurrence);
void effect_on_saved(struct world *world, const struct occurrence *occurrence);

#endif
