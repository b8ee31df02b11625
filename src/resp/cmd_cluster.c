/* CLUSTER: the small ones. The lists of nodes and slots are in cluster_nodes.c, cluster_slots.c, cluster_shards.c. */
#include "resp/handlers.h"
#include "resp/ring_view.h"
#include "resp/session_state.h"
#include "resp/text.h"
#include "ring/slot.h"

/* More keys than the host looks at for one GETKEYSINSLOT. */
#define GETKEYS_MAX 65536

void resp_cluster_myid(struct call *call)
{
    char id[RING_VIEW_ID_DIGITS + 1];
    ring_view_id(call_node(call), node_id(call_node(call)), id);
    call_bulk(call, bytes_of_text(id));
}

void resp_cluster_keyslot(struct call *call)
{
    call_integer(call, ring_slot(call_arg(call, 2)));
}

void resp_cluster_countkeysinslot(struct call *call)
{
    int64_t slot;
    if (!call_number(call, 2, &slot)) {
        return;
    }
    if (slot < 0 || slot >= RING_SLOTS) {
        call_error(call, "ERR Invalid slot");
        return;
    }
    const struct session_host *host = call_host(call);
    call_integer(call, (int64_t)host->slot_live(host->context, (uint16_t)slot));
}

struct key_list {
    struct buffer keys; /* as bulk strings */
    size_t count;
};

static void visit_key(void *visitor, struct bytes key)
{
    struct key_list *list = visitor;
    size_t before = list->keys.len;
    struct output out = output_of(&list->keys, 2);
    output_bulk(&out, key);
    if (out.failed) {
        list->keys.len = before;
    } else {
        list->count++;
    }
}

void resp_cluster_getkeysinslot(struct call *call)
{
    int64_t slot, count;
    if (!call_number(call, 2, &slot) || !call_number(call, 3, &count)) {
        return;
    }
    if (slot < 0 || slot >= RING_SLOTS || count < 0) {
        call_error(call, "ERR Invalid slot or number of keys");
        return;
    }
    struct key_list list = {0};
    buffer_init(&list.keys, SESSION_OUTPUT_MAX);
    const struct session_host *host = call_host(call);
    uint32_t max = count > GETKEYS_MAX ? GETKEYS_MAX : (uint32_t)count;
    int status = host->slot_keys(host->context, (uint16_t)slot, max, visit_key, &list);
    if (status != 0) {
        call_error(call, "IOERR the storage engine failed");
    } else {
        struct output *out = call_output(call);
        output_array(out, list.count);
        output_raw(out, buffer_bytes(&list.keys));
        call_done(call);
    }
    buffer_done(&list.keys);
}

/* Slots of which as many owners can be reached as answer a read and confirm a write. */
static unsigned slots_reachable(const struct node *node)
{
    uint32_t position = 0;
    unsigned count = 0;
    struct slot_range range;
    uint8_t r = 0, w = 0;
    node_quorum(node, &r, &w);
    unsigned wanted = r > w ? r : w;
    while (ring_view_next(node, &position, &range)) {
        unsigned needed = range.owners_count < wanted ? range.owners_count : wanted;
        if (needed > 0 && node_peer_is_up(node, range.owners[needed - 1])) { /* those that are up come first */
            count += range.last - range.first + 1u;
        }
    }
    return count;
}

void resp_cluster_info(struct call *call)
{
    const struct node *node = call_node(call);
    const struct placement *placement = node_placement(node);
    unsigned ok = placement == NULL ? 0 : slots_reachable(node);
    unsigned assigned = placement == NULL ? 0 : RING_SLOTS;
    unsigned members = placement == NULL ? 1 : placement_members(placement);
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    text_add(&text, "cluster_state:%s\r\n", ok == RING_SLOTS ? "ok" : "fail");
    text_add(&text, "cluster_slots_assigned:%u\r\n", assigned);
    text_add(&text, "cluster_slots_ok:%u\r\n", ok);
    text_add(&text, "cluster_slots_pfail:%u\r\n", assigned - ok);
    text_add(&text, "cluster_slots_fail:0\r\n");
    text_add(&text, "cluster_known_nodes:%u\r\ncluster_size:%u\r\n", members, members);
    text_add(&text, "cluster_current_epoch:0\r\ncluster_my_epoch:0\r\n");
    text_add(&text, "cluster_stats_messages_sent:0\r\ncluster_stats_messages_received:0\r\n");
    text_add(&text, "total_cluster_links_buffer_limit_exceeded:0\r\n");
    output_verbatim(call_output(call), buffer_bytes(&text));
    buffer_done(&text);
    call_done(call);
}

void resp_cluster_help(struct call *call)
{
    static const char *const lines[] = {"COUNTKEYSINSLOT <slot>",
                                        "    Count the keys of the slot whose copies are on this node.",
                                        "GETKEYSINSLOT <slot> <count>",
                                        "    Get some of them.",
                                        "INFO",
                                        "    Describe the cluster.",
                                        "KEYSLOT <key>",
                                        "    Get the slot of a key.",
                                        "MYID",
                                        "    Get the id of this node.",
                                        "NODES",
                                        "    Describe the nodes, one line each.",
                                        "SHARDS",
                                        "    Get the ranges of slots and their owners, in detail.",
                                        "SLOTS",
                                        "    Get the owners of each range of slots.",
                                        NULL};
    call_help(call, "CLUSTER", lines);
}
