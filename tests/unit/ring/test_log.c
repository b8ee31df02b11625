#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "ring/log.h"
#include "unit/ring/cells.h"

#define ENTRIES 200

static void random_entries(struct rng *rng, struct ring_entry *ret)
{
    struct ring_log log;
    ring_log_init(&log);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        cell_churn(&log, rng, i / 3 + 1, 1000, 3);
    }
    memcpy(ret, log.entries, ENTRIES * sizeof *ret);
    ring_log_done(&log);
}

static void shuffle(struct rng *rng, struct ring_entry *entries, unsigned count)
{
    for (unsigned i = count; i > 1; i--) {
        unsigned other = (unsigned)rng_below(rng, i);
        struct ring_entry held = entries[i - 1];
        entries[i - 1] = entries[other];
        entries[other] = held;
    }
}

static void any_order_of_arrival_gives_the_same_set(void **state)
{
    (void)state;
    struct rng rng;
    struct ring_entry entries[ENTRIES];
    struct ring_log sorted;
    rng_init(&rng, 5);
    ring_log_init(&sorted);
    random_entries(&rng, entries);
    for (unsigned i = 0; i < ENTRIES; i++) {
        cell_add(&sorted, entries[i]);
    }
    for (unsigned round = 0; round < 20; round++) {
        struct ring_log log;
        ring_log_init(&log);
        shuffle(&rng, entries, ENTRIES);
        for (unsigned i = 0; i < ENTRIES; i++) {
            assert_int_equal(ring_log_add(&log, &entries[i]), 1);
            assert_int_equal(ring_log_add(&log, &entries[rng_below(&rng, i + 1)]), 0);
        }
        assert_int_equal(log.count, ENTRIES);
        assert_int_equal(log.hash, sorted.hash);
        for (unsigned i = 0; i < ENTRIES; i++) {
            uint8_t a[RING_ENTRY_BYTES];
            uint8_t b[RING_ENTRY_BYTES];
            ring_entry_encode(&log.entries[i], a);
            ring_entry_encode(&sorted.entries[i], b);
            assert_memory_equal(a, b, sizeof a);
        }
        ring_log_done(&log);
    }
    ring_log_done(&sorted);
}

static void hash_tells_sets_apart(void **state)
{
    (void)state;
    struct ring_log a;
    struct ring_log b;
    ring_log_init(&a);
    ring_log_init(&b);
    assert_int_equal(a.hash, b.hash);
    cell_add(&a, cell_join(1, 7, 1, "x"));
    assert_true(a.hash != b.hash);
    cell_add(&b, cell_join(1, 7, 1, "y"));
    assert_true(a.hash != b.hash);
    cell_add(&a, cell_join(1, 7, 1, "y"));
    cell_add(&b, cell_join(1, 7, 1, "x"));
    assert_int_equal(a.hash, b.hash);
    assert_int_equal(a.count, 2);
    assert_string_equal(a.entries[0].zone, "x");
    assert_string_equal(b.entries[0].zone, "x");
    ring_log_done(&a);
    ring_log_done(&b);
}

static void membership_follows_joins_and_leaves(void **state)
{
    (void)state;
    struct ring_log log;
    ring_log_init(&log);
    assert_false(cell_is_member(&log, 7));
    cell_add(&log, cell_change(1, 7, RING_LEAVE));
    assert_false(cell_is_member(&log, 7));
    cell_add(&log, cell_join(10, 7, 1, ""));
    assert_true(cell_is_member(&log, 7));
    assert_false(cell_is_member(&log, 8));
    struct ring_entry weight = cell_change(15, 7, RING_WEIGHT);
    weight.weight = 5;
    cell_add(&log, weight);
    assert_true(cell_is_member(&log, 7));
    cell_add(&log, cell_change(20, 7, RING_LEAVE));
    assert_false(cell_is_member(&log, 7));
    cell_add(&log, cell_change(5, 7, RING_LEAVE)); /* late, but before the JOIN */
    cell_add(&log, cell_join(30, 7, 1, ""));
    assert_true(cell_is_member(&log, 7));
    ring_log_done(&log);
}

static void leave_of_an_earlier_incarnation_is_stale(void **state)
{
    (void)state;
    struct ring_log log;
    struct ring_entry again = cell_join(10, 7, 1, "");
    again.incarnation = 2;
    ring_log_init(&log);
    cell_add(&log, again);
    struct ring_entry leave = cell_change(20, 7, RING_LEAVE);
    leave.incarnation = 1;
    cell_add(&log, leave);
    assert_true(cell_is_member(&log, 7));
    leave.incarnation = 2;
    cell_add(&log, leave);
    assert_false(cell_is_member(&log, 7));
    again.stamp = 30;
    again.incarnation = 1;
    cell_add(&log, again);
    assert_false(cell_is_member(&log, 7));
    ring_log_done(&log);
}

static void entries_are_checked(void **state)
{
    (void)state;
    struct ring_entry good = cell_join(1, 7, 1, "a");
    assert_null(ring_entry_invalid(&good));
    struct ring_entry bad[9];
    for (unsigned i = 0; i < 9; i++) {
        bad[i] = good;
    }
    bad[0].node = 0;
    bad[1].kind = 0;
    bad[2].kind = RING_REPLACE + 1;
    bad[3].weight = 0;
    memset(bad[4].zone, 'z', sizeof bad[4].zone);
    bad[5].zone[0] = ' ';
    bad[6].kind = RING_LEAVE;
    bad[7].kind = RING_WEIGHT;
    bad[8].kind = RING_ZONE;
    struct ring_log log;
    ring_log_init(&log);
    for (unsigned i = 0; i < 9; i++) {
        assert_non_null(ring_entry_invalid(&bad[i]));
        assert_int_equal(ring_log_add(&log, &bad[i]), GR_EINVAL);
    }
    assert_int_equal(log.count, 0);
    memset(good.zone, 'z', RING_ZONE_MAX);
    assert_null(ring_entry_invalid(&good));
    ring_log_done(&log);
}

