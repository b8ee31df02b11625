#include "ring/fold.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/error.h"
#include "ring/life.h"

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
        free(fold->own);
        free(fold->candidates);
        free(fold);
    }
}

/* A node that ever joined: its life so far, and its slot while it is a member. */
struct person {
    uint64_t id;
    struct ring_life life;
    unsigned slot;
};

static int compare_people(const void *a, const void *b)
{
    uint64_t id_a = ((const struct person *)a)->id;
    uint64_t id_b = ((const struct person *)b)->id;
    return (id_a > id_b) - (id_a < id_b);
}

/* All nodes of the log, each once, by id. Returns how many; `people` has room for one an entry. */
static size_t list_people(const struct ring_log *log, struct person *people)
{
    for (uint32_t i = 0; i < log->count; i++) {
        people[i] = (struct person){.id = log->entries[i].node};
    }
    qsort(people, log->count, sizeof *people, compare_people);
    size_t count = 0;
    for (uint32_t i = 0; i < log->count; i++) {
        if (count == 0 || people[count - 1].id != people[i].id) {
            people[count++] = people[i];
        }
    }
    return count;
}

/* A JOIN of a member (it came back before anyone saw it go) says what it is now, and moves no more than that needs. */
static int join(struct fold *fold, struct person *person, bool was_member, const struct ring_entry *entry)
{
    if (was_member) {
        fold_change(fold, person->slot, entry->weight, entry->zone);
        return 0;
    }
    if (fold->members == RING_MEMBERS_MAX) {
        person->life.member = false; /* the same surplus joins stay outside on every node (P1) */
        return 0;
    }
    person->slot = fold_join(fold, person->id, entry->weight, entry->zone);
    return 0;
}

static int apply(struct fold *fold, struct person *person, const struct ring_entry *entry)
{
    bool was_member = person->life.member;
    if (!ring_life_step(&person->life, entry)) {
        return 0;
    }
    const struct fold_node *node = was_member ? &fold->nodes[person->slot] : NULL;
    switch ((enum ring_change)entry->kind) {
    case RING_JOIN:
        return join(fold, person, was_member, entry);
    case RING_LEAVE:
        fold_leave(fold, person->slot);
        return 0;
    case RING_WEIGHT:
        fold_change(fold, person->slot, entry->weight, fold->zones[node->zone].name);
        return 0;
    case RING_ZONE:
        fold_change(fold, person->slot, node->weight, entry->zone);
        return 0;
    }
    GR_UNREACHABLE();
}

int fold_log(struct fold *fold, const struct ring_log *log)
{
    if (log->count == 0) {
        return 0;
    }
    struct person *people = malloc(log->count * sizeof *people);
    if (people == NULL) {
        return GR_ENOMEM;
    }
    size_t count = list_people(log, people);
    int error = 0;
    for (uint32_t i = 0; i < log->count && error == 0; i++) {
        struct person key = {.id = log->entries[i].node};
        error = apply(fold, bsearch(&key, people, count, sizeof *people, compare_people), &log->entries[i]);
    }
    free(people);
    return error;
}
