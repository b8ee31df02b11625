/* One submitted operation, from submission to its completion.
 *
 * The same record moves through every queue of the room, so that nothing has to be allocated, and nothing can fail for
 * lack of memory, once an operation has been accepted. An operation belongs to one queue or one thread at a time;
 * ops are made and freed by the reactor only, because blobs are counted without atomics.
 */
#ifndef GR_STORE_OP_H
#define GR_STORE_OP_H

#include "store/engine.h"

struct op {
    struct op *next;
    uint64_t token;
    uint64_t clock;
    struct blob *value; /* of a write: what to store; of a read: what was found; one reference */
    int status;
    enum engine_result result; /* of a read */
    bool is_read;
    int8_t live_delta;
    uint32_t era; /* how many failed commits the reactor knew of when it submitted the write (G6) */
    uint16_t slot;
    uint32_t key_len;
    uint8_t key[]; /* as stored: see key.h */
};

/* First in, first out. A zeroed list is empty; lists may be copied, and the copied-from list must then be forgotten. */
struct op_list {
    struct op *first;
    struct op *last;
};

/* NULL when out of memory. A write takes its own reference to the value. */
struct op *op_new_write(const struct engine_write *write);
struct op *op_new_read(uint64_t token, uint16_t slot, struct bytes key);

/* Frees the operation and its reference to the value. */
void op_free(struct op *op);

/* The memory that an operation holds on to, in bytes. */
size_t op_cost(const struct op *op);

void op_list_push(struct op_list *list, struct op *op);

/* Move all of `from` behind what is in `list`. */
void op_list_append(struct op_list *list, struct op_list *from);

/* The first one, or NULL. */
struct op *op_list_pop(struct op_list *list);

/* Free every operation in the list. */
void op_list_done(struct op_list *list);

#endif
