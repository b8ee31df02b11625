/* What the nodes of a cluster say about themselves and each other, put together.
 *
 * One node is asked who the members are; then each member is asked itself, so that a node which is cut off from some
 * of the others is seen from both sides. The result is JSON, which is also what --json prints:
 *
 *   { "cluster": id, "version": text, "n": 3, "r": 2, "w": 2, "partitions": 1024,
 *     "copies": 3,          of each key: N, or the number of nodes if that is less
 *     "healthy": true,      every node answers and reaches every other
 *     "nodes": [ { "node": id, "client": address, "peer": address, "http": address, "zone": text,
 *                  "weight": 100, "pieces": 1024,   copies of partitions that it owns
 *                  "answers": true, "error": null or why it did not answer,
 *                  "misses": [ id, ... ],        members that it finds silent or down; empty when it did not answer
 *                  "hints_pending": 0, "partitions_filling": 0, "comparison_oldest_ms": 5000,
 *                  "objects_corrupt": 0 } ] }    as in INFO; of nodes that answered
 */
#ifndef GR_CLI_CLUSTER_VIEW_H
#define GR_CLI_CLUSTER_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A new reference, or NULL with `error_text`: the first node could not be asked. */
json_t *cluster_view_take(const char *address, char *error_text, size_t error_size);

bool cluster_view_is_healthy(const json_t *view);

/* What one node says (GRAMME STATUS), or NULL with `error_text`. */
json_t *cluster_view_ask(const char *address, char *error_text, size_t error_size);

#endif
