/* `gramme node scrub`: argv[0] is the title for messages. Returns the exit status. */
#ifndef GR_CLI_NODE_SCRUB_H
#define GR_CLI_NODE_SCRUB_H

int node_scrub(int argc, char **argv);

#endif
