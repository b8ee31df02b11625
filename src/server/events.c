#include "server/events.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/blob.h"
#include "base/error.h"

#define EVENTS_FIRST 256u

void events_init(struct events *events)
{
    *events = (struct events){0};
}

void events_done(struct events *events)
{
    struct events_item item;
    while (events_pop(events, &item)) {
        if (item.event.kind == EVENT_LOADED) {
            blob_unref(item.event.loaded.value);
        } else if (item.event.kind == EVENT_SCANNED) {
            page_free(item.event.scanned.page);
        }
    }
    free(events->ring);
    events_init(events);
}

static void grow(struct events *events)
{
    uint32_t capacity = events->capacity == 0 ? EVENTS_FIRST : events->capacity * 2;
    struct events_item *ring = malloc(capacity * sizeof *ring);
    GR_ASSERT(ring != NULL);
    for (uint32_t i = 0; i < events->count; i++) {
        ring[i] = events->ring[(events->first + i) & (events->capacity - 1)];
    }
    free(events->ring);
    events->ring = ring;
    events->capacity = capacity;
    events->first = 0;
}

static struct events_item *add(struct events *events)
{
    if (events->count == events->capacity) {
        grow(events);
    }
    uint32_t place = (events->first + events->count++) & (events->capacity - 1);
    return &events->ring[place];
}

void events_push(struct events *events, const struct event *event)
{
    GR_ASSERT_NE(event->kind, EVENT_REQUEST);
    GR_ASSERT_NE(event->kind, EVENT_MESSAGE); /* its body would not live long enough */
    add(events)->event = *event;
}

int events_push_request(struct events *events, const struct request *request)
{
    if (events->requests == EVENTS_REQUESTS_MAX) {
        return GR_EBUSY;
    }
    struct events_item *item = add(events);
    item->event = (struct event){.kind = EVENT_REQUEST};
    item->request = *request;
    events->requests++;
    return 0;
}

bool events_pop(struct events *events, struct events_item *ret)
{
    if (events->count == 0) {
        return false;
    }
    *ret = events->ring[events->first];
    events->first = (events->first + 1) & (events->capacity - 1);
    events->count--;
    if (ret->event.kind == EVENT_REQUEST) {
        ret->event.request = &ret->request;
        events->requests--;
    }
    return true;
}
