#include "node/handoff.h"

#include "node/internal.h"

int handoff_init(struct handoff *handoff)
{
    (void)handoff;
    return 0;
}

void handoff_done(struct handoff *handoff)
{
    (void)handoff;
}

void handoff_wake(struct node *node)
{
    (void)node;
}

void handoff_scanned(struct node *node, uint64_t id, int status, const struct page *page)
{
    (void)node, (void)id, (void)status, (void)page;
}

void handoff_put_ack(struct node *node, uint64_t from, const struct wire_put_ack *message)
{
    (void)node, (void)from, (void)message;
}

void handoff_stored(struct node *node, uint64_t id, int status)
{
    (void)node, (void)id, (void)status;
}

void handoff_peer_down(struct node *node, uint64_t peer)
{
    (void)node, (void)peer;
}
