/* A cluster's view for people: a line about the whole, a table of the nodes, and what is wrong with them. */
#ifndef GR_CLI_CLUSTER_TABLE_H
#define GR_CLI_CLUSTER_TABLE_H

#include <jansson.h>
#include <stdio.h>

void cluster_table_print(const json_t *view, FILE *file);

#endif
