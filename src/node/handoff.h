/* Handing hints over: each to its owner as soon as that answers again (dynamo.md 4.6).
 *
 *   a page of the owner's hints is read  ->  each goes as a put, HANDOFF_WINDOW at a time, as pace allows
 *   the owner's put_ack                  ->  the hint is removed, unless it has changed since
 *
 * O1  A hint is removed only after the owner has confirmed an object with at least its content.
 * O2  It goes on where it stopped: what was confirmed is not there any more.
 * O3  A hint for a node that is no owner of the key any more goes to all owners there are.
 */
#ifndef GR_NODE_HANDOFF_H
#define GR_NODE_HANDOFF_H

#include "base/page.h"
#include "node/lane.h"
#include "node/pool.h"
#include "node/timers.h"
#include "wire/message.h"

struct node;

#define HANDOFF_WINDOW 128u
#define HANDOFF_PAGE_BYTES (256u << 10)

struct delivery;

struct handoff {
    struct pool deliveries;
    struct timer timer;
    uint64_t owner; /* whose hints are being read; 0: none */
    uint64_t scan;  /* id of the scan under way; 0: none */
    bool more;      /* the last page was not the end */
    uint16_t slot;  /* behind this place */
    struct buffer after;
    uint32_t unconfirmed;
};

/* Errors: GR_ENOMEM. */
int handoff_init(struct handoff *handoff);
void handoff_done(struct handoff *handoff);

/* There may be something to hand over: an owner is back, or hints were counted. */
void handoff_wake(struct node *node);

void handoff_scanned(struct node *node, uint64_t id, int status, const struct page *page);
void handoff_put_ack(struct node *node, uint64_t from, const struct wire_put_ack *message);
void handoff_stored(struct node *node, uint64_t id, int status);
void handoff_peer_down(struct node *node, uint64_t peer);

#endif
