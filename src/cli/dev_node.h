/* One node of a local cluster: a child process and its folder.
 *
 *   DIR/nodeN/pid      while it runs as our child
 *   DIR/nodeN/command  its command line, for a shell
 *   DIR/nodeN/data     its data directory
 *   DIR/nodeN/log      its standard output and error, appended
 */
#ifndef GR_CLI_DEV_NODE_H
#define GR_CLI_DEV_NODE_H

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

#include "cli/settings_flags.h"

enum dev_node_state {
    DEV_NODE_OFF,      /* not started, or its end was seen */
    DEV_NODE_STARTING, /* a child that has not said "ready" */
    DEV_NODE_READY,    /* a child that serves clients */
};

struct dev_node {
    unsigned number; /* from 1 */
    unsigned port;   /* of clients */
    char dir[PATH_MAX];
    enum dev_node_state state;
    pid_t pid;    /* 0 when OFF */
    int ready_fd; /* where a STARTING child says "ready"; -1 otherwise */
};

struct dev_launch {
    const char *program;                   /* absolute path of gramme */
    const struct settings_flags *settings; /* of every node */
    unsigned join_port;                    /* peer port of the node to join; 0: founds */
};

/* `dir` is the cluster's, absolute. */
void dev_node_init(struct dev_node *node, const char *dir, unsigned number, unsigned port);

/* Make the folder and start the child. False when that fails, having said why on standard error. */
bool dev_node_start(struct dev_node *node, const struct dev_launch *launch);

/* The pipe can be read: the child is ready, or has closed it and is about to end. */
void dev_node_hear(struct dev_node *node);

/* The child has ended, with this status of waitpid. */
void dev_node_ended(struct dev_node *node);

/* The last lines of the log, each indented. */
void dev_node_print_log(const struct dev_node *node, FILE *file);

#endif
