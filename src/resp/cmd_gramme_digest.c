/* GRAMME DIGEST: the roots of the trees of what this node owns, so that anybody may see whether copies are equal. */
#include <inttypes.h>
#include <stdio.h>

#include "resp/handlers.h"
#include "resp/session_state.h"

static bool owns(const struct placement *placement, uint64_t node, uint16_t partition)
{
    const uint64_t *owners = placement_owners(placement, partition);
    for (unsigned i = 0; i < placement_replicas(placement); i++) {
        if (owners[i] == node) {
            return true;
        }
    }
    return false;
}

/* Pieces are counted per replica, and a node holds at most one of each partition. */
void resp_gramme_digest(struct call *call)
{
    const struct node *node = call_node(call);
    const struct placement *placement = node_placement(node);
    struct output *out = call_output(call);
    uint32_t partitions = placement == NULL ? 0 : placement_partitions(placement);
    output_map(out, placement == NULL ? 0 : placement_pieces(placement, node_id(node)));
    for (uint32_t i = 0; i < partitions; i++) {
        if (owns(placement, node_id(node), (uint16_t)i)) {
            char digits[17];
            snprintf(digits, sizeof digits, "%016" PRIx64, node_root(node, (uint16_t)i));
            output_integer(out, i);
            output_text(out, digits);
        }
    }
    call_done(call);
}
