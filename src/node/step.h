/* What follows for everybody when a peer falls silent or is heard again. */
#ifndef GR_NODE_STEP_H
#define GR_NODE_STEP_H

#include <stdint.h>

struct node;

/* It has a link and does not answer: what waits for it looks elsewhere. A late answer still counts. */
void peer_suspected(struct node *node, uint64_t peer);

/* It answers again, or has a new link: its hints may go, its partitions are compared. */
void peer_recovered(struct node *node, uint64_t peer);

#endif
