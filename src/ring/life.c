#include "ring/life.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/error.h"

static int compare_lives(const void *a, const void *b)
{
    uint64_t id_a = ((const struct ring_life *)a)->node;
    uint64_t id_b = ((const struct ring_life *)b)->node;
    return (id_a > id_b) - (id_a < id_b);
}

int ring_lives_init(struct ring_lives *lives, const struct ring_log *log)
{
    size_t room = 2 * (size_t)log->count + 1; /* an entry names two nodes at most; one more: malloc(0) may be NULL */
    struct ring_life *list = malloc(room * sizeof *list);
    if (list == NULL) {
        return GR_ENOMEM;
    }
    size_t named = 0;
    for (uint32_t i = 0; i < log->count; i++) {
        list[named++] = (struct ring_life){.node = log->entries[i].node};
        if (log->entries[i].kind == RING_REPLACE) {
            list[named++] = (struct ring_life){.node = log->entries[i].replaces};
        }
    }
    qsort(list, named, sizeof *list, compare_lives);
    size_t count = 0;
    for (size_t i = 0; i < named; i++) {
        if (count == 0 || list[count - 1].node != list[i].node) {
            list[count++] = list[i];
        }
    }
    *lives = (struct ring_lives){list, count};
    return 0;
}

void ring_lives_done(struct ring_lives *lives)
{
    free(lives->list);
    *lives = (struct ring_lives){0};
}

struct ring_life *ring_lives_find(const struct ring_lives *lives, uint64_t node)
{
    struct ring_life key = {.node = node};
    return lives->count == 0 ? NULL : bsearch(&key, lives->list, lives->count, sizeof key, compare_lives);
}

static void join(struct ring_life *life, uint32_t incarnation)
{
    life->incarnation = incarnation;
    life->member = true;
}

static bool replace(const struct ring_lives *lives, struct ring_life *life, const struct ring_entry *entry)
{
    struct ring_life *old = ring_lives_find(lives, entry->replaces);
    GR_ASSERT(old != NULL);
    if (!old->member || life->member) {
        return false;
    }
    old->member = false;
    old->successor = entry->node;
    join(life, entry->incarnation);
    return true;
}

bool ring_lives_step(const struct ring_lives *lives, const struct ring_entry *entry)
{
    struct ring_life *life = ring_lives_find(lives, entry->node);
    GR_ASSERT(life != NULL);
    if (life->successor != 0 || entry->incarnation < life->incarnation) {
        return false;
    }
    if (entry->kind == RING_REPLACE) {
        return replace(lives, life, entry);
    }
    if (entry->kind == RING_JOIN) {
        join(life, entry->incarnation);
        return true;
    }
    if (life->member && entry->kind == RING_LEAVE) {
        life->incarnation = entry->incarnation;
        life->member = false;
        return true;
    }
    return life->member;
}