static void replacements_are_checked(void **state)
{
    (void)state;
    struct ring_entry good = cell_replace(1, 8, 7, "");
    assert_null(ring_entry_invalid(&good));
    memset(good.zone, 'z', RING_ZONE_REPLACE_MAX);
    assert_null(ring_entry_invalid(&good));
    struct ring_entry bad[5] = {good, good, good, good, good};
    bad[0].replaces = 0;
    bad[1].replaces = bad[1].node;
    bad[2].weight = 1;
    bad[3].zone[RING_ZONE_REPLACE_MAX] = 'z';
    bad[4] = cell_join(1, 8, 1, "");
    bad[4].replaces = 7;
    for (unsigned i = 0; i < 5; i++) {
        assert_non_null(ring_entry_invalid(&bad[i]));
    }
}

static void log_is_bounded(void **state)
{
    (void)state;
    struct ring_log log;
    ring_log_init(&log);
    for (uint32_t i = 0; i < RING_LOG_MAX; i++) {
        cell_add(&log, cell_join(i, 1 + i, 1, ""));
    }
    struct ring_entry more = cell_join(RING_LOG_MAX, 1, 1, "");
    assert_int_equal(ring_log_add(&log, &more), GR_EBUSY);
    assert_int_equal(ring_log_add(&log, &log.entries[5]), 0);
    ring_log_done(&log);
}

static void entry_survives_encoding(void **state)
{
    (void)state;
    struct rng rng;
    struct ring_entry entries[ENTRIES];
    rng_init(&rng, 9);
    random_entries(&rng, entries);
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint8_t raw[RING_ENTRY_BYTES];
        uint8_t again[RING_ENTRY_BYTES];
        struct ring_entry decoded;
        entries[i].incarnation = (uint32_t)rng_next(&rng);
        ring_entry_encode(&entries[i], raw);
        assert_int_equal(ring_entry_decode(bytes_of(raw, sizeof raw), &decoded), 0);
        ring_entry_encode(&decoded, again);
        assert_memory_equal(raw, again, sizeof raw);
        assert_int_equal(decoded.stamp, entries[i].stamp);
        assert_int_equal(decoded.node, entries[i].node);
        assert_int_equal(decoded.weight, entries[i].weight);
        assert_string_equal(decoded.zone, entries[i].zone);
    }
}

/* Part of the disk and wire formats: these bytes may never change. */
static void entry_bytes_are_pinned(void **state)
{
    (void)state;
    struct ring_entry entry = cell_join(0x1122334455667788, 0x99, 513, "rack-1");
    entry.incarnation = 3;
    uint8_t raw[RING_ENTRY_BYTES];
    ring_entry_encode(&entry, raw);
    const uint8_t expected[24] = {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x99, 0, 0, 0,
                                  0,    0,    0,    0,    3,    0,    0,    0,    1,    6, 1, 2};
    assert_memory_equal(raw, expected, sizeof expected);
    assert_memory_equal(raw + 24, "rack-1\0\0", 8);
    entry = cell_replace(0x1122334455667788, 0x99, 0xa1a2a3a4a5a6a7a8, "twenty-four-bytes-of-zone");
    entry.zone[RING_ZONE_REPLACE_MAX] = '\0';
    ring_entry_encode(&entry, raw);
    const uint8_t old[8] = {0xa8, 0xa7, 0xa6, 0xa5, 0xa4, 0xa3, 0xa2, 0xa1};
    assert_int_equal(raw[20], RING_REPLACE);
    assert_memory_equal(raw + 24, "twenty-four-bytes-of-zon", 24);
    assert_memory_equal(raw + 48, old, sizeof old);
    struct ring_entry decoded;
    assert_int_equal(ring_entry_decode(bytes_of(raw, sizeof raw), &decoded), 0);
    assert_int_equal(decoded.replaces, entry.replaces);
    assert_string_equal(decoded.zone, entry.zone);
}

static void corrupt_entries_are_refused(void **state)
{
    (void)state;
    struct ring_entry entry = cell_join(1, 7, 1, "rack");
    struct ring_entry untouched = {.node = 42};
    uint8_t raw[RING_ENTRY_BYTES];
    ring_entry_encode(&entry, raw);
    for (size_t len = 0; len < sizeof raw; len++) {
        assert_int_equal(ring_entry_decode(bytes_of(raw, len), &untouched), GR_ECORRUPT);
    }
    for (unsigned bit = 0; bit < 8 * sizeof raw; bit++) {
        raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(ring_entry_decode(bytes_of(raw, sizeof raw), &untouched), GR_ECORRUPT);
        raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(untouched.node, 42);
    assert_int_equal(ring_entry_decode(bytes_of(raw, sizeof raw), &untouched), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_arrival_gives_the_same_set),
        cmocka_unit_test(hash_tells_sets_apart),
        cmocka_unit_test(membership_follows_joins_and_leaves),
        cmocka_unit_test(leave_of_an_earlier_incarnation_is_stale),
        cmocka_unit_test(entries_are_checked),
        cmocka_unit_test(replacements_are_checked),
        cmocka_unit_test(log_is_bounded),
        cmocka_unit_test(entry_survives_encoding),
        cmocka_unit_test(entry_bytes_are_pinned),
        cmocka_unit_test(corrupt_entries_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
