/* Objects that are bigger than a message may be. Concurrent values add up where replicas are merged, and a merge is
 * never refused: such an object travels in parts.
 *
 * What an object says of one actor, the dots that its context covers and the values that survive of them, is an object
 * too; and an object is the merge of what it says of all its actors. So a part is all of some actors.
 *
 * M1  The merge of an object's parts is the object. Each part alone is true: whoever has it lacks nothing that it
 *     covers.
 * M2  No actor's values are more than fit into a message: when the last of them was minted, all were in one object of a
 *     client's write, which is refused beyond that (write_apply.h). What one actor has is never split, as the next part
 *     would end the values in the one before.
 * M3  Actors without values are no reason to split: an object of one value goes whole.
 */
#ifndef GR_NODE_PARTS_H
#define GR_NODE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blob.h"

struct node;

#define PARTS_AT_ONCE 2u /* more would close a link (server/link.h) */

/* The most bytes of an encoded object that goes into one message if it has several values. */
size_t parts_bytes_max(const struct node *node);

/* Does it go into one message? One that cannot be decoded does not if it is bigger. */
bool parts_go_whole(struct node *node, struct bytes key, const struct blob *object);

/* The first part that fits, and the rest: NULL if that is all. New references. Errors: GR_ETOOBIG (against M2),
 * GR_ECORRUPT, GR_EVERSION, GR_ENOMEM. */
int parts_split(struct node *node, struct bytes key, struct blob *object, struct blob **ret_first,
                struct blob **ret_rest);

/* Send a put of a part, or of a whole object that fits; `doubtful`: of a hint that may be old (fill.h U4). `part` is
 * borrowed until the effects were carried out. */
void parts_put(struct node *node, uint64_t peer, uint64_t request, struct bytes key, const struct blob *part,
               bool doubtful);

/* Send an owner the object, in puts for whose acks nobody waits: PARTS_AT_ONCE at most, any of them, so that in some
 * rounds all come. Errors: GR_EAGAIN (not all), those of parts_split; parts may have been sent. */
int parts_send(struct node *node, uint64_t peer, struct bytes key, struct blob *object);

#endif
