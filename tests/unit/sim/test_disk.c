#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "sim/disk.h"

#define LAG_US 1000u

static void submit(struct disk *disk, unsigned key, const char *text, int status)
{
    struct blob *value = text == NULL ? NULL : blob_copy(bytes_of_text(text));
    disk_submit(
        disk, &(struct disk_write){
                  .value = value, .key = (uint8_t)key, .status = status, .live_delta = 1, .traceless = value == NULL});
    blob_unref(value);
}

static bool holds(const struct disk *disk, unsigned key, const char *text)
{
    const struct blob *value = disk_read(disk, 0, key, false);
    return text == NULL ? value == NULL : value != NULL && bytes_equal(blob_bytes(value), bytes_of_text(text));
}

static void a_write_shows_when_completed(void **state)
{
    (void)state;
    struct disk disk;
    disk_init(&disk, 0);
    submit(&disk, 3, "one", 0);
    assert_true(holds(&disk, 3, NULL));
    assert_int_equal(disk_live(&disk, 3), 0);
    assert_non_null(disk_read(&disk, 0, 3, true));
    assert_int_equal(disk_complete(&disk, 10)->status, 0);
    assert_true(holds(&disk, 3, "one"));
    assert_int_equal(disk_live(&disk, 3), 1);
    assert_true(disk_is_quiet(&disk));
    disk_done(&disk);
}

/* D2 under sync: what was completed stays, of the rest a prefix. */
static void a_power_cut_keeps_what_is_synced(void **state)
{
    (void)state;
    bool seen_gone = false;
    bool seen_kept = false;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct disk disk;
        struct rng rng;
        rng_init(&rng, seed);
        disk_init(&disk, 0);
        submit(&disk, 0, "safe", 0);
        disk_complete(&disk, 10);
        submit(&disk, 0, "second", 0);
        submit(&disk, 0, "third", 0);
        assert_false(disk_crash(&disk, &rng, 20, true));
        assert_true(holds(&disk, 0, "safe") || holds(&disk, 0, "second") || holds(&disk, 0, "third"));
        seen_gone = seen_gone || holds(&disk, 0, "safe");
        seen_kept = seen_kept || holds(&disk, 0, "third");
        disk_done(&disk);
    }
    assert_true(seen_gone && seen_kept);
}

/* D2 when buffered: a process may die, a power cut takes what is young. */
static void a_power_cut_takes_the_page_cache(void **state)
{
    (void)state;
    bool seen_lost = false;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct disk disk;
        struct rng rng;
        rng_init(&rng, seed);
        disk_init(&disk, LAG_US);
        submit(&disk, 0, "old", 0);
        disk_complete(&disk, 10);
        submit(&disk, 0, "young", 0);
        disk_complete(&disk, 10 + LAG_US);
        bool lost = disk_crash(&disk, &rng, 11 + LAG_US, true);
        assert_true(holds(&disk, 0, lost ? "old" : "young"));
        seen_lost = seen_lost || lost;
        disk_done(&disk);
    }
    assert_true(seen_lost);
}

static void a_power_cut_tells_which_keys_lost(void **state)
{
    (void)state;
    bool seen_lost = false;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct disk disk;
        struct rng rng;
        rng_init(&rng, seed);
        disk_init(&disk, LAG_US);
        submit(&disk, 3, "old", 0);
        disk_complete(&disk, 10);
        submit(&disk, 7, "young", 0);
        submit(&disk, 9, NULL, GR_ENOSPC);
        disk_complete(&disk, 10 + LAG_US);
        disk_complete(&disk, 10 + LAG_US);
        uint64_t lost = disk_crash(&disk, &rng, 11 + LAG_US, true);
        assert_int_equal(lost, holds(&disk, 7, "young") ? 0 : 1u << 7);
        seen_lost = seen_lost || lost != 0;
        disk_done(&disk);
    }
    assert_true(seen_lost);
}

/* What failed is in view until its failure is known. */
static void all_under_way_is_in_view(void **state)
{
    (void)state;
    struct disk disk;
    disk_init(&disk, 0);
    submit(&disk, 3, "old", 0);
    disk_complete(&disk, 10);
    struct blob *asked = blob_copy(bytes_of_text("failing"));
    disk_submit(&disk, &(struct disk_write){.asked = asked, .key = 3, .status = GR_ENOSPC, .traceless = true});
    uint32_t cursor = 0;
    assert_true(bytes_equal(blob_bytes(disk_next_view(&disk, 3, false, &cursor)), bytes_of_text("old")));
    assert_ptr_equal(disk_next_view(&disk, 3, false, &cursor), asked);
    assert_null(disk_next_view(&disk, 3, false, &cursor));
    cursor = 0;
    assert_null(disk_next_view(&disk, 4, false, &cursor));
    blob_unref(asked);
    disk_complete(&disk, 20);
    cursor = 0;
    assert_non_null(disk_next_view(&disk, 3, false, &cursor));
    assert_null(disk_next_view(&disk, 3, false, &cursor));
    disk_done(&disk);
}

static void a_dead_process_loses_nothing_completed(void **state)
{
    (void)state;
    struct disk disk;
    struct rng rng;
    rng_init(&rng, 1);
    disk_init(&disk, LAG_US);
    submit(&disk, 0, "young", 0);
    disk_complete(&disk, 10);
    assert_false(disk_crash(&disk, &rng, 11, false));
    assert_true(holds(&disk, 0, "young"));
    disk_done(&disk);
}

