#include "node/burden.h"

#include "base/error.h"
#include "node/internal.h"

size_t burden_of(const struct request *request)
{
    return request->op == OP_GET ? 0 : request->key.len + request->value.len + request->context.len;
}

int burden_take(struct node *node, size_t *held, size_t bytes)
{
    uint64_t max = node->config.writes_bytes_max;
    uint64_t others = node->stats.writes_bytes - *held;
    if (bytes > 0 && max != 0 && others != 0 && others + bytes > max) {
        return GR_EBUSY;
    }
    node->stats.writes_bytes = others + bytes;
    *held = bytes;
    return 0;
}

void burden_drop(struct node *node, size_t *held)
{
    node->stats.writes_bytes -= *held;
    *held = 0;
}
