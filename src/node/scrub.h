/* Reading everything back, as pace allows: what fails its check is repaired from the other owners before a client asks
 * for it.
 *
 *   OBJECTS   the slots that this node owns, page by page                        -> HINTS
 *   HINTS     what is kept for others; a bad one is counted, and stays           -> RESTS
 *
 * C1  A key is repaired once its page has been read (repair.h, of all owners); the next page waits until that of all
 *     bad keys of this one has begun.
 * C2  A slot of which a page cannot be read is left: its leaves are doubted, and it is compared with the co-owners,
 *     whose lists name the keys to be repaired (sync_slot.c). How many objects are behind a damaged page nobody knows,
 *     and one may end many slots: those left one after another are counted as one that is corrupt.
 */
#ifndef GR_NODE_SCRUB_H
#define GR_NODE_SCRUB_H

#include "base/buffer.h"
#include "base/page.h"
#include "node/mend.h"
#include "node/origin.h"
#include "node/timers.h"

struct node;

enum scrub_phase { SCRUB_RESTS, SCRUB_OBJECTS, SCRUB_HINTS };

struct scrub {
    enum scrub_phase phase;
    struct timer timer;
    uint32_t slot;       /* OBJECTS: being read. HINTS: of the last one read */
    uint64_t owner;      /* HINTS: of the last one read */
    struct buffer after; /* the last key read */
    bool resumes;        /* there is one */
    bool more;           /* of the slot, or of the hints */
    bool left;           /* the last slot was: C2 */
    uint64_t scan;       /* token of the scan under way; 0: none */
    uint64_t sequence;   /* of scans */
    uint32_t unpaid;     /* objects read that pace has not been asked for yet */
    struct buffer bad;   /* keys to be repaired (key_list.h) */
    size_t bad_at;       /* of the next of them */
    struct mend_watch watch;
};

void scrub_init(struct scrub *scrub);
void scrub_done(struct scrub *scrub);

/* OP_SCRUB: begin, or say that it is under way already (reply.applied 0). */
void scrub_request(struct node *node, const struct origin *origin);

void scrub_scanned(struct node *node, uint64_t id, int status, const struct page *page); /* POOL_SCRUB */

#endif
