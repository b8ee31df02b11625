/* How many live keys the whole cluster holds (DBSIZE): each partition is counted once, by its first owner that is up.
 *
 * A count is asked of each member for its share of the partitions at once; it fails if one does not answer, as half
 * a count would look like a whole one.
 */
#ifndef GR_NODE_COUNT_H
#define GR_NODE_COUNT_H

#include "base/arena.h"
#include "node/origin.h"
#include "node/pool.h"
#include "node/timers.h"
#include "wire/message.h"

#define COUNTS_MAX 256u /* open at once; each costs a bit a partition and member */

struct count {
    struct pooled pooled;
    struct origin origin; /* ORIGIN_PEER: we count our share for another node */
    uint64_t keys;
    uint64_t *awaited; /* members that have not answered; in the arena */
    unsigned awaited_count;
    struct timer timer;
    struct arena arena;
};

void count_start(struct node *node, const struct origin *origin, const struct request *request);
void count_peer_down(struct node *node, uint64_t peer);
void count_counted(struct node *node, uint64_t id, uint64_t keys);

void count_recv(struct node *node, uint64_t from, const struct wire_count *message);
void count_ack_recv(struct node *node, uint64_t from, const struct wire_count_ack *message);

#endif
