/* Who is a member, entry by entry in the order of the log. The one place where this is decided.
 *
 * V1  The incarnation never falls. What belongs to an earlier one (a LEAVE ordered before a node came back anew, but
 *     heard after) is stale and changes nothing: a LEAVE must name the incarnation that it ends, a WEIGHT or ZONE the
 *     one that it means.
 * V2  A REPLACE counts if at its place in the log the old node is a member, and the new one neither is nor ever was
 *     replaced. Then the new one is a member, and the old one is fenced: nothing that names it counts any more, for
 *     ever. Otherwise the entry changes nothing at all: of two that replace the same node the first in the log counts,
 *     and one that comes after the old node has left comes too late; the new node of the other is no member by it.
 */
#ifndef GR_RING_LIFE_H
#define GR_RING_LIFE_H

#include "ring/log.h"

/* A node that the log names. */
struct ring_life {
    uint64_t node;
    uint64_t successor;   /* who took its place: it is fenced; 0: nobody */
    uint32_t incarnation; /* the highest that joined or left so far */
    unsigned slot;        /* the fold's, while it is a member */
    bool member;
};

struct ring_lives {
    struct ring_life *list; /* sorted by node */
    size_t count;
};

/* Every node of the log, before its first entry. Errors: GR_ENOMEM. */
int ring_lives_init(struct ring_lives *lives, const struct ring_log *log);
void ring_lives_done(struct ring_lives *lives);

/* NULL for a node that the log does not name. */
struct ring_life *ring_lives_find(const struct ring_lives *lives, uint64_t node);

/* Take the next entry of the log. Returns whether it counts; false for one that is stale, for any but a JOIN or
 * REPLACE while the node is no member, and for all of a fenced one. */
bool ring_lives_step(const struct ring_lives *lives, const struct ring_entry *entry);

#endif
