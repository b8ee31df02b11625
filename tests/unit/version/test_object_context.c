#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/rng.h"
#include "version/object.h"

static const struct bytes key = {(const uint8_t *)"k", 1};

static void assert_sound(const struct object *object, struct arena *arena)
{
    uint8_t raw[8192];
    struct object back;
    size_t size = object_encoded_size(object);
    assert_true(size <= sizeof raw);
    object_encode(object, key, raw);
    assert_int_equal(object_decode(bytes_of(raw, size), key, arena, &back), 0);
    assert_true(object_equal(object, &back));
}

/* One put by `actor` on nothing. */
static struct object put_alone(uint64_t actor, uint64_t hlc, struct arena *arena)
{
    struct object absent;
    struct object ret;
    struct bytes value = bytes_of(&"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL"[actor % 48], 1);
    object_init(&absent, CONFLICT_SIBLINGS);
    assert_int_equal(
        object_write(&absent, CONFLICT_SIBLINGS, (struct dot){actor, hlc}, &value, NULL, arena, &ret, NULL), 0);
    return ret;
}

/* Concurrent puts by actors first to last, merged; the clock of actor a is 1000 + a. */
static struct object siblings_of(uint64_t first, uint64_t last, struct arena *arena)
{
    struct object all = put_alone(first, 1000 + first, arena);
    for (uint64_t actor = first + 1; actor <= last; actor++) {
        struct object one = put_alone(actor, 1000 + actor, arena);
        struct object merged;
        assert_int_equal(object_merge(&all, &one, arena, &merged), 0);
        all = merged;
    }
    return all;
}

static void many_lone_writers_drop_the_oldest(void **state)
{
    (void)state;
    struct arena arena;
    unsigned dropped = 0;
    arena_init(&arena, 1 << 16);
    struct object object = put_alone(1, 1, &arena);
    for (uint64_t actor = 2; actor <= 40; actor++) {
        struct object next;
        unsigned now = 77;
        struct bytes value = bytes_of_text("v");
        assert_int_equal(
            object_write(&object, CONFLICT_SIBLINGS, (struct dot){actor, actor}, &value, NULL, &arena, &next, &now), 0);
        dropped += now;
        object = next;
    }
    assert_int_equal(object.context.count, CONTEXT_MAX);
    assert_int_equal(dropped, 40 - CONTEXT_MAX);
    assert_int_equal(object.context.dots[0].actor, 40 - CONTEXT_MAX + 1);
    assert_int_equal(object.count, 1);
    assert_sound(&object, &arena);
    arena_done(&arena);
}

/* O5: the value of the oldest actor outlives the bound, whoever else has written and gone. */
static void an_actor_that_holds_an_entry_stays(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    struct object old_value = put_alone(60, 1, &arena);
    struct object siblings = siblings_of(1, CONTEXT_MAX, &arena);
    struct object gone;
    struct object merged;
    assert_int_equal(object_write(&siblings, CONFLICT_SIBLINGS, (struct dot){1, 5000}, NULL, NULL, &arena, &gone, NULL),
                     0);
    assert_int_equal(gone.context.count, CONTEXT_MAX);
    assert_int_equal(object_merge(&gone, &old_value, &arena, &merged), 0);
    assert_int_equal(merged.count, 1);
    assert_int_equal(merged.entries[0].dot.actor, 60);
    assert_int_equal(merged.context.count, CONTEXT_MAX);
    assert_true(object_includes(&merged, (struct dot){1, 5000}));
    assert_false(object_includes(&merged, (struct dot){2, 1}));
    assert_sound(&merged, &arena);
    arena_done(&arena);
}

static void past_the_bound_of_holders_the_oldest_goes_with_its_entry(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    struct object siblings = siblings_of(1, CONTEXT_MAX, &arena);
    struct object more = siblings_of(CONTEXT_MAX + 1, CONTEXT_MAX + 4, &arena);
    struct object merged;
    assert_int_equal(siblings.count, CONTEXT_MAX);
    assert_int_equal(object_merge(&siblings, &more, &arena, &merged), 0);
    assert_int_equal(merged.count, CONTEXT_MAX);
    assert_int_equal(merged.entries[0].dot.actor, 5);
    assert_sound(&merged, &arena);
    arena_done(&arena);
}

/* O4 for a delete that holds no entry, beside as many holders as a context has room for. */
static void a_delete_is_not_forgotten_for_lack_of_room(void **state)
{
    (void)state;
    struct arena arena;
    struct context blank = {0};
    struct object after;
    unsigned dropped = 0;
    arena_init(&arena, 1 << 16);
    struct object siblings = siblings_of(1, CONTEXT_MAX, &arena);
    assert_int_equal(
        object_write(&siblings, CONFLICT_SIBLINGS, (struct dot){90, 9000}, NULL, &blank, &arena, &after, &dropped), 0);
    assert_int_equal(dropped, 1);
    assert_true(object_includes(&after, (struct dot){90, 9000}));
    assert_int_equal(after.count, CONTEXT_MAX - 1);
    assert_sound(&after, &arena);
    arena_done(&arena);
}