static void a_failed_write_changes_nothing(void **state)
{
    (void)state;
    struct disk disk;
    disk_init(&disk, 0);
    submit(&disk, 0, NULL, GR_ENOSPC);
    assert_true(disk_is_failing(&disk, 0, 0));
    assert_false(disk_is_failing(&disk, 0, 1));
    assert_int_equal(disk_complete(&disk, 10)->status, GR_ENOSPC);
    assert_false(disk_is_failing(&disk, 0, 0));
    assert_true(holds(&disk, 0, NULL));
    assert_int_equal(disk_live(&disk, 0), 0);
    disk_done(&disk);
}

#define OWNER 77u

static void store(struct disk *disk, uint64_t owner, const char *text, uint64_t leaf_delta, bool traceless)
{
    struct blob *value = text == NULL ? NULL : blob_copy(bytes_of_text(text));
    disk_submit(disk, &(struct disk_write){.value = value,
                                           .owner = owner,
                                           .key = 5,
                                           .slot = 9,
                                           .leaf = 3,
                                           .leaf_delta = leaf_delta,
                                           .traceless = traceless});
    blob_unref(value);
}

static void hints_are_kept_apart(void **state)
{
    (void)state;
    struct disk disk;
    struct rng rng;
    rng_init(&rng, 1);
    disk_init(&disk, LAG_US);
    store(&disk, OWNER, "hint", 0, false);
    disk_complete(&disk, 10);
    uint32_t cursor = 0;
    struct disk_hint hint;
    assert_true(holds(&disk, 5, NULL));
    assert_true(disk_next_hint(&disk, &cursor, &hint));
    assert_int_equal(hint.owner, OWNER);
    assert_int_equal(hint.key, 5);
    assert_false(disk_next_hint(&disk, &cursor, &hint));
    assert_false(disk_crash(&disk, &rng, 20, false));
    uint64_t bytes;
    assert_int_equal(disk_hints(&disk, &bytes), 1);
    assert_int_equal(bytes, 4);
    store(&disk, OWNER, NULL, 0, false);
    assert_null(disk_read(&disk, OWNER, 5, true));
    assert_int_equal(disk_hints(&disk, &bytes), 1);
    disk_complete(&disk, 30);
    assert_int_equal(disk_hints(&disk, &bytes), 0);
    assert_int_equal(bytes, 0);
    disk_done(&disk);
}

static uint64_t kept(const struct disk *disk, unsigned leaf)
{
    uint64_t leaves[LEAVES];
    disk_kept(disk, 9, leaves);
    return leaves[leaf];
}

/* D4: whatever a crash takes, the leaf is the sum of what is there. */
static void a_leaf_goes_with_its_value(void **state)
{
    (void)state;
    bool seen_gone = false;
    bool seen_kept = false;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct disk disk;
        struct rng rng;
        rng_init(&rng, seed);
        disk_init(&disk, LAG_US);
        store(&disk, 0, "one", 1, false);
        disk_complete(&disk, 10);
        assert_int_equal(kept(&disk, 3), 1);
        store(&disk, 0, "nothing", 100, true);
        disk_complete(&disk, 20);
        assert_int_equal(kept(&disk, 3), 1);
        store(&disk, 0, NULL, (uint64_t)-1, false);
        disk_crash(&disk, &rng, 30, true);
        size_t count;
        const struct leaf_sum *leaves = disk_leaves(&disk, &count);
        assert_int_equal(count, holds(&disk, 5, "one") ? 1 : 0);
        assert_true(count == 0 || (leaves[0].slot == 9 && leaves[0].leaf == 3 && leaves[0].sum == 1));
        seen_gone = seen_gone || count == 0;
        seen_kept = seen_kept || count == 1;
        disk_done(&disk);
    }
    assert_true(seen_gone && seen_kept);
}

static void a_mend_adds_to_the_leaves(void **state)
{
    (void)state;
    struct disk disk;
    uint64_t delta[LEAVES] = {[3] = 5, [4] = 7};
    struct blob *mend = blob_copy(bytes_of(delta, sizeof delta));
    disk_init(&disk, 0);
    store(&disk, 0, "one", 1, false);
    disk_submit(&disk, &(struct disk_write){.slot = 9, .mend = mend});
    blob_unref(mend);
    disk_complete(&disk, 10);
    disk_complete(&disk, 10);
    assert_int_equal(kept(&disk, 3), 6);
    assert_int_equal(kept(&disk, 4), 7);
    assert_true(holds(&disk, 5, "one"));
    disk_done(&disk);
}

static void rot_flips_one_bit(void **state)
{
    (void)state;
    struct disk disk;
    struct rng rng;
    rng_init(&rng, 3);
    disk_init(&disk, 0);
    assert_false(disk_rot(&disk, &rng, 0, 5));
    store(&disk, 0, "one", 1, false);
    disk_complete(&disk, 10);
    struct blob *before = blob_ref(disk_read(&disk, 0, 5, false));
    assert_true(disk_rot(&disk, &rng, 0, 5));
    const struct blob *after = disk_read(&disk, 0, 5, false);
    unsigned flipped = 0;
    for (uint32_t i = 0; i < 3; i++) {
        flipped += (unsigned)__builtin_popcount(before->data[i] ^ after->data[i]);
    }
    assert_int_equal(flipped, 1);
    blob_unref(before);
    disk_done(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_shows_when_completed),
        cmocka_unit_test(a_power_cut_keeps_what_is_synced),
        cmocka_unit_test(a_power_cut_takes_the_page_cache),
        cmocka_unit_test(a_failed_write_changes_nothing),
        cmocka_unit_test(a_dead_process_loses_nothing_completed),
        cmocka_unit_test(a_power_cut_tells_which_keys_lost),
        cmocka_unit_test(all_under_way_is_in_view),
        cmocka_unit_test(hints_are_kept_apart),
        cmocka_unit_test(a_leaf_goes_with_its_value),
        cmocka_unit_test(a_mend_adds_to_the_leaves),
        cmocka_unit_test(rot_flips_one_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
