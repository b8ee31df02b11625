/* The nodes of a local cluster together: start, watch, stop.
 *
 * Everything waits in one place, on the children's ready pipes and on signals by descriptor, so no code runs inside a
 * signal handler. A node that ends by itself is reported and not restarted: what is being tried out may be its death.
 */
#ifndef GR_CLI_DEV_CLUSTER_H
#define GR_CLI_DEV_CLUSTER_H

#include "cli/dev_flags.h"
#include "cli/dev_node.h"

struct dev_cluster {
    struct dev_node nodes[DEV_NODES_MAX];
    unsigned count;
    int signal_fd;    /* SIGINT, SIGTERM, SIGHUP, SIGCHLD; blocked otherwise */
    bool stop_wanted; /* one of the first three came */
    bool stopping;    /* ends are expected from here on */
    unsigned ends;    /* of nodes, unexpected ones */
};

enum dev_outcome { DEV_UP, DEV_INTERRUPTED, DEV_FAILED };

/* `dir` is absolute. False when signals cannot be taken, having said why. */
bool dev_cluster_init(struct dev_cluster *cluster, const char *dir, unsigned count, unsigned port);

/* Start node 1, the founder; when it is ready the others; then wait until all see each other. Failures are explained
 * on standard error. Nodes that were started run on whatever the outcome: dev_cluster_stop follows. */
enum dev_outcome dev_cluster_start(struct dev_cluster *cluster, const struct dev_launch *launch);

/* Report ends until a signal asks to stop (true) or no node is left (false). */
bool dev_cluster_watch(struct dev_cluster *cluster);

/* SIGTERM to all, and SIGKILL to those that have not ended in time. */
void dev_cluster_stop(struct dev_cluster *cluster);

#endif
