#include "sim/history.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/error.h"

#define HISTORY_FIRST 512u

void history_init(struct history *history)
{
    *history = (struct history){0};
}

void history_done(struct history *history)
{
    free(history->list);
    free(history->names);
    history_init(history);
}

uint32_t history_add(struct history *history, const struct operation *operation)
{
    if (history->count == history->capacity) {
        uint32_t capacity = history->capacity == 0 ? HISTORY_FIRST : history->capacity * 2;
        history->list = realloc(history->list, capacity * sizeof *history->list);
        GR_ASSERT(history->list != NULL);
        history->capacity = capacity;
    }
    history->list[history->count] = *operation;
    return history->count++;
}

void history_name(uint32_t number, uint8_t ret[WRITE_NAME_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    ret[0] = 'w';
    for (unsigned i = 0; i < 8; i++) {
        ret[1 + i] = (uint8_t)digits[(number >> (28 - 4 * i)) & 15];
    }
    ret[9] = ';';
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint32_t name_at(const uint8_t *text)
{
    uint32_t number = 0;
    for (unsigned i = 1; i < 9; i++) {
        int digit = digit_of(text[i]);
        if (digit < 0) {
            return NO_WRITE;
        }
        number = number << 4 | (uint32_t)digit;
    }
    return text[0] == 'w' && text[9] == ';' ? number : NO_WRITE;
}

static void add_name(struct history *history, uint32_t number)
{
    if (history->names_count == history->names_capacity) {
        uint32_t capacity = history->names_capacity == 0 ? HISTORY_FIRST : history->names_capacity * 2;
        history->names = realloc(history->names, capacity * sizeof *history->names);
        GR_ASSERT(history->names != NULL);
        history->names_capacity = capacity;
    }
    history->names[history->names_count++] = number;
}

struct names history_keep_names(struct history *history, struct bytes value)
{
    struct names names = {.first = history->names_count};
    size_t i = 0;
    while (i + WRITE_NAME_BYTES <= value.len) {
        uint32_t number = name_at(value.data + i);
        if (number != NO_WRITE) {
            add_name(history, number);
        }
        i += number != NO_WRITE ? WRITE_NAME_BYTES : 1;
    }
    names.count = history->names_count - names.first;
    return names;
}

/* Where the last name ends, 0 if there is none. */
static size_t last_name_end(struct bytes value)
{
    for (size_t end = value.len; end >= WRITE_NAME_BYTES; end--) {
        if (name_at(value.data + end - WRITE_NAME_BYTES) != NO_WRITE) {
            return end;
        }
    }
    return 0;
}

uint32_t history_last_name(struct bytes value)
{
    size_t end = last_name_end(value);
    return end == 0 ? NO_WRITE : name_at(value.data + end - WRITE_NAME_BYTES);
}

uint32_t history_name_before(struct bytes value)
{
    size_t end = last_name_end(value);
    return end == 0 ? NO_WRITE : history_last_name(bytes_of(value.data, end - WRITE_NAME_BYTES));
}

bool operation_was_acknowledged(const struct operation *operation)
{
    if (!operation_is_write(operation) || operation->outcome != OUTCOME_REPLIED || operation->status != 0) {
        return false;
    }
    switch ((enum op)operation->op) {
    case OP_SET:
        return operation->applied;
    case OP_DELETE:
        return operation->found;
    default:
        return true;
    }
}

bool operation_was_refused(const struct operation *operation)
{
    if (operation->outcome != OUTCOME_REPLIED) {
        return false;
    }
    switch (operation->status) {
    case GR_EBUSY:
    case GR_ETOOBIG:
    case GR_EINVAL:
    case GR_ECONFLICT:
        return true;
    case 0:
        return operation->op == OP_SET && !operation->applied;
    default:
        return false;
    }
}
