/* One hint on its way: sent to those who have to confirm it, and removed in the end (handoff.h O1, O3, O4). */
#ifndef GR_NODE_DELIVERY_H
#define GR_NODE_DELIVERY_H

#include "base/page.h"
#include "node/lane.h"
#include "node/pool.h"
#include "node/timers.h"
#include "ring/placement.h"
#include "wire/message.h"

#define DELIVERY_TIMEOUT_MS 5000u
#define DELIVERY_BYTES_A_MS 8192u /* a big one may take longer */

enum delivery_to {
    DELIVERY_WAITS,     /* its owner is away, or it cannot be decoded now */
    DELIVERY_TO_OWNER,  /* O1, O3 */
    DELIVERY_TO_OTHERS, /* O4 */
    DELIVERY_NOWHERE,   /* it fails its check: it is removed */
};

struct delivery {
    struct pooled pooled;
    uint64_t owner;
    uint16_t slot;
    struct bytes key; /* in the arena */
    struct blob *object;
    struct blob *rest; /* what is kept after that, of one that no message can carry (parts.h); else NULL */
    uint64_t digest;   /* of the hint as it was read */
    enum delivery_to to;
    uint64_t targets[RING_REPLICAS_MAX]; /* who has to confirm still */
    unsigned targets_count;
    struct timer timer;
    struct lane_visitor visitor; /* then the hint's lane is entered, */
    struct lane *lane;           /* and this is it while the removal is open */
    struct arena arena;
};

/* Send one hint on its way, and remove it in the end. Errors: GR_EBUSY (one more has no room), GR_EAGAIN (it stays: not
 * all answer who would have to confirm it, or it cannot be sent). */
int delivery_start(struct node *node, const struct page_item *item, enum delivery_to to);
bool delivery_has_room(const struct node *node);

void delivery_put_ack(struct node *node, uint64_t from, const struct wire_put_ack *message);
void delivery_stored(struct node *node, uint64_t id, int status);
void delivery_peer_down(struct node *node, uint64_t peer);

#endif
