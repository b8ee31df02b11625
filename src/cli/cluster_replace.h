/* `gramme cluster replace OLD NEW`: argv[0] is the title for messages. Returns the exit status. */
#ifndef GR_CLI_CLUSTER_REPLACE_H
#define GR_CLI_CLUSTER_REPLACE_H

int cluster_replace(int argc, char **argv);

#endif
