#include "node/fill.h"

#include "node/internal.h"

void fill_init(struct fill *fill)
{
    *fill = (struct fill){.missing = NULL};
}

void fill_done(struct fill *fill)
{
    (void)fill;
}

void fill_start_all(struct node *node)
{
    (void)node;
}

void fill_compared(struct node *node, uint16_t partition, uint64_t peer)
{
    (void)node, (void)partition, (void)peer;
}

bool fill_is_filling(const struct node *node, uint16_t partition)
{
    (void)node, (void)partition;
    return false;
}

struct bytes fill_encode(struct fill *fill)
{
    (void)fill;
    return BYTES_EMPTY;
}

int fill_restore(struct node *node, struct bytes encoded)
{
    (void)node, (void)encoded;
    return 0;
}
