#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "version/object.h"

#define A 1u
#define B 2u
#define C 3u

struct fixture {
    struct arena arena;
    struct object absent; /* siblings */
};

static int set_up(void **state)
{
    static struct fixture fixture;
    arena_init(&fixture.arena, 1 << 16);
    object_init(&fixture.absent, CONFLICT_SIBLINGS);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_done(&f->arena);
    return 0;
}

/* `text` NULL deletes. */
static struct object write(struct fixture *f, const struct object *old, enum conflict_policy policy, uint64_t actor,
                           uint64_t hlc, const char *text, const struct context *seen)
{
    struct object ret;
    struct bytes value = text == NULL ? BYTES_EMPTY : bytes_of_text(text);
    struct dot dot = {actor, hlc};
    assert_int_equal(object_write(old, policy, dot, text == NULL ? NULL : &value, seen, &f->arena, &ret, NULL), 0);
    assert_true(object_includes(&ret, dot)); /* O4 */
    return ret;
}

static struct object put(struct fixture *f, const struct object *old, uint64_t actor, uint64_t hlc, const char *text,
                         const struct context *seen)
{
    return write(f, old, CONFLICT_SIBLINGS, actor, hlc, text, seen);
}

static struct object merge(struct fixture *f, const struct object *a, const struct object *b)
{
    struct object ab;
    struct object ba;
    assert_int_equal(object_merge(a, b, &f->arena, &ab), 0);
    assert_int_equal(object_merge(b, a, &f->arena, &ba), 0);
    assert_true(object_equal(&ab, &ba));
    return ab;
}

static void assert_values(const struct object *object, const char *first, const char *second)
{
    uint32_t count = (first != NULL ? 1u : 0u) + (second != NULL ? 1u : 0u);
    assert_int_equal(object->count, count);
    if (first != NULL) {
        assert_true(bytes_equal(object->entries[0].payload, bytes_of_text(first)));
    }
    if (second != NULL) {
        assert_true(bytes_equal(object->entries[1].payload, bytes_of_text(second)));
    }
}

static void a_lone_writer_never_makes_siblings(void **state)
{
    struct fixture *f = *state;
    struct object first = put(f, &f->absent, A, 10, "1", NULL);
    struct object second = put(f, &first, A, 11, "2", NULL);
    struct object third = put(f, &second, B, 12, "3", NULL);
    assert_values(&third, "3", NULL);
    struct object merged = merge(f, &first, &third);
    assert_true(object_equal(&merged, &third));
}

static void concurrent_puts_are_siblings_until_one_has_seen_both(void **state)
{
    struct fixture *f = *state;
    struct object a = put(f, &f->absent, A, 10, "apple", NULL);
    struct object b = put(f, &f->absent, B, 11, "pear", NULL);
    struct object both = merge(f, &a, &b);
    assert_values(&both, "apple", "pear");
    assert_int_equal(object_values(&both), 2);
    struct object cart = put(f, &a, A, 12, "apple, pear", &both.context);
    assert_values(&cart, "apple, pear", NULL);
    struct object merged = merge(f, &cart, &both);
    assert_true(object_equal(&merged, &cart));
}

static void a_context_spares_what_it_has_not_seen(void **state)
{
    struct fixture *f = *state;
    struct object a = put(f, &f->absent, A, 10, "1", NULL);
    struct object newer = put(f, &a, A, 11, "2", NULL);
    struct object late = put(f, &newer, A, 12, "3", &a.context);
    assert_values(&late, "2", "3");
    struct context blank = {0};
    struct object blind = put(f, &newer, A, 12, "3", &blank);
    assert_values(&blind, "2", "3");
}

static void a_retry_is_one_value(void **state)
{
    struct fixture *f = *state;
    struct context blank = {0};
    struct object first = put(f, &f->absent, A, 10, "same", &blank);
    struct object again = put(f, &first, A, 11, "same", &blank);
    assert_values(&again, "same", NULL);
    assert_int_equal(again.entries[0].dot.hlc, 11);
    struct object merged = merge(f, &first, &again);
    assert_true(object_equal(&merged, &again));
}

/* Of two equal values one may be superseded alone: a merge that made them one could lose the other. */
static void equal_values_of_two_coordinators_stay_two_entries(void **state)
{
    struct fixture *f = *state;
    struct object a = put(f, &f->absent, A, 10, "same", NULL);
    struct object b = put(f, &f->absent, B, 11, "same", NULL);
    struct object gone = put(f, &b, B, 12, NULL, NULL);
    struct object both = merge(f, &a, &b);
    assert_int_equal(both.count, 2);
    assert_int_equal(object_values(&both), 1);
    struct object after = merge(f, &both, &gone);
    assert_values(&after, "same", NULL);
    assert_int_equal(after.entries[0].dot.actor, A);
}

static void a_delete_stays(void **state)
{
    struct fixture *f = *state;
    struct object a = put(f, &f->absent, A, 10, "1", NULL);
    struct object gone = put(f, &a, B, 11, NULL, NULL);
    assert_true(object_is_tombstone(&gone));
    assert_false(object_is_absent(&gone));
    struct object merged = merge(f, &a, &gone);
    assert_true(object_is_tombstone(&merged));
    struct object reborn = put(f, &gone, A, 12, "2", NULL);
    merged = merge(f, &reborn, &gone);
    assert_values(&merged, "2", NULL);
}

