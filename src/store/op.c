#include "store/op.h"

#include <stdlib.h>

#include "store/key.h"

/* An operation with room for `key_len` bytes of stored key. NULL when out of memory. */
static struct op *op_new(enum op_kind kind, uint64_t token, uint16_t slot, size_t key_len)
{
    struct op *op = malloc(sizeof *op + key_len);
    if (op != NULL) {
        *op = (struct op){.kind = kind, .token = token, .slot = slot, .key_len = (uint32_t)key_len};
    }
    return op;
}

static struct op *op_new_at(enum op_kind kind, uint64_t token, const struct engine_key *at)
{
    bool is_hint = at->owner != 0;
    struct op *op = op_new(kind, token, at->slot, key_stored_len(is_hint, at->key));
    if (op != NULL) {
        op->is_hint = is_hint;
        key_store(op->key, is_hint, at->owner, at->slot, at->key);
    }
    return op;
}

struct op *op_new_write(const struct engine_write *write)
{
    struct op *op = op_new_at(OP_WRITE, write->token, &write->at);
    if (op != NULL) {
        op->value = blob_ref(write->value);
        op->write.live_delta = write->live_delta;
        op->write.clock = write->clock;
        op->write.leaf_delta = write->leaf_delta;
        op->write.leaf = write->leaf_delta == 0 ? 0 : (uint8_t)leaf_of(write->at.key);
    }
    return op;
}

struct op *op_new_read(uint64_t token, const struct engine_key *at)
{
    return op_new_at(OP_READ, token, at);
}

/* The first key behind another one is that key with a zero byte. */
struct op *op_new_scan(const struct engine_scan *scan)
{
    struct bytes after = scan->resumes ? scan->after : BYTES_EMPTY;
    size_t len = key_stored_len(scan->hints, after);
    struct op *op = op_new(OP_SCAN, scan->token, scan->slot, len + scan->resumes);
    if (op != NULL) {
        op->is_hint = scan->hints;
        op->scan.bytes_max = scan->bytes_max;
        op->scan.leaves = scan->leaves;
        op->scan.one_owner = scan->one_owner;
        op->scan.values = scan->values;
        op->scan.counts = scan->counts && !scan->hints;
        op->key[op->key_len - 1] = 0;
        key_store(op->key, scan->hints, scan->owner, scan->slot, after);
    }
    return op;
}

struct op *op_new_mend(uint64_t token, uint16_t slot, const uint64_t delta[LEAVES], uint64_t clock)
{
    struct op *op = op_new(OP_MEND, token, slot, LEAVES * sizeof *delta);
    if (op != NULL) {
        op->write.clock = clock;
        memcpy(op->key, delta, LEAVES * sizeof *delta);
    }
    return op;
}

struct op *op_new_record(uint64_t token, const char *name, struct bytes value)
{
    size_t size = strlen(name) + 1;
    struct op *op = op_new(OP_RECORD, token, 0, size);
    struct blob *copy = blob_copy(value);
    if (op == NULL || copy == NULL) {
        free(op);
        blob_unref(copy);
        return NULL;
    }
    memcpy(op->key, name, size);
    op->value = copy;
    return op;
}

void op_mend_deltas(const struct op *op, uint64_t ret[LEAVES])
{
    GR_ASSERT_EQ((unsigned)op->kind, (unsigned)OP_MEND);
    memcpy(ret, op->key, LEAVES * sizeof *ret);
}

void op_free(struct op *op)
{
    blob_unref(op->value);
    if (op->kind == OP_SCAN) {
        page_free(op->scan.page);
    }
    free(op);
}

size_t op_cost(const struct op *op)
{
    switch (op->kind) {
    case OP_READ:
        return sizeof *op + op->key_len;
    case OP_SCAN:
        return sizeof *op + op->key_len + op->scan.bytes_max;
    case OP_WRITE:
    case OP_MEND:
    case OP_RECORD:
        return sizeof *op + op->key_len + blob_bytes(op->value).len;
    }
    GR_UNREACHABLE();
}

void op_list_push(struct op_list *list, struct op *op)
{
    op->next = NULL;
    if (list->first == NULL) {
        list->first = op;
    } else {
        list->last->next = op;
    }
    list->last = op;
}

void op_list_append(struct op_list *list, struct op_list *from)
{
    if (from->first == NULL) {
        return;
    }
    if (list->first == NULL) {
        *list = *from;
    } else {
        list->last->next = from->first;
        list->last = from->last;
    }
    *from = (struct op_list){NULL, NULL};
}

struct op *op_list_pop(struct op_list *list)
{
    struct op *op = list->first;
    if (op != NULL) {
        list->first = op->next;
        op->next = NULL;
    }
    return op;
}

void op_list_done(struct op_list *list)
{
    for (struct op *op = op_list_pop(list); op != NULL; op = op_list_pop(list)) {
        op_free(op);
    }
}
