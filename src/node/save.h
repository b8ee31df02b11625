/* Keeping node_state (state.h): at once, where what follows builds on it, or soon.
 *
 * I1  What is kept at once (EFFECT_SAVE without a token) is durable before any later effect is performed, if it can be.
 * I2  Soon is beside everything else, and once in SAVE_PAUSE_MS at most, for all that has changed meanwhile. Until that
 *     has succeeded a restart may forget it: floors wait for it (floor.h L1), and what was compared last while a
 *     partition fills is compared again.
 * I3  A save that has failed is tried again when somebody next asks.
 */
#ifndef GR_NODE_SAVE_H
#define GR_NODE_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "node/timers.h"

struct node;

#define SAVE_PAUSE_MS 1000u

struct saves {
    uint64_t under_way; /* this id; 0: none is */
    uint64_t count;     /* so far */
    uint64_t next_ms;   /* not before that */
    bool again;         /* something has changed since it began */
    bool tells_fill;    /* it has news of what is filling */
    struct timer timer; /* until then */
};

void save_now(struct node *node);
void save_soon(struct node *node);

/* The store answers (POOL_SAVE). */
void save_stored(struct node *node, uint64_t id, int status);

#endif
