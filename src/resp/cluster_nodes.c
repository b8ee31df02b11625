/* CLUSTER NODES: one line a member, in Redis's format. */
#include <stdlib.h>

#include "resp/error.h"
#include "resp/handlers.h"
#include "resp/ring_view.h"
#include "resp/session_state.h"
#include "resp/text.h"

/* A range of slots under its master: sorted they stand in the order of placement_member, each member's by slot. */
struct piece {
    uint64_t master;
    uint16_t first, last;
};

static int compare_pieces(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->master != y->master) {
        return x->master < y->master ? -1 : 1;
    }
    return (int)x->first - (int)y->first;
}

/* All ranges, sorted; the caller frees them. NULL when out of memory. */
static struct piece *collect(const struct node *node, size_t *ret_count)
{
    struct piece *pieces = calloc(placement_partitions(node_placement(node)), sizeof *pieces);
    uint32_t position = 0;
    size_t count = 0;
    struct slot_range range;
    while (pieces != NULL && ring_view_next(node, &position, &range)) {
        pieces[count++] = (struct piece){range.owners[0], range.first, range.last};
    }
    if (pieces != NULL) {
        qsort(pieces, count, sizeof *pieces, compare_pieces);
    }
    *ret_count = count;
    return pieces;
}

/* The member's pieces, at the front of those given, as runs. Returns how many there were. */
static size_t add_slots(struct buffer *text, const struct piece *pieces, size_t count, uint64_t master)
{
    size_t used = 0;
    while (used < count && pieces[used].master == master) {
        unsigned first = pieces[used].first;
        unsigned last = pieces[used++].last;
        while (used < count && pieces[used].master == master && pieces[used].first == last + 1) {
            last = pieces[used++].last;
        }
        text_add(text, first == last ? " %u" : " %u-%u", first, last);
    }
    return used;
}

static void add_member(struct buffer *text, const struct node *node, uint64_t id)
{
    char digits[RING_VIEW_ID_DIGITS + 1], host[RING_VIEW_HOST_MAX], peer_host[RING_VIEW_HOST_MAX];
    unsigned port = 0, peer_port = 0;
    const struct member *member = members_find(node_members(node), id);
    bool up = node_peer_is_up(node, id);
    ring_view_id(node, id, digits);
    ring_view_client(node, id, host, &port);
    ring_view_split(member == NULL ? "" : member->peer, peer_host, &peer_port);
    text_add(text, "%s %s:%u@%u %smaster%s - 0 0 0 %s", digits, host, port, peer_port,
             id == node_id(node) ? "myself," : "", up ? "" : ",fail?", up ? "connected" : "disconnected");
}

static void add_members(struct buffer *text, const struct node *node, const struct piece *pieces, size_t count)
{
    const struct placement *placement = node_placement(node);
    size_t used = 0;
    for (unsigned i = 0; i < placement_members(placement); i++) {
        uint64_t id = placement_member(placement, i);
        add_member(text, node, id);
        used += add_slots(text, pieces + used, count - used, id);
        text_add(text, "\n");
    }
}

void resp_cluster_nodes(struct call *call)
{
    const struct node *node = call_node(call);
    if (node_placement(node) == NULL) {
        call_error(call, ERROR_NOT_JOINED);
        return;
    }
    size_t count = 0;
    struct piece *pieces = collect(node, &count);
    if (pieces == NULL) {
        call_error(call, ERROR_NO_MEMORY);
        return;
    }
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    add_members(&text, node, pieces, count);
    free(pieces);
    output_verbatim(call_output(call), buffer_bytes(&text));
    buffer_done(&text);
    call_done(call);
}
