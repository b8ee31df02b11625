/* Leaves that do not match the objects, found by a scan of their slot and put right (sync.h Y4).
 *
 * A scan counts the leaves of a slot from its objects, and reads them as the engine keeps them, both of one moment.
 * Where they differ the engine is told the difference: it is right whatever is stored meanwhile, as stores only add
 * to the kept sums too. The numbers in memory are those of all stores recorded, so a count may take their place only if
 * no store was open when the scan was asked for and none was recorded since.
 */
#ifndef GR_NODE_MEND_H
#define GR_NODE_MEND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/page.h"

struct node;

struct mend {
    uint64_t token; /* of the one that is open; 0: none */
    uint16_t slot;
    unsigned leaves; /* that it puts right */
    uint64_t sequence;
    uint32_t ended; /* so many have ended */
};

/* What was so when a scan of a slot was asked for. */
struct mend_watch {
    uint32_t touched; /* stores of the slot recorded until then */
    uint32_t ended;   /* mends */
    bool quiet;       /* no store of the slot was open */
    bool mending;     /* a mend was */
};

struct mend_watch mend_watch(const struct node *node, uint16_t slot);

/* The scan has been answered: hold its counts, if it counts, against the engine's and against memory's. */
void mend_check(struct node *node, uint16_t slot, const struct mend_watch *watch, const struct page *page);

#endif
