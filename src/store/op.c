#include "store/op.h"

#include <stdlib.h>

#include "store/key.h"

static struct op *op_new(uint64_t token, uint16_t slot, struct bytes key)
{
    size_t key_len = key_stored_len(key);
    struct op *op = malloc(sizeof *op + key_len);
    if (op == NULL) {
        return NULL;
    }
    *op = (struct op){.token = token, .slot = slot, .key_len = (uint32_t)key_len};
    key_store(op->key, slot, key);
    return op;
}

struct op *op_new_write(const struct engine_write *write)
{
    struct op *op = op_new(write->token, write->at.slot, write->at.key);
    if (op != NULL) {
        op->value = blob_ref(write->value);
        op->live_delta = write->live_delta;
        op->clock = write->clock;
    }
    return op;
}

struct op *op_new_read(uint64_t token, uint16_t slot, struct bytes key)
{
    struct op *op = op_new(token, slot, key);
    if (op != NULL) {
        op->is_read = true;
    }
    return op;
}

void op_free(struct op *op)
{
    blob_unref(op->value);
    free(op);
}

size_t op_cost(const struct op *op)
{
    return sizeof *op + op->key_len + blob_bytes(op->value).len;
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
