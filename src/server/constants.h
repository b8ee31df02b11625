/* The cluster's constants against this node's settings. */
#ifndef GR_SERVER_CONSTANTS_H
#define GR_SERVER_CONSTANTS_H

#include "node/node.h"
#include "server/settings.h"

/* The cluster was created with this many copies and partitions: they stand, whatever the settings say. Settings are
 * brought in line (r and w cut to n), and a wish that cannot be met is logged. */
void constants_adopt(struct settings *settings, uint8_t replicas, uint32_t partitions);

/* Log what a node that was a member before cannot change by a setting: weight, zone, cluster. */
void constants_compare(const struct settings *settings, const struct node *node);

/* Hand r and w to the node. */
void constants_apply(const struct settings *settings, struct node *node);

#endif
