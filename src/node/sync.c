#include "node/sync.h"

#include "node/internal.h"

int sync_init(struct sync *sync)
{
    (void)sync;
    return 0;
}

void sync_done(struct sync *sync)
{
    (void)sync;
}

void sync_start(struct node *node)
{
    (void)node;
}

void sync_dirty(struct node *node, uint16_t partition)
{
    (void)node, (void)partition;
}

void sync_dirty_peer(struct node *node, uint64_t peer)
{
    (void)node, (void)peer;
}

void sync_placement_changed(struct node *node)
{
    (void)node;
}

void sync_peer_down(struct node *node, uint64_t peer)
{
    (void)node, (void)peer;
}

void sync_repaired(struct node *node, int status)
{
    (void)node, (void)status;
}

void sync_tell_age(struct node *node)
{
    (void)node;
}

void roots_recv(struct node *node, uint64_t from, const struct wire_roots *message)
{
    (void)node, (void)from, (void)message;
}

void roots_ack_recv(struct node *node, uint64_t from, const struct wire_roots_ack *message)
{
    (void)node, (void)from, (void)message;
}

void tree_recv(struct node *node, uint64_t from, const struct wire_tree *message)
{
    (void)node, (void)from, (void)message;
}

void tree_ack_recv(struct node *node, uint64_t from, const struct wire_tree_ack *message)
{
    (void)node, (void)from, (void)message;
}

void list_recv(struct node *node, uint64_t from, const struct wire_list *message)
{
    (void)node, (void)from, (void)message;
}

void list_ack_recv(struct node *node, uint64_t from, const struct wire_list_ack *message)
{
    (void)node, (void)from, (void)message;
}

void sync_scanned(struct node *node, uint64_t id, int status, const struct page *page)
{
    (void)node, (void)id, (void)status, (void)page;
}

void listing_scanned(struct node *node, uint64_t id, int status, const struct page *page)
{
    (void)node, (void)id, (void)status, (void)page;
}

void mend_stored(struct node *node, uint64_t id, int status)
{
    (void)node, (void)id, (void)status;
}
