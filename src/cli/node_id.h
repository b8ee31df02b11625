/* Node ids as people type them. */
#ifndef GR_CLI_NODE_ID_H
#define GR_CLI_NODE_ID_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define NODE_ID_DIGITS 16
#define NODE_ID_LEAST 4 /* digits of an abbreviated id: a slip of the finger should not hit another node */

/* A whole id: 16 hex digits, in lower case in `ret`. */
bool node_id_parse(const char *text, char ret[NODE_ID_DIGITS + 1]);

/* Could it be an id, or enough of the first digits of one? */
bool node_id_may_be(const char *text);

/* A member of the status of a node (GRAMME STATUS), by its id or enough of its first digits. A whole id is taken even
 * if it is no member's: the node says more about it. On failure `error_text` says what to do. */
bool node_id_find(const json_t *status, const char *text, char ret[NODE_ID_DIGITS + 1], char *error_text,
                  size_t error_size);

#endif
