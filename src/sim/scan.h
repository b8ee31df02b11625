/* EFFECT_SCAN: a page of a machine's objects or hints, as engine_page (store/engine.h) gives it: all of one moment
 * between the question and the answer, and often less than was asked for, so that whoever asks must go on. */
#ifndef GR_SIM_SCAN_H
#define GR_SIM_SCAN_H

#include "node/node.h"
#include "sim/agenda.h"

struct world;

void scan_begin(struct world *world, unsigned node, const struct effect *effect);

void scan_on_moment(struct world *world, const struct occurrence *occurrence);
void scan_on_scanned(struct world *world, const struct occurrence *occurrence);

#endif
