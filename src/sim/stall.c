#include "sim/stall.h"

#include "sim/world.h"

static struct stall *stall_of(struct world *world, unsigned node)
{
    return &world->machines[node].stall;
}

void stall_hang(struct world *world, unsigned node, uint64_t for_us)
{
    if (stall_is_over(world, node)) {
        stall_of(world, node)->hung_until_us = world->now_us + for_us;
        world->disturbed_us = world->now_us;
    }
}

void stall_slow(struct world *world, unsigned node, uint32_t by_us, uint64_t for_us)
{
    if (stall_is_over(world, node)) {
        stall_of(world, node)->slow_us = by_us;
        stall_of(world, node)->slow_until_us = world->now_us + for_us;
    }
}

void stall_clear(struct stall *stall)
{
    *stall = (struct stall){0};
}

void stall_end_slowness(struct world *world, unsigned node)
{
    struct stall *stall = stall_of(world, node);
    if (stall->slow_until_us > world->now_us) {
        stall->slow_until_us = world->now_us;
    }
}

bool stall_is_hung(const struct world *world, unsigned node)
{
    return world->now_us < world->machines[node].stall.hung_until_us;
}

bool stall_is_over(const struct world *world, unsigned node)
{
    return stall_excuses_until(world, node) <= world->now_us;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint64_t stall_excuses_until(const struct world *world, unsigned node)
{
    const struct stall *stall = &world->machines[node].stall;
    return later(later(stall->hung_until_us, stall->slow_until_us), stall->free_at_us);
}

/* Does the process itself have to do something about it? */
static bool is_felt(const struct occurrence *o)
{
    switch ((enum occurrence_kind)o->kind) {
    case OCCUR_TICK:
    case OCCUR_ARRIVAL:
    case OCCUR_HANGUP:
    case OCCUR_LOADED:
    case OCCUR_WRITTEN:
    case OCCUR_COUNTED:
    case OCCUR_SAVED:
    case OCCUR_SCANNED:
    case OCCUR_STOP:
        return true;
    default:
        return false;
    }
}

static void put_off(struct world *world, const struct occurrence *o, uint64_t at_us)
{
    struct machine *machine = &world->machines[o->node];
    struct occurrence again = *o;
    again.at_us = at_us;
    again.late = true;
    blob_ref(again.blob);
    if (o->kind == OCCUR_TICK && o->life == machine->life && machine->tick_us == o->at_us) {
        machine->tick_us = at_us; /* it is this tick that the node waits for */
    }
    machine->stall.free_at_us = later(machine->stall.free_at_us, at_us);
    agenda_add(&world->agenda, again);
}

bool stall_defers(struct world *world, const struct occurrence *o)
{
    if (!is_felt(o)) {
        return false;
    }
    const struct stall *stall = &world->machines[o->node].stall;
    if (world->now_us < stall->hung_until_us) {
        put_off(world, o, stall->hung_until_us);
        return true;
    }
    if (o->late) {
        return false;
    }
    uint64_t slow_us = world->now_us < stall->slow_until_us ? stall->slow_us : 0;
    uint64_t at_us = later(world->now_us + slow_us, stall->free_at_us);
    if (at_us == world->now_us && stall->free_at_us < at_us) { /* else behind what was put off to this very moment */
        return false;
    }
    put_off(world, o, at_us);
    return true;
}
