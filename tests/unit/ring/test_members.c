#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hlc.h"
#include "base/rng.h"
#include "ring/members.h"
#include "ring/placement.h"

#define RECORDS 60

static struct member record_of(uint64_t node, uint64_t version)
{
    struct member record = {.node = node, .version = version};
    snprintf(record.client, sizeof record.client, "10.0.0.%u:6379", (unsigned)(node % 250));
    snprintf(record.peer, sizeof record.peer, "node-%u.example:%u", (unsigned)node, (unsigned)(version % 60000 + 1));
    return record;
}

static void newest_record_wins(void **state)
{
    (void)state;
    struct members members;
    members_init(&members);
    struct member old = record_of(7, 1);
    struct member new = record_of(7, 2);
    new.flags = MEMBER_HOLDS_DATA;
    assert_null(members_find(&members, 7));
    assert_int_equal(members_merge(&members, &old), 1);
    assert_int_equal(members_merge(&members, &old), 0);
    assert_int_equal(members_merge(&members, &new), 1);
    assert_int_equal(members_merge(&members, &old), 0);
    assert_int_equal(members_find(&members, 7)->version, 2);
    assert_int_equal(members_find(&members, 7)->flags, MEMBER_HOLDS_DATA);
    assert_null(members_find(&members, 8));
    members_done(&members);
}

static void a_removed_record_leaves_no_trace(void **state)
{
    (void)state;
    struct members members;
    members_init(&members);
    struct member records[3] = {record_of(7, 1), record_of(8, 1), record_of(9, 1)};
    members_merge(&members, &records[0]);
    members_merge(&members, &records[2]);
    uint64_t hash = members.hash;
    members_merge(&members, &records[1]);
    assert_true(members_remove(&members, 8));
    assert_false(members_remove(&members, 8));
    assert_null(members_find(&members, 8));
    assert_int_equal(members.count, 2);
    assert_int_equal(members.hash, hash);
    assert_string_equal(members_find(&members, 9)->client, records[2].client);
    members_done(&members);
}

/* Some records of one version differ: whoever sees both must still come to the same. */
static void any_order_of_arrival_gives_the_same_set(void **state)
{
    (void)state;
    struct rng rng;
    struct member records[RECORDS];
    uint64_t hash = 0;
    rng_init(&rng, 3);
    for (unsigned i = 0; i < RECORDS; i++) {
        records[i] = record_of(rng_between(&rng, 1, 15), rng_between(&rng, 1, 3));
        records[i].flags = (uint32_t)rng_below(&rng, 4);
    }
    for (unsigned round = 0; round < 20; round++) {
        struct members members;
        members_init(&members);
        for (unsigned i = 0; i < 20 * RECORDS; i++) {
            assert_in_range(members_merge(&members, &records[rng_below(&rng, RECORDS)]), 0, 1);
        }
        for (unsigned i = 0; i < RECORDS; i++) {
            assert_in_range(members_merge(&members, &records[i]), 0, 1);
        }
        for (uint32_t i = 1; i < members.count; i++) {
            assert_true(members.list[i - 1].node < members.list[i].node);
        }
        assert_true(round == 0 || members.hash == hash);
        hash = members.hash;
        members_done(&members);
    }
}

static void number_of_members_is_bounded(void **state)
{
    (void)state;
    struct members members;
    members_init(&members);
    for (uint64_t node = 1; node <= RING_MEMBERS_MAX; node++) {
        struct member record = record_of(node, 1);
        assert_int_equal(members_merge(&members, &record), 1);
    }
    struct member more = record_of(RING_MEMBERS_MAX + 1, 1);
    struct member newer = record_of(5, 2);
    assert_int_equal(members_merge(&members, &more), GR_EBUSY);
    assert_int_equal(members_merge(&members, &newer), 1);
    members_done(&members);
}

static void records_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {"nowhere", ":6379", "host:", "host:port", "ho st:1", "host:123456", "a:1\n"};
    static const char *const good[] = {"", "127.0.0.1:1", "[::1]:6379", "node.example:65535"};
    struct members members;
    struct member stranger = record_of(0, 1);
    members_init(&members);
    assert_int_equal(members_merge(&members, &stranger), GR_EINVAL);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct member record = record_of(1, 1);
        snprintf(record.http, sizeof record.http, "%s", bad[i]);
        assert_int_equal(members_merge(&members, &record), GR_EINVAL);
    }
    for (unsigned i = 0; i < sizeof good / sizeof *good; i++) {
        struct member record = record_of(1, 1);
        snprintf(record.http, sizeof record.http, "%s", good[i]);
        assert_null(member_invalid(&record));
    }
    struct member endless = record_of(1, 1);
    memset(endless.peer, 'p', sizeof endless.peer);
    assert_non_null(member_invalid(&endless));
    struct member beyond = record_of(1, HLC_OUTSIDE_MAX + 1);
    assert_non_null(member_invalid(&beyond));
    assert_int_equal(members.count, 0);
    members_done(&members);
}

static void record_survives_encoding(void **state)
{
    (void)state;
    struct member record = record_of(7, HLC_OUTSIDE_MAX);
    record.flags = 0x80000001;
    memset(record.http, 'h', MEMBER_ADDRESS_MAX - 2);
    memcpy(record.http + MEMBER_ADDRESS_MAX - 2, ":1", 2);
    uint8_t raw[MEMBER_RECORD_MAX];
    struct member decoded;
    size_t len = member_encode(&record, raw);
    assert_true(len <= MEMBER_RECORD_MAX);
    assert_int_equal(member_decode(bytes_of(raw, len), &decoded), 0);
    assert_int_equal(decoded.node, record.node);
    assert_int_equal(decoded.version, record.version);
    assert_int_equal(decoded.flags, record.flags);
    assert_string_equal(decoded.client, record.client);
    assert_string_equal(decoded.peer, record.peer);
    assert_string_equal(decoded.http, record.http);
}

static void corrupt_records_are_refused(void **state)
{
    (void)state;
    struct member record = record_of(7, 3);
    struct member untouched = {.node = 42};
    uint8_t raw[MEMBER_RECORD_MAX + 1];
    size_t len = member_encode(&record, raw);
    raw[len] = 0;
    for (size_t cut = 0; cut <= len + 1; cut++) {
        int expected = cut == len ? 0 : GR_ECORRUPT;
        struct member decoded;
        assert_int_equal(member_decode(bytes_of(raw, cut), &decoded), expected);
    }
    for (size_t bit = 0; bit < 8 * len; bit++) {
        raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(member_decode(bytes_of(raw, len), &untouched), GR_ECORRUPT);
        raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(untouched.node, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_record_wins),
        cmocka_unit_test(a_removed_record_leaves_no_trace),
        cmocka_unit_test(any_order_of_arrival_gives_the_same_set),
        cmocka_unit_test(number_of_members_is_bounded),
        cmocka_unit_test(records_are_checked),
        cmocka_unit_test(record_survives_encoding),
        cmocka_unit_test(corrupt_records_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
