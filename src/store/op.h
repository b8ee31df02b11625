/* One submitted operation, from submission to its completion.
 *
 * The same record moves through every queue of the room, so that nothing has to be allocated, and nothing can fail for
 * lack of memory, once an operation has been accepted. An operation belongs to one queue or one thread at a time;
 * ops are made and freed by the reactor only, because blobs are counted without atomics.
 */
#ifndef GR_STORE_OP_H
#define GR_STORE_OP_H

#include "store/engine.h"

enum op_kind { OP_READ, OP_WRITE, OP_MEND, OP_RECORD, OP_SCAN };

/* What a write changes beside its value. */
struct op_write {
    uint64_t clock;
    uint64_t leaf_delta;
    uint8_t leaf;
    int8_t live_delta;
};

/* A scan begins at the operation's key, or behind it. */
struct op_scan {
    struct page *page; /* when it has succeeded */
    uint32_t bytes_max;
    uint16_t leaves;
    bool one_owner;
    bool values;
    bool counts;
};

struct op {
    struct op *next;
    uint64_t token;
    struct blob *value; /* of a write: what to store, NULL to remove; of a read: what was found; one reference */
    union {
        struct op_write write;
        struct op_scan scan;
    };
    int status;
    enum engine_result result; /* of a read */
    enum op_kind kind;
    uint32_t era; /* how many failed commits the reactor knew of when it submitted the write (G6) */
    uint16_t slot;
    bool is_hint;
    uint32_t key_len;
    uint8_t key[]; /* as stored: see key.h. Of a mend: LEAVES numbers as in memory. Of a record: its name, with a 0 */
};

/* First in, first out. A zeroed list is empty; lists may be copied, and the copied-from list must then be forgotten. */
struct op_list {
    struct op *first;
    struct op *last;
};

/* NULL when out of memory. A write takes its own reference to the value. */
struct op *op_new_write(const struct engine_write *write);
struct op *op_new_read(uint64_t token, const struct engine_key *at);
struct op *op_new_scan(const struct engine_scan *scan);
struct op *op_new_mend(uint64_t token, uint16_t slot, const uint64_t delta[LEAVES], uint64_t clock);

/* A record of engine_meta_put_later; `value` is copied. */
struct op *op_new_record(uint64_t token, const char *name, struct bytes value);

static inline const char *op_record_name(const struct op *op)
{
    return (const char *)op->key;
}

/* What a mend adds. */
void op_mend_deltas(const struct op *op, uint64_t ret[LEAVES]);

/* Frees the operation, its reference to the value and its page. */
void op_free(struct op *op);

static inline bool op_is_write(const struct op *op)
{
    return op->kind == OP_WRITE || op->kind == OP_MEND || op->kind == OP_RECORD;
}

/* The memory that an operation holds on to, or may come to, in bytes; that of what a read finds is not counted. */
size_t op_cost(const struct op *op);

static inline struct bytes op_key(const struct op *op)
{
    return bytes_of(op->key, op->key_len);
}

void op_list_push(struct op_list *list, struct op *op);

/* Move all of `from` behind what is in `list`. */
void op_list_append(struct op_list *list, struct op_list *from);

/* The first one, or NULL. */
struct op *op_list_pop(struct op_list *list);

/* Free every operation in the list. */
void op_list_done(struct op_list *list);

#endif
