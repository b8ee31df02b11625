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
    disk_submit(disk, &(struct disk_write){.value = value, .key = (uint8_t)key, .status = status, .live_delta = 1});
    blob_unref(value);
}

static bool holds(const struct disk *disk, unsigned key, const char *text)
{
    const struct blob *value = disk_read(disk, key, false);
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
    assert_non_null(disk_read(&disk, 3, true));
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
    disk_submit(&disk, &(struct disk_write){.asked = asked, .key = 3, .status = GR_ENOSPC});
    uint32_t cursor = 0;
    assert_true(bytes_equal(blob_bytes(disk_next_view(&disk, 3, &cursor)), bytes_of_text("old")));
    assert_ptr_equal(disk_next_view(&disk, 3, &cursor), asked);
    assert_null(disk_next_view(&disk, 3, &cursor));
    cursor = 0;
    assert_null(disk_next_view(&disk, 4, &cursor));
    blob_unref(asked);
    disk_complete(&disk, 20);
    cursor = 0;
    assert_non_null(disk_next_view(&disk, 3, &cursor));
    assert_null(disk_next_view(&disk, 3, &cursor));
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
    assert_true(disk_is_failing(&disk, 0));
    assert_false(disk_is_failing(&disk, 1));
    assert_int_equal(disk_complete(&disk, 10)->status, GR_ENOSPC);
    assert_false(disk_is_failing(&disk, 0));
    assert_true(holds(&disk, 0, NULL));
    assert_int_equal(disk_live(&disk, 0), 0);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
