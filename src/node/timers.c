#include "node/timers.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/assert.h"

void timers_init(struct timers *timers)
{
    *timers = (struct timers){0};
}

void timers_done(struct timers *timers)
{
    free(timers->heap);
    *timers = (struct timers){0};
}

static bool is_earlier(const struct timer *a, const struct timer *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void put_at(struct timers *timers, uint32_t index, struct timer *timer)
{
    timers->heap[index] = timer;
    timer->place = index + 1;
}

static void sift_up(struct timers *timers, uint32_t index)
{
    struct timer *moving = timers->heap[index];
    while (index > 0 && is_earlier(moving, timers->heap[(index - 1) / 2])) {
        put_at(timers, index, timers->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    put_at(timers, index, moving);
}

static void sift_down(struct timers *timers, uint32_t index)
{
    struct timer *moving = timers->heap[index];
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child >= timers->count) {
            break;
        }
        if (child + 1 < timers->count && is_earlier(timers->heap[child + 1], timers->heap[child])) {
            child++;
        }
        if (!is_earlier(timers->heap[child], moving)) {
            break;
        }
        put_at(timers, index, timers->heap[child]);
        index = child;
    }
    put_at(timers, index, moving);
}

void timer_set(struct timers *timers, struct timer *timer, uint64_t at_ms,
               void (*fire)(struct node *node, struct timer *timer))
{
    timer_stop(timers, timer);
    if (timers->count == timers->capacity) {
        timers->capacity = timers->capacity == 0 ? 64 : timers->capacity * 2; /* bounded by the pools that embed them */
        timers->heap = realloc(timers->heap, timers->capacity * sizeof(struct timer *));
        GR_ASSERT(timers->heap != NULL);
    }
    timer->at_ms = at_ms;
    timer->order = timers->order++;
    timer->fire = fire;
    put_at(timers, timers->count, timer);
    sift_up(timers, timers->count++);
}

void timer_stop(struct timers *timers, struct timer *timer)
{
    if (timer->place == 0) {
        return;
    }
    uint32_t index = timer->place - 1;
    GR_ASSERT(timers->heap[index] == timer);
    timer->place = 0;
    struct timer *last = timers->heap[--timers->count];
    if (last == timer) {
        return;
    }
    put_at(timers, index, last);
    sift_down(timers, index);
    sift_up(timers, last->place - 1);
}

struct timer *timers_pop(struct timers *timers, uint64_t now_ms)
{
    if (timers->count == 0 || timers->heap[0]->at_ms > now_ms) {
        return NULL;
    }
    struct timer *due = timers->heap[0];
    timer_stop(timers, due);
    return due;
}

uint64_t timers_next(const struct timers *timers)
{
    return timers->count == 0 ? UINT64_MAX : timers->heap[0]->at_ms;
}
