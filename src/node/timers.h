/* All deadlines of a node: a binary heap; equal deadlines fire in the order in which they were set.
 *
 * Who sets a timer: write.c, count.c (the request's deadline), read.c (likewise, and the moment to ask one more),
 * forward.c (likewise, and the attempt's end), gossip.c (the next round), join.c (the next attempt), detector.c (the
 * next look at who is silent), handoff.c (the next pass through hints), delivery.c (patience with the owner of one),
 * sync.c (what is due next; patience with an answer), reap_sweep.c (the next slot; patience with answers), scrub.c (the
 * next page), save.c (the next save), reap_remove.c (the next that waits for a lane).
 */
#ifndef GR_NODE_TIMERS_H
#define GR_NODE_TIMERS_H

#include <stdint.h>

struct node;

/* Embedded in what waits. Zero is a timer that is not set. */
struct timer {
    uint64_t at_ms; /* mono_ms */
    uint64_t order;
    uint32_t place; /* 1 + index in the heap; 0: not set */
    void (*fire)(struct node *node, struct timer *timer);
};

struct timers {
    struct timer **heap;
    uint32_t count;
    uint32_t capacity;
    uint64_t order;
};

void timers_init(struct timers *timers);
void timers_done(struct timers *timers);

/* Set, or set anew. */
void timer_set(struct timers *timers, struct timer *timer, uint64_t at_ms,
               void (*fire)(struct node *node, struct timer *timer));

/* Take it back; nothing if it is not set. */
void timer_stop(struct timers *timers, struct timer *timer);

/* The earliest timer due at `now_ms`, no longer set; NULL when there is none. */
struct timer *timers_pop(struct timers *timers, uint64_t now_ms);

/* When the earliest is due; UINT64_MAX when none is set. */
uint64_t timers_next(const struct timers *timers);

#endif
