/* CLUSTER SHARDS: the lists of owners there are, each with its ranges of slots. */
#include <stdlib.h>

#include "base/hash.h"
#include "resp/error.h"
#include "resp/handlers.h"
#include "resp/ring_view.h"
#include "resp/session_state.h"

/* A range of slots under the hash of its owners: sorting brings those of a shard together, in the order of slots. */
struct piece {
    uint64_t hash;
    struct slot_range range;
};

static int compare_pieces(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->hash != y->hash) {
        return x->hash < y->hash ? -1 : 1;
    }
    return (int)x->range.first - (int)y->range.first;
}

/* All ranges, sorted. NULL when out of memory. */
static struct piece *collect(const struct node *node, size_t *ret_count)
{
    struct piece *pieces = calloc(placement_partitions(node_placement(node)), sizeof *pieces);
    uint32_t position = 0;
    size_t count = 0;
    while (pieces != NULL && ring_view_next(node, &position, &pieces[count].range)) {
        const struct slot_range *range = &pieces[count].range;
        pieces[count].hash = hash_bytes(bytes_of(range->owners, range->owners_count * sizeof range->owners[0]));
        count++;
    }
    if (pieces != NULL) {
        qsort(pieces, count, sizeof *pieces, compare_pieces);
    }
    *ret_count = count;
    return pieces;
}

static size_t shard_end(const struct piece *pieces, size_t count, size_t start)
{
    size_t end = start;
    while (end < count && pieces[end].hash == pieces[start].hash) {
        end++;
    }
    return end;
}

static void write_node(struct output *out, const struct node *node, uint64_t id, bool master)
{
    char digits[RING_VIEW_ID_DIGITS + 1], host[RING_VIEW_HOST_MAX];
    unsigned port = 0;
    ring_view_id(node, id, digits);
    ring_view_client(node, id, host, &port);
    output_map(out, 7);
    output_text(out, "id");
    output_text(out, digits);
    output_text(out, "port");
    output_integer(out, port);
    output_text(out, "ip");
    output_text(out, host);
    output_text(out, "endpoint");
    output_text(out, host);
    output_text(out, "role");
    output_text(out, master ? "master" : "replica");
    output_text(out, "replication-offset");
    output_integer(out, 0);
    output_text(out, "health");
    output_text(out, node_peer_is_up(node, id) ? "online" : "fail");
}

static void write_shard(struct output *out, const struct node *node, const struct piece *pieces, size_t count)
{
    const struct slot_range *range = &pieces[0].range;
    output_map(out, 2);
    output_text(out, "slots");
    output_array(out, 2 * count);
    for (size_t i = 0; i < count; i++) {
        output_integer(out, pieces[i].range.first);
        output_integer(out, pieces[i].range.last);
    }
    output_text(out, "nodes");
    output_array(out, range->owners_count);
    for (unsigned i = 0; i < range->owners_count; i++) {
        write_node(out, node, range->owners[i], i == 0);
    }
}

static void write_shards(struct call *call, const struct piece *pieces, size_t count)
{
    struct output *out = call_output(call);
    size_t shards = 0;
    for (size_t start = 0; start < count; start = shard_end(pieces, count, start)) {
        shards++;
    }
    output_array(out, shards);
    for (size_t start = 0; start < count;) {
        size_t end = shard_end(pieces, count, start);
        write_shard(out, call_node(call), pieces + start, end - start);
        start = end;
    }
    call_done(call);
}

void resp_cluster_shards(struct call *call)
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
    write_shards(call, pieces, count);
    free(pieces);
}
