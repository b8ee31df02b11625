#include "ring/fold.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/error.h"

struct fold *fold_new(uint32_t partitions, unsigned replicas)
{
    struct fold *fold = calloc(1, sizeof *fold);
    if (fold == NULL) {
        return NULL;
    }
    fold->partitions = partitions;
    fold->replicas = replicas;
    fold->own = malloc(fold_places(fold) * sizeof *fold->own);
    fold->candidates = malloc(fold_places(fold) * sizeof *fold->candidates);
    if (fold->own == NULL || fold->candidates == NULL) {
        fold_free(fold);
        return NULL;
    }
    for (uint32_t place = 0; place < fold_places(fold); place++) {
        fold->own[place] = FOLD_NOBODY;
    }
    return fold;
}

void fold_free(struct fold *fold)
{
    if (fold != NULL) {
        ring_lives_done(&fold->lives);
        free(fold->own);
        free(fold->candidates);
        free(fold);
    }
}

/* A JOIN of a member (it came back before anyone saw it go) says what it is now, and moves no more than that needs. */
static void join(struct fold *fold, struct ring_life *life, bool was_member, const struct ring_entry *entry)
{
    if (was_member) {
        fold_change(fold, life->slot, entry->weight, entry->zone);
    } else if (fold->members == RING_MEMBERS_MAX) {
        life->member = false; /* the same surplus joins stay outside on every node (P1) */
    } else {
        life->slot = fold_join(fold, life->node, entry->weight, entry->zone);
    }
}

static void replace(struct fold *fold, struct ring_life *life, const struct ring_entry *entry)
{
    life->slot = ring_lives_find(&fold->lives, entry->replaces)->slot;
    fold_replace(fold, life->slot, life->node, entry->zone);
}

static void apply(struct fold *fold, const struct ring_entry *entry)
{
    struct ring_life *life = ring_lives_find(&fold->lives, entry->node);
    bool was_member = life->member;
    if (!ring_lives_step(&fold->lives, entry)) {
        return;
    }
    const struct fold_node *node = was_member ? &fold->nodes[life->slot] : NULL;
    switch ((enum ring_change)entry->kind) {
    case RING_JOIN:
        join(fold, life, was_member, entry);
        return;
    case RING_LEAVE:
        fold_leave(fold, life->slot);
        return;
    case RING_WEIGHT:
        fold_change(fold, life->slot, entry->weight, fold->zones[node->zone].name);
        return;
    case RING_ZONE:
        fold_change(fold, life->slot, node->weight, entry->zone);
        return;
    case RING_REPLACE:
        replace(fold, life, entry);
        return;
    }
    GR_UNREACHABLE();
}

int fold_log(struct fold *fold, const struct ring_log *log)
{
    GR_ASSERT(fold->lives.list == NULL);
    int error = ring_lives_init(&fold->lives, log);
    if (error != 0) {
        return error;
    }
    for (uint32_t i = 0; i < log->count; i++) {
        apply(fold, &log->entries[i]);
    }
    return 0;
}
