/* The ring as Redis Cluster shows one: ranges of slots, masters, node ids of 40 digits, hosts and ports.
 *
 * The master of a slot is the first of its owners that this node can reach; down owners stand behind the others. That
 * is for clients that send to masters: any node takes any key.
 */
#ifndef GR_RESP_RING_VIEW_H
#define GR_RESP_RING_VIEW_H

#include "node/node.h"

#define RING_VIEW_ID_DIGITS 40
#define RING_VIEW_HOST_MAX 256

struct slot_range {
    uint16_t first, last;
    unsigned owners_count;
    uint64_t owners[RING_REPLICAS_MAX]; /* the reachable ones first */
};

/* The next run of slots with equal owners from partition `*position` on, which is moved behind it. False at the end.
 * Begin with 0; the node has a placement. */
bool ring_view_next(const struct node *node, uint32_t *position, struct slot_range *ret);

/* The owners of one partition in the same order. */
void ring_view_owners(const struct node *node, uint16_t partition, struct slot_range *ret);

/* The cluster's id, eight zeros, the node's id; with a terminator. */
void ring_view_id(const struct node *node, uint64_t id, char ret[RING_VIEW_ID_DIGITS + 1]);

/* "host:port" or "[host]:port" taken apart; "" and 0 for what is not there. */
void ring_view_split(const char *address, char ret_host[RING_VIEW_HOST_MAX], unsigned *ret_port);

/* Where clients find a member. */
void ring_view_client(const struct node *node, uint64_t id, char ret_host[RING_VIEW_HOST_MAX], unsigned *ret_port);

#endif
