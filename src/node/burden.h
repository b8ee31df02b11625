/* The bytes of the writes that wait for their quorum here, coordinated or handed on (write.h W9). */
#ifndef GR_NODE_BURDEN_H
#define GR_NODE_BURDEN_H

#include <stdbool.h>
#include <stddef.h>

struct node;
struct request;

/* What a request weighs until the value before is known; nothing, if it only reads. */
size_t burden_of(const struct request *request);

/* Make *held, which is counted, `bytes`. Nothing changes on errors: GR_EBUSY. */
int burden_take(struct node *node, size_t *held, size_t bytes);

/* It waits no more. May be called again. */
void burden_drop(struct node *node, size_t *held);

#endif
