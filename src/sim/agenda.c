#include "sim/agenda.h"

#include <stdlib.h>

#include "base/assert.h"

#define AGENDA_FIRST 256u

void agenda_init(struct agenda *agenda)
{
    *agenda = (struct agenda){0};
}

void agenda_done(struct agenda *agenda)
{
    for (uint32_t i = 0; i < agenda->count; i++) {
        blob_unref(agenda->heap[i].blob);
    }
    free(agenda->heap);
    agenda_init(agenda);
}

static bool comes_before(const struct occurrence *a, const struct occurrence *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->sequence < b->sequence;
}

/* Out of memory in a simulator is the end of the run, not something to simulate. */
static void make_room(struct agenda *agenda)
{
    if (agenda->count < agenda->capacity) {
        return;
    }
    uint32_t capacity = agenda->capacity == 0 ? AGENDA_FIRST : agenda->capacity * 2;
    struct occurrence *heap = realloc(agenda->heap, capacity * sizeof *heap);
    GR_ASSERT(heap != NULL);
    agenda->heap = heap;
    agenda->capacity = capacity;
}

void agenda_add(struct agenda *agenda, struct occurrence occurrence)
{
    make_room(agenda);
    occurrence.sequence = agenda->sequence++;
    uint32_t place = agenda->count++;
    while (place > 0 && comes_before(&occurrence, &agenda->heap[(place - 1) / 2])) {
        agenda->heap[place] = agenda->heap[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    agenda->heap[place] = occurrence;
}

static uint32_t earlier_child(const struct agenda *agenda, uint32_t place)
{
    uint32_t left = 2 * place + 1;
    uint32_t right = left + 1;
    return right < agenda->count && comes_before(&agenda->heap[right], &agenda->heap[left]) ? right : left;
}

/* Move the last one to the root's gap and let it sink. */
static void close_gap(struct agenda *agenda)
{
    const struct occurrence last = agenda->heap[--agenda->count];
    uint32_t place = 0;
    while (2 * place + 1 < agenda->count) {
        uint32_t child = earlier_child(agenda, place);
        if (!comes_before(&agenda->heap[child], &last)) {
            break;
        }
        agenda->heap[place] = agenda->heap[child];
        place = child;
    }
    agenda->heap[place] = last;
}

bool agenda_take(struct agenda *agenda, struct occurrence *ret)
{
    if (agenda->count == 0) {
        return false;
    }
    *ret = agenda->heap[0];
    close_gap(agenda);
    return true;
}

uint64_t agenda_next_us(const struct agenda *agenda)
{
    return agenda->count == 0 ? UINT64_MAX : agenda->heap[0].at_us;
}
