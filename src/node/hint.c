#include "node/hint.h"

#include "node/internal.h"

void hints_init(struct hints *hints)
{
    *hints = (struct hints){.queues = NULL};
}

void hints_done(struct hints *hints)
{
    (void)hints;
}

void hints_start(struct node *node)
{
    (void)node;
}

void hints_change(struct node *node, uint64_t owner, uint16_t slot, size_t old_bytes, size_t new_bytes)
{
    (void)node, (void)owner, (void)slot, (void)old_bytes, (void)new_bytes;
}

void hint_keep(struct node *node, uint64_t owner, uint16_t slot, struct bytes key, struct blob *object)
{
    (void)node, (void)owner, (void)slot, (void)key, (void)object;
}

bool hints_have_room(const struct node *node, size_t bytes, bool counts)
{
    (void)node, (void)bytes, (void)counts;
    return true;
}

bool hints_touch(const struct node *node, uint16_t partition)
{
    (void)node, (void)partition;
    return false;
}
