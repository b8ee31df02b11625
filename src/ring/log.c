#include "ring/log.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"

#define LOG_CAPACITY_FIRST 16u

void ring_log_init(struct ring_log *log)
{
    *log = (struct ring_log){0};
}

void ring_log_done(struct ring_log *log)
{
    free(log->entries);
    ring_log_init(log);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* All fields, the key's first: entries that compare equal are equal (L2). */
static int compare_entries(const struct ring_entry *a, const struct ring_entry *b)
{
    int order = compare_numbers(a->stamp, b->stamp);
    order = order != 0 ? order : compare_numbers(a->node, b->node);
    order = order != 0 ? order : compare_numbers(a->incarnation, b->incarnation);
    order = order != 0 ? order : compare_numbers(a->kind, b->kind);
    order = order != 0 ? order : compare_numbers(a->weight, b->weight);
    order = order != 0 ? order : compare_numbers(a->replaces, b->replaces);
    return order != 0 ? order : strcmp(a->zone, b->zone);
}

/* The place of the first entry that is not before `entry`. */
static uint32_t place_of(const struct ring_log *log, const struct ring_entry *entry)
{
    uint32_t low = 0;
    uint32_t high = log->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare_entries(&log->entries[middle], entry) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int make_room(struct ring_log *log)
{
    if (log->count < log->capacity) {
        return 0;
    }
    uint32_t capacity = log->capacity == 0 ? LOG_CAPACITY_FIRST : 2 * log->capacity;
    struct ring_entry *entries = realloc(log->entries, capacity * sizeof *entries);
    if (entries == NULL) {
        return GR_ENOMEM;
    }
    log->entries = entries;
    log->capacity = capacity;
    return 0;
}

/* A sum, so that it can be kept up with each entry and does not depend on the order. */
static uint64_t entry_hash(const struct ring_entry *entry)
{
    uint8_t raw[RING_ENTRY_BYTES];
    ring_entry_encode(entry, raw);
    return hash_bytes(bytes_of(raw, sizeof raw));
}

int ring_log_add(struct ring_log *log, const struct ring_entry *entry)
{
    if (ring_entry_invalid(entry) != NULL) {
        return GR_EINVAL;
    }
    uint32_t place = place_of(log, entry);
    if (place < log->count && compare_entries(&log->entries[place], entry) == 0) {
        return 0;
    }
    if (log->count >= RING_LOG_MAX) {
        return GR_EBUSY;
    }
    struct ring_entry added = *entry; /* the caller's may lie in the memory that is about to move */
    int error = make_room(log);
    if (error < 0) {
        return error;
    }
    memmove(&log->entries[place + 1], &log->entries[place], (log->count - place) * sizeof *log->entries);
    log->entries[place] = added;
    log->count++;
    log->hash += entry_hash(&added);
    return 1;
}
