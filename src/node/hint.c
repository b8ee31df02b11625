#include "node/hint.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "node/internal.h"
#include "node/replica.h"

void hints_init(struct hints *hints)
{
    *hints = (struct hints){.queues = NULL};
}

void hints_done(struct hints *hints)
{
    free(hints->queues);
}

/* The place of an owner's queue, or where it would go. */
static uint32_t place_of(const struct hints *hints, uint64_t owner)
{
    uint32_t low = 0;
    uint32_t high = hints->queues_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (hints->queues[middle].owner < owner) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct hint_queue *hints_queue(struct hints *hints, uint64_t owner)
{
    uint32_t place = place_of(hints, owner);
    bool found = place < hints->queues_count && hints->queues[place].owner == owner;
    return found ? &hints->queues[place] : NULL;
}

/* NULL when out of memory: its hints are kept all the same, and delivered after the next start. */
static struct hint_queue *add_queue(struct hints *hints, uint64_t owner)
{
    if (hints->queues_count == hints->queues_capacity) {
        uint32_t capacity = hints->queues_capacity == 0 ? 8 : 2 * hints->queues_capacity;
        struct hint_queue *queues = realloc(hints->queues, capacity * sizeof *queues);
        if (queues == NULL) {
            return NULL;
        }
        hints->queues = queues;
        hints->queues_capacity = capacity;
    }
    uint32_t place = place_of(hints, owner);
    memmove(&hints->queues[place + 1], &hints->queues[place], (hints->queues_count - place) * sizeof hints->queues[0]);
    hints->queues_count++;
    hints->queues[place] = (struct hint_queue){.owner = owner, .pause_ms = HANDOFF_AGAIN_MS};
    return &hints->queues[place];
}

static void tell(struct node *node)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < node->hints.queues_count; i++) {
        count += node->hints.queues[i].count;
    }
    node->stats.hints_pending = count;
    node->stats.hints_bytes = node->hints.bytes;
}

static uint64_t less(uint64_t from, uint64_t by)
{
    return from > by ? from - by : 0;
}

static struct hint_queue *queue_of(struct hints *hints, uint64_t owner)
{
    struct hint_queue *queue = hints_queue(hints, owner);
    queue = queue == NULL ? add_queue(hints, owner) : queue;
    hints->unknown |= queue == NULL;
    return queue;
}

/* All bytes are the sum of the queues': a wrong figure for one owner's must not stay when that owner's are gone. */
static void take_bytes(struct hints *hints, struct hint_queue *queue, uint64_t bytes)
{
    bytes = bytes < queue->bytes ? bytes : queue->bytes;
    queue->bytes -= bytes;
    hints->bytes -= bytes;
}

/* While hints are still being counted, what is replaced may not be in the figures yet, and is not taken off them. */
static void add(struct node *node, struct hint_queue *queue, size_t old_bytes, size_t new_bytes)
{
    queue->changes++;
    queue->count += old_bytes == 0;
    take_bytes(&node->hints, queue, node->hints.counted ? old_bytes : 0);
    queue->bytes += new_bytes;
    node->hints.bytes += new_bytes;
    tell(node);
}

void hints_store(struct node *node, uint64_t owner, size_t old_bytes, size_t new_bytes)
{
    struct hint_queue *queue = queue_of(&node->hints, owner);
    if (queue == NULL) {
        return;
    }
    bool was_over = hints_are_over(node);
    queue->stores_open++;
    if (new_bytes > 0) {
        add(node, queue, old_bytes, new_bytes);
        node->stats.hints_stored++;
        handoff_expect(node, !was_over && hints_are_over(node));
    }
}

void hints_store_ended(struct node *node, uint64_t owner)
{
    struct hint_queue *queue = hints_queue(&node->hints, owner);
    if (queue != NULL) {
        queue->stores_open -= queue->stores_open > 0;
    }
}

void hints_are_shorter(struct node *node, uint64_t owner, size_t bytes)
{
    struct hint_queue *queue = hints_queue(&node->hints, owner);
    if (queue != NULL) {
        take_bytes(&node->hints, queue, bytes);
        tell(node);
    }
}

void hints_removed(struct node *node, uint64_t owner, size_t bytes)
{
    struct hint_queue *queue = hints_queue(&node->hints, owner);
    if (queue != NULL) {
        queue->count = less(queue->count, 1);
        take_bytes(&node->hints, queue, queue->count > 0 ? bytes : queue->bytes);
        tell(node);
    }
}

void hints_counted(struct node *node, uint64_t owner, size_t bytes)
{
    struct hint_queue *queue = queue_of(&node->hints, owner);
    if (queue != NULL) {
        add(node, queue, 0, bytes);
    }
}

void hints_forget(struct node *node, uint64_t owner)
{
    struct hint_queue *queue = hints_queue(&node->hints, owner);
    if (queue != NULL) {
        take_bytes(&node->hints, queue, queue->bytes);
        queue->count = 0;
        tell(node);
    }
}

bool hints_have_room(const struct node *node, size_t old_bytes, size_t new_bytes)
{
    uint64_t bytes = less(node->hints.bytes, old_bytes) + new_bytes;
    bool fits = node->hints.counted && bytes <= node->config.hints_bytes_max;
    return fits || CANARY(node, CANARY_HINTS_UNBOUNDED);
}

bool hints_are_over(const struct node *node)
{
    return node->hints.bytes > node->config.hints_bytes_max;
}

bool hints_are_none(const struct hints *hints)
{
    for (uint32_t i = 0; i < hints->queues_count; i++) {
        if (hints->queues[i].count > 0) {
            return false;
        }
    }
    return hints->counted && !hints->unknown;
}

bool hints_touch(const struct node *node, uint16_t partition)
{
    if (!node->hints.counted || node->hints.unknown) {
        return true;
    }
    for (uint32_t i = 0; i < node->hints.queues_count; i++) {
        const struct hint_queue *queue = &node->hints.queues[i];
        bool is_member = membership_has(&node->membership, queue->owner);
        if (queue->count > 0 &&
            (!is_member || placement_owner_place(node->membership.placement, partition, queue->owner) >= 0)) {
            return true;
        }
    }
    return false;
}

void hint_keep(struct node *node, uint64_t owner, uint16_t slot, struct bytes key, struct blob *object)
{
    bool may_fit = hints_have_room(node, object->len, object->len); /* what is there, if anything, is not read yet */
    if (!may_fit || replica_keep_hint(node, owner, slot, key, blob_bytes(object)) != 0) {
        hint_dropped(node, slot);
    }
}

void hint_dropped(struct node *node, uint16_t slot)
{
    node->stats.hints_dropped++;
    sync_dirty(node, ring_partition(slot, node->membership.partitions));
}
