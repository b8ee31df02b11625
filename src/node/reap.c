#include "node/reap.h"

#include "node/internal.h"

int reap_init(struct reap *reap)
{
    (void)reap;
    return 0;
}

void reap_done(struct reap *reap)
{
    (void)reap;
}

void reap_start(struct node *node)
{
    (void)node;
}

void reap_peer_down(struct node *node, uint64_t peer)
{
    (void)node, (void)peer;
}

void reap_placement_changed(struct node *node)
{
    (void)node;
}

void reap_scanned(struct node *node, uint64_t id, int status, const struct page *page)
{
    (void)node, (void)id, (void)status, (void)page;
}

void reap_stored(struct node *node, uint64_t id, int status)
{
    (void)node, (void)id, (void)status;
}

void reap_get_ack(struct node *node, uint64_t from, const struct wire_get_ack *message)
{
    (void)node, (void)from, (void)message;
}

void clear_recv(struct node *node, uint64_t from, const struct wire_clear *message)
{
    (void)node, (void)from, (void)message;
}

void clear_ack_recv(struct node *node, uint64_t from, const struct wire_clear_ack *message)
{
    (void)node, (void)from, (void)message;
}

void reap_recv(struct node *node, uint64_t from, const struct wire_reap *message)
{
    (void)node, (void)from, (void)message;
}
