#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/mutate.h"
#include "wire/messages.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* `old` NULL: no value. */
static struct mutated apply(enum op op, uint8_t flags, uint64_t offset, const char *value, const char *old)
{
    struct mutation mutation = {.op = op, .flags = flags, .offset = offset, .value = bytes_of_text(value)};
    struct bytes before = old == NULL ? BYTES_EMPTY : bytes_of_text(old);
    struct mutated result;
    assert_int_equal(mutation_apply(&mutation, old == NULL ? NULL : &before, &arena, &result), 0);
    return result;
}

static void assert_value(struct mutated result, const char *value)
{
    assert_true(result.changes);
    assert_false(result.deletes);
    assert_true(bytes_equal(result.value, bytes_of_text(value)));
}

static void set_replaces_under_its_conditions(void **state)
{
    (void)state;
    assert_value(apply(OP_SET, 0, 0, "new", NULL), "new");
    assert_value(apply(OP_SET, 0, 0, "new", "old"), "new");
    assert_value(apply(OP_SET, REQUEST_IF_ABSENT, 0, "new", NULL), "new");
    assert_false(apply(OP_SET, REQUEST_IF_ABSENT, 0, "new", "old").changes);
    assert_false(apply(OP_SET, REQUEST_IF_ABSENT, 0, "new", "old").applied);
    assert_false(apply(OP_SET, REQUEST_IF_PRESENT, 0, "new", NULL).changes);
    assert_value(apply(OP_SET, REQUEST_IF_PRESENT, 0, "new", ""), "new");
    assert_true(apply(OP_SET, REQUEST_RETURN_OLD, 0, "new", "old").found);
}

static void delete_of_nothing_writes_nothing(void **state)
{
    (void)state;
    struct mutated nothing = apply(OP_DELETE, 0, 0, "", NULL);
    assert_false(nothing.changes);
    assert_false(nothing.found);
    struct mutated something = apply(OP_DELETE, 0, 0, "", "old");
    assert_true(something.changes);
    assert_true(something.deletes);
    assert_true(something.found);
}

static void append_adds_at_the_end(void **state)
{
    (void)state;
    assert_value(apply(OP_APPEND, 0, 0, "cd", "ab"), "abcd");
    assert_int_equal(apply(OP_APPEND, 0, 0, "cd", "ab").number, 4);
    assert_value(apply(OP_APPEND, 0, 0, "cd", NULL), "cd");
    assert_false(apply(OP_APPEND, 0, 0, "", "ab").changes);
    assert_value(apply(OP_APPEND, 0, 0, "", NULL), "");
}

static void setrange_fills_the_gap_with_zero_bytes(void **state)
{
    (void)state;
    assert_value(apply(OP_SETRANGE, 0, 1, "XY", "abcd"), "aXYd");
    assert_value(apply(OP_SETRANGE, 0, 3, "XY", "abcd"), "abcXY");
    struct mutated gap = apply(OP_SETRANGE, 0, 4, "X", "ab");
    assert_true(bytes_equal(gap.value, bytes_of("ab\0\0X", 5)));
    assert_int_equal(gap.number, 5);
    assert_false(apply(OP_SETRANGE, 0, 100, "", NULL).changes);
    assert_int_equal(apply(OP_SETRANGE, 0, 100, "", "abc").number, 3);
}

static void what_grows_too_big_is_refused(void **state)
{
    (void)state;
    struct mutated result;
    struct mutation mutation = {.op = OP_SETRANGE, .offset = WIRE_VALUE_MAX, .value = bytes_of_text("x")};
    assert_int_equal(mutation_apply(&mutation, NULL, &arena, &result), GR_ETOOBIG);
    mutation.offset = UINT64_MAX;
    assert_int_equal(mutation_apply(&mutation, NULL, &arena, &result), GR_ETOOBIG);
    mutation.offset = WIRE_VALUE_MAX - 1;
    assert_int_equal(mutation_apply(&mutation, NULL, &arena, &result), 0);
}

static void only_plain_writes_depend_on_nothing(void **state)
{
    (void)state;
    assert_false(mutation_reads(&(struct mutation){.op = OP_SET}));
    assert_true(mutation_reads(&(struct mutation){.op = OP_SET, .flags = REQUEST_RETURN_OLD}));
    assert_true(mutation_reads(&(struct mutation){.op = OP_APPEND}));
    assert_true(mutation_is_plain(&(struct mutation){.op = OP_SET}));
    assert_false(mutation_is_plain(&(struct mutation){.op = OP_APPEND}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_replaces_under_its_conditions),
        cmocka_unit_test(delete_of_nothing_writes_nothing),
        cmocka_unit_test(append_adds_at_the_end),
        cmocka_unit_test(setrange_fills_the_gap_with_zero_bytes),
        cmocka_unit_test(what_grows_too_big_is_refused),
        cmocka_unit_test(only_plain_writes_depend_on_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
