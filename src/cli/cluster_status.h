/* `gramme cluster status`: ask one node, then every node it knows, and print what they say together. */
#ifndef GR_CLI_CLUSTER_STATUS_H
#define GR_CLI_CLUSTER_STATUS_H

/* Exit status 0 when every node answers and reaches every other, 1 when not. */
int cluster_status(int argc, char **argv);

#endif