/* A write whose client has seen a full context of other actors keeps its own value. */
static void a_value_outlives_the_context_it_came_with(void **state)
{
    (void)state;
    struct arena arena;
    struct object after;
    struct bytes value = bytes_of_text("new");
    arena_init(&arena, 1 << 16);
    struct object ours = siblings_of(1, CONTEXT_MAX, &arena);
    struct object theirs = siblings_of(100, 100 + CONTEXT_MAX - 1, &arena);
    assert_int_equal(
        object_write(&ours, CONFLICT_SIBLINGS, (struct dot){90, 9000}, &value, &theirs.context, &arena, &after, NULL),
        0);
    assert_true(object_includes(&after, (struct dot){90, 9000}));
    assert_int_equal(after.entries[after.count - 1].dot.actor, 90);
    assert_sound(&after, &arena);
    arena_done(&arena);
}

/* O5: a replica that still holds the oldest value, which the write has superseded, must not put it back. */
static void what_a_write_resolves_stays_resolved_elsewhere(void **state)
{
    (void)state;
    struct arena arena;
    struct object full;
    struct object resolved;
    struct object merged;
    struct bytes value = bytes_of_text("one");
    arena_init(&arena, 1 << 16);
    struct object oldest = put_alone(60, 1, &arena);
    struct object writers = siblings_of(1, CONTEXT_MAX - 1, &arena);
    struct object gone;
    assert_int_equal(object_write(&writers, CONFLICT_SIBLINGS, (struct dot){1, 5000}, NULL, NULL, &arena, &gone, NULL),
                     0);
    assert_int_equal(object_merge(&gone, &oldest, &arena, &full), 0);
    assert_int_equal(full.count, 1);
    assert_int_equal(full.context.count, CONTEXT_MAX);
    assert_int_equal(
        object_write(&full, CONFLICT_SIBLINGS, (struct dot){90, 9000}, &value, &full.context, &arena, &resolved, NULL),
        0);
    assert_int_equal(object_merge(&full, &resolved, &arena, &merged), 0);
    assert_int_equal(merged.count, 1);
    assert_int_equal(merged.entries[0].dot.actor, 90);
    arena_done(&arena);
}

/* The same by a merge: what one side has seen the end of goes on both. */
static void what_a_merge_resolves_stays_resolved_elsewhere(void **state)
{
    (void)state;
    struct arena arena;
    struct object full;
    struct object ended;
    struct object merged;
    struct object again;
    arena_init(&arena, 1 << 16);
    struct object oldest = put_alone(60, 1, &arena);
    assert_int_equal(object_write(&oldest, CONFLICT_SIBLINGS, (struct dot){61, 2}, NULL, NULL, &arena, &ended, NULL),
                     0);
    struct object writers = siblings_of(1, CONTEXT_MAX - 1, &arena);
    struct object gone;
    assert_int_equal(object_write(&writers, CONFLICT_SIBLINGS, (struct dot){1, 5000}, NULL, NULL, &arena, &gone, NULL),
                     0);
    assert_int_equal(object_merge(&gone, &oldest, &arena, &full), 0);
    assert_int_equal(object_merge(&ended, &full, &arena, &merged), 0);
    assert_int_equal(merged.count, 0);
    assert_int_equal(object_merge(&full, &merged, &arena, &again), 0);
    assert_int_equal(again.count, 0);
    arena_done(&arena);
}

/* Whatever the bound takes, what is left obeys the rules, and the newest write is among it. */
static void random_crowds_stay_sound(void **state)
{
    (void)state;
    struct arena arena;
    struct rng rng;
    arena_init(&arena, 1 << 16);
    rng_init(&rng, 14);
    for (unsigned run = 0; run < 40; run++) {
        struct object object = put_alone(1, 1, &arena);
        uint64_t clock = 1;
        for (unsigned step = 0; step < 120; step++) {
            struct object next;
            struct context blank = {0};
            struct dot dot = {rng_between(&rng, 1, 80), ++clock};
            if (rng_chance(&rng, 300000)) {
                struct object one = put_alone(dot.actor, dot.hlc, &arena);
                assert_int_equal(object_merge(&object, &one, &arena, &next), 0);
            } else {
                bool blind = rng_chance(&rng, 900000);
                assert_int_equal(
                    object_write(&object, CONFLICT_SIBLINGS, dot, NULL, blind ? &blank : NULL, &arena, &next, NULL), 0);
            }
            object = next;
            assert_true(object_includes(&object, dot));
            assert_sound(&object, &arena);
        }
        arena_clear(&arena);
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_lone_writers_drop_the_oldest),
        cmocka_unit_test(an_actor_that_holds_an_entry_stays),
        cmocka_unit_test(past_the_bound_of_holders_the_oldest_goes_with_its_entry),
        cmocka_unit_test(a_delete_is_not_forgotten_for_lack_of_room),
        cmocka_unit_test(a_value_outlives_the_context_it_came_with),
        cmocka_unit_test(what_a_write_resolves_stays_resolved_elsewhere),
        cmocka_unit_test(what_a_merge_resolves_stays_resolved_elsewhere),
        cmocka_unit_test(random_crowds_stay_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
