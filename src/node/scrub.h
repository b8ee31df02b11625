/* Reading everything back, as pace allows: what fails its check is repaired from the other owners before a client asks
 * for it. */
#ifndef GR_NODE_SCRUB_H
#define GR_NODE_SCRUB_H

#include "base/page.h"
#include "node/origin.h"
#include "node/timers.h"

struct node;

struct scrub {
    struct timer timer;
    struct buffer after; /* key behind which it goes on */
    uint64_t scan;       /* id of the scan under way; 0: none */
    uint32_t slot;
    bool running, resumes;
};

void scrub_init(struct scrub *scrub);
void scrub_done(struct scrub *scrub);

/* OP_SCRUB: begin, or say that it is under way already (reply.applied 0). */
void scrub_request(struct node *node, const struct origin *origin);

void scrub_scanned(struct node *node, uint64_t id, int status, const struct page *page); /* POOL_SCRUB */

#endif
