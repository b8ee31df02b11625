#include "ring/placement.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/error.h"
#include "ring/fold.h"
#include "ring/slot.h"
#include "ring/table.h"

static int compare_members(const void *a, const void *b)
{
    uint64_t id_a = ((const struct placement_member *)a)->id;
    uint64_t id_b = ((const struct placement_member *)b)->id;
    return (id_a > id_b) - (id_a < id_b);
}

static void copy_members(const struct fold *fold, struct placement *ret)
{
    unsigned count = 0;
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        const struct fold_node *node = &fold->nodes[slot];
        if (node->live) {
            struct placement_member *member = &ret->members[count++];
            *member = (struct placement_member){
                .id = node->id, .seat = node->id, .pieces = node->load, .weight = node->weight};
            memcpy(member->zone, fold->zones[node->zone].name, sizeof member->zone);
        }
    }
    GR_ASSERT_EQ(count, ret->count);
    qsort(ret->members, count, sizeof *ret->members, compare_members);
}

static void copy_owners(const struct fold *fold, struct placement *ret)
{
    uint64_t *owner = ret->owners;
    for (uint32_t place = 0; place < fold_places(fold); place++) {
        if (fold->own[place] != FOLD_NOBODY) {
            *owner++ = fold->nodes[fold->own[place]].id;
        }
    }
    GR_ASSERT_EQ((size_t)(owner - ret->owners), (size_t)ret->partitions * ret->replicas);
}

/* Give the seats to those who have them: from here on members are known by their own ids. */
static void name_holders(const struct fold *fold, struct placement *ret)
{
    size_t places = (size_t)ret->partitions * ret->replicas;
    for (unsigned slot = 0; slot < fold->slots; slot++) {
        const struct fold_node *node = &fold->nodes[slot];
        if (!node->live || node->holder == node->id) {
            continue;
        }
        for (size_t place = 0; place < places; place++) {
            ret->owners[place] = ret->owners[place] == node->id ? node->holder : ret->owners[place];
        }
        for (unsigned i = 0; i < ret->count; i++) {
            struct placement_member *member = &ret->members[i];
            member->id = member->seat == node->id ? node->holder : member->id;
        }
    }
    qsort(ret->members, ret->count, sizeof *ret->members, compare_members);
}

static void copy_gifts(const struct fold *fold, struct placement *ret)
{
    for (size_t i = 0; i < fold->lives.count; i++) {
        const struct ring_life *life = &fold->lives.list[i];
        if (life->successor != 0) {
            ret->gifts[ret->gifts_count++] = (struct placement_gift){life->node, life->successor};
        }
    }
}

/* Errors: GR_ENOMEM. */
static int take_memory(const struct fold *fold, struct placement *table)
{
    table->members = calloc(table->count + 1, sizeof *table->members); /* one more: calloc(0) may be NULL */
    table->owners = calloc((size_t)table->partitions * table->replicas + 1, sizeof *table->owners);
    table->gifts = calloc(fold->lives.count + 1, sizeof *table->gifts);
    return table->members == NULL || table->owners == NULL || table->gifts == NULL ? GR_ENOMEM : 0;
}

/* Errors: GR_ENOMEM. */
static int table_of(const struct fold *fold, struct placement **ret)
{
    struct placement *table = calloc(1, sizeof *table);
    if (table == NULL) {
        return GR_ENOMEM;
    }
    table->partitions = fold->partitions;
    table->replicas = fold_copies(fold);
    table->count = fold->members;
    int error = take_memory(fold, table);
    if (error == 0) {
        copy_members(fold, table);
        copy_owners(fold, table);
        copy_gifts(fold, table);
        error = placement_order_owners(table);
    }
    if (error != 0) {
        placement_free(table);
        return error;
    }
    name_holders(fold, table);
    *ret = table;
    return 0;
}

static bool is_power_of_two(uint32_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

int placement_build(const struct ring_log *log, uint32_t partitions, unsigned replicas, struct placement **ret)
{
    if (!is_power_of_two(partitions) || partitions > RING_SLOTS || replicas == 0 || replicas > RING_REPLICAS_MAX) {
        return GR_EINVAL;
    }
    struct fold *fold = fold_new(partitions, replicas);
    if (fold == NULL) {
        return GR_ENOMEM;
    }
    int error = fold_log(fold, log);
    if (error == 0) {
        error = table_of(fold, ret);
    }
    fold_free(fold);
    return error;
}

void placement_free(struct placement *placement)
{
    if (placement != NULL) {
        free(placement->members);
        free(placement->owners);
        free(placement->gifts);
        free(placement);
    }
}

uint32_t placement_partitions(const struct placement *placement)
{
    return placement->partitions;
}

unsigned placement_replicas(const struct placement *placement)
{
    return placement->replicas;
}

unsigned placement_members(const struct placement *placement)
{
    return placement->count;
}

uint64_t placement_member(const struct placement *placement, unsigned index)
{
    GR_ASSERT_LT(index, placement->count);
    return placement->members[index].id;
}

const uint64_t *placement_owners(const struct placement *placement, uint16_t partition)
{
    GR_ASSERT_LT(partition, placement->partitions);
    return &placement->owners[(size_t)partition * placement->replicas];
}

const struct placement_member *placement_find(const struct placement *placement, uint64_t id)
{
    struct placement_member key = {.id = id};
    return bsearch(&key, placement->members, placement->count, sizeof key, compare_members);
}

uint32_t placement_pieces(const struct placement *placement, uint64_t node)
{
    const struct placement_member *member = placement_find(placement, node);
    return member == NULL ? 0 : member->pieces;
}

uint16_t placement_weight(const struct placement *placement, uint64_t node)
{
    const struct placement_member *member = placement_find(placement, node);
    return member == NULL ? 0 : member->weight;
}

const char *placement_zone(const struct placement *placement, uint64_t node)
{
    const struct placement_member *member = placement_find(placement, node);
    return member == NULL ? NULL : member->zone;
}

static int compare_gifts(const void *a, const void *b)
{
    uint64_t from_a = ((const struct placement_gift *)a)->from;
    uint64_t from_b = ((const struct placement_gift *)b)->from;
    return (from_a > from_b) - (from_a < from_b);
}

static const struct placement_gift *gift_of(const struct placement *placement, uint64_t node)
{
    struct placement_gift key = {.from = node};
    return bsearch(&key, placement->gifts, placement->gifts_count, sizeof key, compare_gifts);
}

/* Each step leads to a node that was fenced later, so this ends. */
uint64_t placement_successor(const struct placement *placement, uint64_t node)
{
    uint64_t last = 0;
    const struct placement_gift *gift = gift_of(placement, node);
    while (gift != NULL) {
        last = gift->to;
        gift = gift_of(placement, last);
    }
    return last;
}

uint64_t placement_predecessor(const struct placement *placement, uint64_t node)
{
    for (size_t i = 0; i < placement->gifts_count; i++) {
        if (placement->gifts[i].to == node) {
            return placement->gifts[i].from;
        }
    }
    return 0;
}

int placement_owner_place(const struct placement *placement, uint16_t partition, uint64_t node)
{
    const uint64_t *owners = placement_owners(placement, partition);
    for (unsigned i = 0; i < placement_replicas(placement); i++) {
        if (owners[i] == node) {
            return (int)i;
        }
    }
    return -1;
}
