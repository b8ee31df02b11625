/* Where a request goes: coordinated here, or handed to an owner. */
#ifndef GR_NODE_COORDINATE_H
#define GR_NODE_COORDINATE_H

#include "node/origin.h"

/* A client's request has come in: the start of every put and get. */
void coordinate_client(struct node *node, const struct request *request);

/* This node, an owner of the key, coordinates it. */
void coordinate(struct node *node, const struct origin *origin, const struct request *request);

#endif
