/* What goes wrong, and when: faults within what the ring promises to survive.
 *
 * Any process may die, hang or be slow and any link may break, in one direction too, at any time, all of them at once
 * too; clocks lie, disks fail an operation now and then, rot, and are lost (damage.h says within which bounds).
 * Whatever starts also ends: by itself, or when faults stop.
 */
#ifndef GR_SIM_NEMESIS_H
#define GR_SIM_NEMESIS_H

#include "sim/agenda.h"
#include "sim/plan.h"

#define NEMESIS_LONG_MAX_US 30000000u /* of what sometimes takes long */

struct world;

struct nemesis {
    bool active;
    uint32_t crashes; /* so far; bounded, since each makes a new actor */
    uint32_t cuts;    /* number of the partition in force; a later one ends an earlier one */
    uint32_t disk_error_ppm;
};

void nemesis_start(struct world *world);

/* End every fault, start every machine. */
void nemesis_stop(struct world *world);

void nemesis_on_turn(struct world *world, const struct occurrence *occurrence);
void nemesis_on_relief(struct world *world, const struct occurrence *occurrence);

#endif
