/* Entries and records from arbitrary bytes: what decodes must encode to the same bytes, go into a log or a set of
 * members, and fold into a valid table whatever the log says.
 *
 * The input is cut into runs, each begun by a byte that says what it is: a raw entry, a raw record, or an entry put
 * together from a few bytes, which passes the checks often enough to reach the fold.
 */
#include "base/assert.h"
#include "base/cursor.h"
#include "base/error.h"
#include "ring/life.h"
#include "ring/members.h"
#include "ring/placement.h"

#define ENTRIES_MAX 48u /* of one input, to bound the time of the fold */
#define PARTITIONS 16u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_entry(struct ring_log *log, const struct ring_entry *entry)
{
    if (log->count >= ENTRIES_MAX) {
        return;
    }
    int added = ring_log_add(log, entry);
    GR_ASSERT_EQ(added == GR_EINVAL, ring_entry_invalid(entry) != NULL);
    if (added >= 0) {
        GR_ASSERT_EQ(ring_log_add(log, entry), 0);
    }
}

static void take_raw_entry(struct reader *r, struct ring_log *log)
{
    struct bytes raw = reader_take(r, RING_ENTRY_BYTES);
    struct ring_entry entry;
    if (ring_entry_decode(raw, &entry) == 0) {
        uint8_t again[RING_ENTRY_BYTES];
        ring_entry_encode(&entry, again);
        GR_ASSERT(bytes_equal(bytes_of(again, sizeof again), raw));
        add_entry(log, &entry);
    }
}

static void take_made_entry(struct reader *r, struct ring_log *log)
{
    struct ring_entry entry = {.stamp = reader_u8(r), .node = reader_u8(r) % 32};
    uint8_t bits = reader_u8(r);
    entry.kind = bits & 7;
    entry.incarnation = bits >> 6;
    entry.weight = reader_u16(r);
    entry.zone[0] = (char)reader_u8(r);
    entry.replaces = entry.kind == RING_REPLACE ? entry.weight % 32 : 0;
    entry.weight = entry.kind == RING_REPLACE ? 0 : entry.weight;
    add_entry(log, &entry);
}

static void take_record(struct reader *r, struct members *members)
{
    struct bytes raw = reader_take(r, reader_u16(r));
    struct member record;
    if (member_decode(raw, &record) == 0) {
        uint8_t again[MEMBER_RECORD_MAX];
        size_t len = member_encode(&record, again);
        GR_ASSERT(bytes_equal(bytes_of(again, len), raw));
        GR_ASSERT_LE(0, members_merge(members, &record));
        GR_ASSERT(members_find(members, record.node) != NULL);
    }
}

static void check_table(const struct placement *table, const struct ring_log *log)
{
    struct ring_lives lives;
    GR_ASSERT_EQ(ring_lives_init(&lives, log), 0);
    for (uint32_t i = 0; i < log->count; i++) {
        ring_lives_step(&lives, &log->entries[i]);
    }
    for (unsigned i = 0; i < placement_members(table); i++) {
        uint64_t node = placement_member(table, i);
        GR_ASSERT(ring_lives_find(&lives, node)->member);
        GR_ASSERT_EQ(placement_successor(table, node), 0);
    }
    for (size_t i = 0; i < lives.count; i++) {
        GR_ASSERT_EQ(placement_successor(table, lives.list[i].node) == 0, lives.list[i].successor == 0);
    }
    ring_lives_done(&lives);
    for (uint16_t p = 0; p < PARTITIONS; p++) {
        uint64_t list[RING_MEMBERS_MAX];
        unsigned count = placement_preference(table, p, list, RING_MEMBERS_MAX);
        GR_ASSERT_EQ(count, placement_members(table));
        for (unsigned i = 0; i < count; i++) {
            for (unsigned j = 0; j < i; j++) {
                GR_ASSERT_NE(list[i], list[j]);
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ring_log log;
    struct members members;
    struct reader r = reader_of(bytes_of(data, size));
    ring_log_init(&log);
    members_init(&members);
    unsigned replicas = 1 + reader_u8(&r) % RING_REPLICAS_MAX;
    while (reader_left(&r) > 0 && !r.failed) {
        uint8_t what = reader_u8(&r);
        if (what == 0) {
            take_raw_entry(&r, &log);
        } else if (what == 1) {
            take_record(&r, &members);
        } else {
            take_made_entry(&r, &log);
        }
    }
    struct placement *table = NULL;
    GR_ASSERT_EQ(placement_build(&log, PARTITIONS, replicas, &table), 0);
    check_table(table, &log);
    placement_free(table);
    ring_log_done(&log);
    members_done(&members);
    return 0;
}
