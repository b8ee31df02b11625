/* CLUSTER SLOTS: each run of slots with its owners. */
#include "resp/error.h"
#include "resp/handlers.h"
#include "resp/ring_view.h"
#include "resp/session_state.h"

static size_t count_ranges(const struct node *node)
{
    uint32_t position = 0;
    size_t count = 0;
    struct slot_range range;
    while (ring_view_next(node, &position, &range)) {
        count++;
    }
    return count;
}

static void write_owner(struct output *out, const struct node *node, uint64_t id)
{
    char digits[RING_VIEW_ID_DIGITS + 1], host[RING_VIEW_HOST_MAX];
    unsigned port = 0;
    ring_view_id(node, id, digits);
    ring_view_client(node, id, host, &port);
    output_array(out, 4);
    output_text(out, host);
    output_integer(out, port);
    output_text(out, digits);
    output_array(out, 0);
}

void resp_cluster_slots(struct call *call)
{
    const struct node *node = call_node(call);
    if (node_placement(node) == NULL) {
        call_error(call, ERROR_NOT_JOINED);
        return;
    }
    struct output *out = call_output(call);
    uint32_t position = 0;
    struct slot_range range;
    output_array(out, count_ranges(node));
    while (ring_view_next(node, &position, &range)) {
        output_array(out, 2u + range.owners_count);
        output_integer(out, range.first);
        output_integer(out, range.last);
        for (unsigned i = 0; i < range.owners_count; i++) {
            write_owner(out, node, range.owners[i]);
        }
    }
    call_done(call);
}