static void a_delete_ends_what_it_has_seen(void **state)
{
    struct fixture *f = *state;
    struct object a = put(f, &f->absent, A, 10, "seen", NULL);
    struct object b = put(f, &f->absent, B, 11, "unseen", NULL);
    struct object both = merge(f, &a, &b);
    struct object after = put(f, &both, C, 12, NULL, &a.context);
    assert_values(&after, "unseen", NULL);
    assert_int_equal(object_values(&after), 1);
}

static void a_write_supersedes_what_the_client_read_elsewhere(void **state)
{
    struct fixture *f = *state;
    struct object elsewhere = put(f, &f->absent, B, 10, "read there", NULL);
    struct object here = put(f, &f->absent, A, 11, "written here", &elsewhere.context);
    struct object merged = merge(f, &here, &elsewhere);
    assert_values(&merged, "written here", NULL);
}

static void the_last_write_wins_alone(void **state)
{
    struct fixture *f = *state;
    struct object a = write(f, &f->absent, CONFLICT_LWW, A, 10, "1", NULL);
    struct object b = write(f, &f->absent, CONFLICT_LWW, B, 10, "2", NULL);
    struct object merged = merge(f, &a, &b);
    assert_values(&merged, "2", NULL);
    assert_int_equal(merged.context.count, 1);
    assert_true(object_includes(&merged, (struct dot){A, 10}));
    assert_true(object_includes(&merged, (struct dot){C, 9}));
    assert_false(object_includes(&merged, (struct dot){C, 10}));
    struct object gone = write(f, &merged, CONFLICT_LWW, A, 11, NULL, NULL);
    merged = merge(f, &gone, &b);
    assert_true(object_is_tombstone(&merged));
    assert_int_equal(merged.context.count, 1);
}

static void a_last_write_forgets_siblings(void **state)
{
    struct fixture *f = *state;
    struct object a = put(f, &f->absent, A, 10, "1", NULL);
    struct object b = put(f, &f->absent, B, 11, "2", NULL);
    struct object both = merge(f, &a, &b);
    struct context blank = {0};
    struct object last = write(f, &both, CONFLICT_LWW, A, 12, "3", &blank);
    assert_values(&last, "3", NULL);
    assert_int_equal(last.policy, CONFLICT_LWW);
    assert_int_equal(last.context.count, 1);
    assert_true(dot_equal(last.context.dots[0], (struct dot){A, 12}));
}

static void siblings_go_on_from_a_last_write(void **state)
{
    struct fixture *f = *state;
    struct object last = write(f, &f->absent, CONFLICT_LWW, A, 10, "1", NULL);
    struct object next = put(f, &last, B, 11, "2", NULL);
    assert_values(&next, "2", NULL);
    assert_int_equal(next.policy, CONFLICT_SIBLINGS);
    assert_true(object_includes(&next, (struct dot){A, 10}));
    struct object merged = merge(f, &last, &next);
    assert_true(object_equal(&merged, &next));
}

static void different_policies_merge_causally(void **state)
{
    struct fixture *f = *state;
    struct object last = write(f, &f->absent, CONFLICT_LWW, A, 20, "1", NULL);
    struct object other = put(f, &f->absent, B, 11, "2", NULL);
    struct object merged = merge(f, &last, &other);
    assert_values(&merged, "2", "1");
    assert_int_equal(merged.policy, CONFLICT_SIBLINGS);
}

static void an_absent_object_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct object absent_lww;
    object_init(&absent_lww, CONFLICT_LWW);
    struct object last = write(f, &f->absent, CONFLICT_LWW, A, 20, "1", NULL);
    struct object other = put(f, &f->absent, B, 11, "2", NULL);
    struct object merged = merge(f, &last, &f->absent);
    assert_true(object_equal(&merged, &last));
    merged = merge(f, &other, &absent_lww);
    assert_true(object_equal(&merged, &other));
    merged = merge(f, &f->absent, &absent_lww);
    assert_true(object_is_absent(&merged));
    assert_int_equal(merged.policy, CONFLICT_SIBLINGS);
    assert_false(object_includes(&absent_lww, (struct dot){A, 0}));
}

static void an_empty_value_is_a_value(void **state)
{
    struct fixture *f = *state;
    struct object empty = put(f, &f->absent, A, 10, "", NULL);
    assert_values(&empty, "", NULL);
    assert_false(object_is_tombstone(&empty));
    assert_int_equal(object_values(&empty), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lone_writer_never_makes_siblings),
        cmocka_unit_test(concurrent_puts_are_siblings_until_one_has_seen_both),
        cmocka_unit_test(a_context_spares_what_it_has_not_seen),
        cmocka_unit_test(a_retry_is_one_value),
        cmocka_unit_test(equal_values_of_two_coordinators_stay_two_entries),
        cmocka_unit_test(a_delete_stays),
        cmocka_unit_test(a_delete_ends_what_it_has_seen),
        cmocka_unit_test(a_write_supersedes_what_the_client_read_elsewhere),
        cmocka_unit_test(the_last_write_wins_alone),
        cmocka_unit_test(a_last_write_forgets_siblings),
        cmocka_unit_test(siblings_go_on_from_a_last_write),
        cmocka_unit_test(different_policies_merge_causally),
        cmocka_unit_test(an_absent_object_changes_nothing),
        cmocka_unit_test(an_empty_value_is_a_value),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
