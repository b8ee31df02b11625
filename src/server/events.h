/* What waits for the core: completions and requests that came up while a step was being performed, first in first out.
 *
 * Not bounded by itself but by what it holds: at most one completion for each load, store and count under way in the
 * node (bounded by node_config), the links' ups and downs, and EVENTS_REQUESTS_MAX requests. */
#ifndef GR_SERVER_EVENTS_H
#define GR_SERVER_EVENTS_H

#include "node/node.h"

#define EVENTS_REQUESTS_MAX 65536u /* a burst of full pipelines; 7 MiB */

struct events_item {
    struct event event;     /* `now` is filled in when it is taken */
    struct request request; /* of EVENT_REQUEST */
};

struct events {
    struct events_item *ring;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t first;
    uint32_t count;
    uint32_t requests;
};

void events_init(struct events *events);

/* Releases the values of completions that nobody took. */
void events_done(struct events *events);

/* Add one; a loaded value's reference is taken over. Stops the process when out of memory: a lost completion would
 * leave the core waiting for ever. */
void events_push(struct events *events, const struct event *event);

/* Add a client's request, copied but for its views. Errors: GR_EBUSY. */
int events_push_request(struct events *events, const struct request *request);

/* Take the oldest. Its request pointer is right as long as `ret` stays where it is. False when there is none. */
bool events_pop(struct events *events, struct events_item *ret);

#endif
