#include "ring/members.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"
#include "ring/placement.h"

#define MEMBERS_CAPACITY_FIRST 8u

void members_init(struct members *members)
{
    *members = (struct members){0};
}

void members_done(struct members *members)
{
    free(members->list);
    members_init(members);
}

/* The place of the first record whose node is not below. */
static uint32_t place_of(const struct members *members, uint64_t node)
{
    uint32_t low = 0;
    uint32_t high = members->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (members->list[middle].node < node) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct members *members, uint32_t place, uint64_t node)
{
    return place < members->count && members->list[place].node == node;
}

const struct member *members_find(const struct members *members, uint64_t node)
{
    uint32_t place = place_of(members, node);
    return is_at(members, place, node) ? &members->list[place] : NULL;
}

static int compare_bytes_of(const struct member *a, const struct member *b)
{
    uint8_t raw_a[MEMBER_RECORD_MAX];
    uint8_t raw_b[MEMBER_RECORD_MAX];
    size_t len_a = member_encode(a, raw_a);
    size_t len_b = member_encode(b, raw_b);
    return bytes_compare(bytes_of(raw_a, len_a), bytes_of(raw_b, len_b));
}

/* Two records of one version come from a broken node only; the bytes decide, so that all who see both agree. */
static bool is_newer(const struct member *a, const struct member *b)
{
    return a->version != b->version ? a->version > b->version : compare_bytes_of(a, b) > 0;
}

/* The set's hash is the sum of these: it can be kept up with each merge and does not depend on the order. */
static uint64_t record_hash(const struct member *record)
{
    uint8_t raw[MEMBER_RECORD_MAX];
    size_t len = member_encode(record, raw);
    return hash_bytes(bytes_of(raw, len));
}

static int make_room(struct members *members)
{
    if (members->count >= RING_MEMBERS_MAX) {
        return GR_EBUSY;
    }
    if (members->count < members->capacity) {
        return 0;
    }
    uint32_t capacity = members->capacity == 0 ? MEMBERS_CAPACITY_FIRST : 2 * members->capacity;
    struct member *list = realloc(members->list, capacity * sizeof *list);
    if (list == NULL) {
        return GR_ENOMEM;
    }
    members->list = list;
    members->capacity = capacity;
    return 0;
}

static int insert(struct members *members, uint32_t place, struct member record)
{
    int error = make_room(members);
    if (error < 0) {
        return error;
    }
    memmove(&members->list[place + 1], &members->list[place], (members->count - place) * sizeof *members->list);
    members->list[place] = record;
    members->count++;
    members->hash += record_hash(&record);
    return 1;
}

int members_merge(struct members *members, const struct member *record)
{
    if (member_invalid(record) != NULL) {
        return GR_EINVAL;
    }
    uint32_t place = place_of(members, record->node);
    if (!is_at(members, place, record->node)) {
        return insert(members, place, *record);
    }
    struct member *held = &members->list[place];
    if (!is_newer(record, held)) {
        return 0;
    }
    members->hash += record_hash(record) - record_hash(held);
    *held = *record;
    return 1;
}

bool members_remove(struct members *members, uint64_t node)
{
    uint32_t place = place_of(members, node);
    if (!is_at(members, place, node)) {
        return false;
    }
    struct member *held = &members->list[place];
    members->hash -= record_hash(held);
    members->count--;
    memmove(held, held + 1, (members->count - place) * sizeof *held);
    return true;
}
