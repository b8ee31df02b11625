#include "ring/life.h"

bool ring_life_step(struct ring_life *life, const struct ring_entry *entry)
{
    if (entry->incarnation < life->incarnation) {
        return false;
    }
    if (entry->kind == RING_JOIN) {
        life->incarnation = entry->incarnation;
        life->member = true;
        return true;
    }
    if (!life->member) {
        return false;
    }
    if (entry->kind == RING_LEAVE) {
        life->incarnation = entry->incarnation;
        life->member = false;
    }
    return true;
}
