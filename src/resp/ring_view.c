#include "resp/ring_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ring/slot.h"

static void add_owners(const struct node *node, const uint64_t *owners, unsigned count, bool up,
                       struct slot_range *range)
{
    for (unsigned i = 0; i < count; i++) {
        if (node_peer_is_up(node, owners[i]) == up) {
            range->owners[range->owners_count++] = owners[i];
        }
    }
}

void ring_view_owners(const struct node *node, uint16_t partition, struct slot_range *ret)
{
    const struct placement *placement = node_placement(node);
    const uint64_t *owners = placement_owners(placement, partition);
    uint32_t partitions = placement_partitions(placement);
    ret->first = ring_first_slot(partition, partitions);
    ret->last = (uint16_t)(ret->first + RING_SLOTS / partitions - 1);
    ret->owners_count = 0;
    add_owners(node, owners, placement_replicas(placement), true, ret);
    add_owners(node, owners, placement_replicas(placement), false, ret);
}

static bool same_owners(const struct slot_range *a, const struct slot_range *b)
{
    return a->owners_count == b->owners_count &&
           memcmp(a->owners, b->owners, a->owners_count * sizeof a->owners[0]) == 0;
}

bool ring_view_next(const struct node *node, uint32_t *position, struct slot_range *ret)
{
    uint32_t partitions = placement_partitions(node_placement(node));
    if (*position >= partitions) {
        return false;
    }
    ring_view_owners(node, (uint16_t)(*position)++, ret);
    while (*position < partitions) {
        struct slot_range next;
        ring_view_owners(node, (uint16_t)*position, &next);
        if (!same_owners(ret, &next)) {
            break;
        }
        ret->last = next.last;
        ++*position;
    }
    return true;
}

void ring_view_id(const struct node *node, uint64_t id, char ret[RING_VIEW_ID_DIGITS + 1])
{
    snprintf(ret, RING_VIEW_ID_DIGITS + 1, "%016" PRIx64 "00000000%016" PRIx64, node_cluster(node), id);
}

void ring_view_split(const char *address, char ret_host[RING_VIEW_HOST_MAX], unsigned *ret_port)
{
    const char *colon = strrchr(address, ':');
    size_t len = colon == NULL ? strlen(address) : (size_t)(colon - address);
    if (len >= 2 && address[0] == '[' && address[len - 1] == ']') {
        address++;
        len -= 2;
    }
    snprintf(ret_host, RING_VIEW_HOST_MAX, "%.*s", (int)len, address);
    *ret_port = colon == NULL ? 0 : (unsigned)strtoul(colon + 1, NULL, 10);
}

void ring_view_client(const struct node *node, uint64_t id, char ret_host[RING_VIEW_HOST_MAX], unsigned *ret_port)
{
    const struct member *member = members_find(node_members(node), id);
    ring_view_split(member == NULL ? "" : member->client, ret_host, ret_port);
}
