#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/doubt.h"

#define FLOOR 100u

static const struct dot OLD = {.actor = 7, .hlc = 50};
static const struct dot YOUNG = {.actor = 7, .hlc = FLOOR + 1};

/* A copy with this dot, and as many values. */
static struct object copy_of(struct entry *entry, struct dot dot, unsigned values)
{
    struct object object;
    object_init(&object, CONFLICT_SIBLINGS);
    context_add(&object.context, dot);
    *entry = (struct entry){.dot = dot};
    object.entries = entry;
    object.count = values;
    return object;
}

static void what_is_held_or_superseded_is_known(void **state)
{
    (void)state;
    struct entry entries[2];
    struct object same = copy_of(&entries[0], OLD, 1);
    struct object later = copy_of(&entries[1], YOUNG, 0); /* of the same actor */
    assert_int_equal(doubt_of(&same, FLOOR, OLD), DOUBT_KNOWN);
    assert_int_equal(doubt_of(&later, FLOOR, OLD), DOUBT_KNOWN);
}

static void what_is_younger_than_all_that_was_forgotten_is_no_deletion(void **state)
{
    (void)state;
    struct object nothing;
    object_init(&nothing, CONFLICT_LWW);
    assert_int_equal(doubt_of(&nothing, FLOOR, YOUNG), DOUBT_NONE);
    assert_int_equal(doubt_of(&nothing, 0, OLD), DOUBT_NONE);
    assert_int_equal(doubt_of(&nothing, FLOOR, OLD), DOUBT_VOID);
    assert_int_equal(doubt_of(&nothing, OLD.hlc, OLD), DOUBT_VOID);
}

/* A tombstone that covers the one value would have ended the other, or been none. */
static void a_value_that_was_there_before_shows_that_there_was_no_deletion(void **state)
{
    (void)state;
    struct entry entries[3];
    struct object older = copy_of(&entries[0], (struct dot){.actor = 3, .hlc = OLD.hlc - 1}, 1);
    struct object tombstone = copy_of(&entries[1], (struct dot){.actor = 3, .hlc = OLD.hlc - 1}, 0);
    struct object newer = copy_of(&entries[2], (struct dot){.actor = 3, .hlc = FLOOR + 5}, 1);
    assert_int_equal(doubt_of(&older, FLOOR, OLD), DOUBT_NONE);
    assert_int_equal(doubt_of(&tombstone, FLOOR, OLD), DOUBT_VOID);
    assert_int_equal(doubt_of(&newer, FLOOR, OLD), DOUBT_VOID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_held_or_superseded_is_known),
        cmocka_unit_test(what_is_younger_than_all_that_was_forgotten_is_no_deletion),
        cmocka_unit_test(a_value_that_was_there_before_shows_that_there_was_no_deletion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
