#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/disk_room.h"

static void test_full_is_said_once(void **state)
{
    (void)state;
    struct disk_room room = {.is_full = false};
    assert_false(disk_room_taken(&room, 5000));
    assert_true(disk_room_refused(&room, 5000));
    for (unsigned i = 1; i < 100; i++) {
        assert_false(disk_room_refused(&room, 5000 + i));
    }
    assert_int_equal(room.refused, 100);
}

static void test_room_is_said_once(void **state)
{
    (void)state;
    struct disk_room room = {.is_full = false};
    assert_true(disk_room_refused(&room, 5000));
    assert_true(disk_room_taken(&room, 5000 + DISK_ROOM_PAUSE_MS));
    assert_false(disk_room_taken(&room, 5001 + DISK_ROOM_PAUSE_MS));
    assert_true(disk_room_refused(&room, 6000 + DISK_ROOM_PAUSE_MS));
    assert_int_equal(room.refused, 1);
}

/* Let through before the refusal, completed after it. */
static void test_late_successes_are_no_room(void **state)
{
    (void)state;
    struct disk_room room = {.is_full = false};
    assert_true(disk_room_refused(&room, 5000));
    assert_false(disk_room_taken(&room, 5001));
    assert_false(disk_room_refused(&room, 5900));
    assert_false(disk_room_taken(&room, 5000 + DISK_ROOM_PAUSE_MS));
    assert_true(disk_room_taken(&room, 5900 + DISK_ROOM_PAUSE_MS));
}

static void test_room_must_last_to_start_anew(void **state)
{
    (void)state;
    struct disk_calm calm = {.has_room = false};
    assert_false(disk_calm_look(&calm, false, 1000));
    assert_false(disk_calm_look(&calm, true, 90000));
    assert_false(disk_calm_look(&calm, true, 89999 + DISK_CALM_MS));
    assert_false(disk_calm_look(&calm, false, 90000 + DISK_CALM_MS)); /* taken again: begin at the beginning */
    assert_false(disk_calm_look(&calm, true, 91000 + DISK_CALM_MS));
    assert_false(disk_calm_look(&calm, true, 90999 + 2 * DISK_CALM_MS));
    assert_true(disk_calm_look(&calm, true, 91000 + 2 * DISK_CALM_MS));
    assert_true(disk_calm_look(&calm, true, 92000 + 2 * DISK_CALM_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_is_said_once),
        cmocka_unit_test(test_room_is_said_once),
        cmocka_unit_test(test_late_successes_are_no_room),
        cmocka_unit_test(test_room_must_last_to_start_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
