/* Answering a co-owner that compares: roots and leaves. */
#include "base/error.h"
#include "node/internal.h"
#include "node/sync_state.h"

/* Its root is ours: that is a comparison for us, too. Not for a pair that is part of our own just now. */
static void note_equal(struct node *node, uint16_t partition, struct sync_pair *pair)
{
    if (pair->state == PAIR_RESTS) {
        pair->dirty = false;
        due_compared(node, partition, pair, false);
    }
}

/* What we share no copies of is not called equal: the question about its leaves will be refused. */
static bool is_equal(struct node *node, uint16_t partition, uint64_t from, uint64_t root)
{
    struct sync_pair *pair = due_pair(node, partition, from);
    uint32_t partitions = node->membership.partitions;
    if (pair == NULL || trees_has_doubts(&node->trees, partition, partitions) || floor_root(node, partition) != root) {
        return false;
    }
    note_equal(node, partition, pair);
    return true;
}

void roots_recv(struct node *node, uint64_t from, const struct wire_roots *message)
{
    size_t count = message->roots.len / WIRE_ROOT_BYTES;
    uint8_t *raw = arena_alloc(&node->env.scratch, count * 2 + 1);
    if (message->roots.len % WIRE_ROOT_BYTES != 0 || raw == NULL) {
        node->stats.messages_refused += raw != NULL;
        return;
    }
    struct reader r = reader_of(message->roots);
    struct writer w = writer_of(raw, count * 2);
    while (reader_left(&r) > 0) {
        uint16_t partition = reader_u16(&r);
        uint64_t root = reader_u64(&r);
        if (!is_equal(node, partition, from, root)) {
            writer_u16(&w, partition);
        }
    }
    fill_save(node);
    struct wire_roots_ack *ack = &env_send(&node->env, from, WIRE_roots_ack)->roots_ack;
    ack->request = message->request;
    ack->differing = bytes_of(raw, (size_t)(w.next - raw));
}

void tree_recv(struct node *node, uint64_t from, const struct wire_tree *message)
{
    struct bytes leaves = BYTES_EMPTY;
    int error = due_pair(node, message->partition, from) == NULL ? GR_ENOTOWNER : 0;
    if (error == 0) {
        floor_raise(node, message->partition, message->floor);
        leaves = trees_encode(&node->trees, message->partition, node->membership.partitions, &node->env.scratch);
        error = leaves.data == NULL ? GR_ENOMEM : 0;
    }
    struct wire_tree_ack *ack = &env_send(&node->env, from, WIRE_tree_ack)->tree_ack;
    ack->request = message->request;
    ack->error = (uint16_t)-error;
    ack->floor = floor_of(node, message->partition);
    ack->leaves = leaves;
}
