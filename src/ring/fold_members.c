/* Who is in the cell and in which zones: slots are handed out lowest first, and freed with their last user. */
#include "base/assert.h"
#include "ring/fold.h"

static uint16_t free_zone(struct fold *fold)
{
    unsigned index = 0;
    while (index < fold->zone_slots && fold->zones[index].nodes > 0) {
        index++;
    }
    GR_ASSERT_LT(index, RING_MEMBERS_MAX);
    fold->zone_slots = index < fold->zone_slots ? fold->zone_slots : index + 1;
    return (uint16_t)index;
}

/* One more member in the zone of this name, which comes to be with its first. */
static uint16_t enter_zone(struct fold *fold, const char *name)
{
    for (unsigned i = 0; i < fold->zone_slots; i++) {
        if (fold->zones[i].nodes > 0 && strcmp(fold->zones[i].name, name) == 0) {
            fold->zones[i].nodes++;
            return (uint16_t)i;
        }
    }
    uint16_t index = free_zone(fold);
    fold->zones[index].nodes = 1;
    memcpy(fold->zones[index].name, name, strlen(name) + 1);
    fold->zones_live++;
    return index;
}

static void quit_zone(struct fold *fold, uint16_t index)
{
    fold->zones[index].nodes--;
    fold->zones_live -= fold->zones[index].nodes == 0;
}

unsigned fold_add_member(struct fold *fold, uint64_t id, uint16_t weight, const char *zone)
{
    unsigned slot = 0;
    while (slot < fold->slots && fold->nodes[slot].live) {
        slot++;
    }
    GR_ASSERT_LT(slot, RING_MEMBERS_MAX);
    fold->slots = slot < fold->slots ? fold->slots : slot + 1;
    fold->nodes[slot] =
        (struct fold_node){.id = id, .holder = id, .weight = weight, .zone = enter_zone(fold, zone), .live = true};
    fold->members++;
    return slot;
}

void fold_drop_member(struct fold *fold, unsigned slot)
{
    quit_zone(fold, fold->nodes[slot].zone);
    fold->nodes[slot].live = false;
    fold->members--;
}

void fold_set_zone(struct fold *fold, unsigned slot, const char *zone)
{
    uint16_t before = fold->nodes[slot].zone;
    if (strcmp(fold->zones[before].name, zone) != 0) {
        fold->nodes[slot].zone = enter_zone(fold, zone);
        quit_zone(fold, before);
    }
}
