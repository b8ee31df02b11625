#include "node/mutate.h"

#include "base/error.h"
#include "wire/messages.h"

#define CONDITIONS (REQUEST_IF_ABSENT | REQUEST_IF_PRESENT | REQUEST_RETURN_OLD)

bool mutation_reads(const struct mutation *mutation)
{
    return mutation->op != OP_SET || (mutation->flags & CONDITIONS) != 0;
}

bool mutation_is_plain(const struct mutation *mutation)
{
    return mutation->op == OP_GET || (mutation->op == OP_SET && (mutation->flags & CONDITIONS) == 0);
}

static void apply_set(const struct mutation *mutation, struct mutated *result)
{
    bool wanted = ((mutation->flags & REQUEST_IF_ABSENT) == 0 || !result->found) &&
                  ((mutation->flags & REQUEST_IF_PRESENT) == 0 || result->found);
    result->applied = result->changes = wanted;
    result->value = mutation->value;
}

/* The old value, then `value` written over it at `offset`, zero bytes between. */
static int overlay(struct bytes old, uint64_t offset, struct bytes value, struct arena *arena, struct bytes *ret)
{
    if (offset > WIRE_VALUE_MAX || value.len > WIRE_VALUE_MAX - offset) {
        return GR_ETOOBIG;
    }
    size_t end = (size_t)offset + value.len;
    size_t len = end > old.len ? end : old.len;
    uint8_t *data = arena_alloc(arena, len);
    if (data == NULL) {
        return GR_ENOMEM;
    }
    if (old.len > 0) {
        memcpy(data, old.data, old.len);
    }
    memset(data + old.len, 0, len - old.len);
    memcpy(data + offset, value.data, value.len);
    *ret = bytes_of(data, len);
    return 0;
}

/* Redis: writing nothing changes nothing, and does not create the key (SETRANGE); APPEND of nothing creates it. */
static int apply_overlay(const struct mutation *mutation, struct bytes old, uint64_t offset, struct arena *arena,
                         struct mutated *result)
{
    result->applied = true;
    result->number = old.len;
    if (mutation->value.len == 0 && (mutation->op == OP_SETRANGE || result->found)) {
        return 0;
    }
    result->changes = true;
    if (mutation->value.len == 0) {
        return 0;
    }
    int error = overlay(old, offset, mutation->value, arena, &result->value);
    result->number = result->value.len;
    return error;
}

int mutation_apply(const struct mutation *mutation, const struct bytes *old, struct arena *arena, struct mutated *ret)
{
    struct mutated result = {.found = old != NULL};
    struct bytes before = old == NULL ? BYTES_EMPTY : *old;
    int error = 0;
    switch (mutation->op) {
    case OP_SET:
        apply_set(mutation, &result);
        break;
    case OP_DELETE:
        result.applied = result.changes = result.deletes = result.found;
        break;
    case OP_APPEND:
        error = apply_overlay(mutation, before, before.len, arena, &result);
        break;
    case OP_SETRANGE:
        error = apply_overlay(mutation, before, mutation->offset, arena, &result);
        break;
    case OP_GET:
    case OP_COUNT:
    default:
        error = GR_EINVAL;
        break;
    }
    if (error == 0) {
        *ret = result;
    }
    return error;
}
