/* Joining a context into an object within the bound on contexts (O5). Of this room only. */
#ifndef GR_VERSION_OBJECT_CONTEXT_H
#define GR_VERSION_OBJECT_CONTEXT_H

#include "version/object.h"

/* Join `other` into the context of an object whose entries are complete, made of those of `left` and `right` (NULL: of
 * one only). Removes entries in place where their actor has to go. Returns how many actors went. */
unsigned object_join_context(struct object *object, const struct context *other, const struct object *left,
                             const struct object *right);

#endif
