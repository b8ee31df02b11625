/* Lines of text put together for INFO, CLIENT LIST and CLUSTER NODES. */
#ifndef GR_RESP_TEXT_H
#define GR_RESP_TEXT_H

#include "base/buffer.h"

/* The largest text: CLUSTER NODES of the largest cluster, each partition a range of its own. */
#define TEXT_MAX (4u << 20)

/* Append formatted text of at most 1 KiB. A text that cannot be held is cut at whole pieces. */
void text_add(struct buffer *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
