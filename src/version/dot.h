/* A dot names one write for ever: who minted it, and when by its hybrid clock (Almeida et al., dotted version vectors).
 *
 * The same number gives the causal order (per actor) and the last-writer order (across actors).
 */
#ifndef GR_VERSION_DOT_H
#define GR_VERSION_DOT_H

#include <stdbool.h>
#include <stdint.h>

struct dot {
    uint64_t actor; /* one life of a node's data directory; never 0 */
    uint64_t hlc;
};

#define DOT_NONE ((struct dot){0, 0})

static inline bool dot_equal(struct dot a, struct dot b)
{
    return a.actor == b.actor && a.hlc == b.hlc;
}

/* The last-writer order: by clock, then by actor. <0, 0, >0. */
static inline int dot_compare(struct dot a, struct dot b)
{
    if (a.hlc != b.hlc) {
        return a.hlc < b.hlc ? -1 : 1;
    }
    return (a.actor > b.actor) - (a.actor < b.actor);
}

#endif
