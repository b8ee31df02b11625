/* G6 in the part that all engines share, over an engine that fails when told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "store/engine_impl.h"

#define GROUP 300u
#define TAKEN_AT_ONCE 128u

/* Keeps what is submitted until fail_all gives it back as one failed commit. */
struct failing {
    struct engine base;
    struct op_list submitted;
    uint32_t era; /* failed commits */
};

static void failing_submit(struct engine *engine, struct op *op)
{
    op_list_push(&((struct failing *)engine)->submitted, op);
}

static void fail_all(struct failing *failing)
{
    failing->era++;
    for (struct op *op = failing->submitted.first; op != NULL; op = op->next) {
        op->status = GR_EIO;
        op->era = failing->era;
    }
    completions_give(&failing->base.completions, &failing->submitted);
}

static void submit(struct failing *failing)
{
    struct blob *value = blob_copy(bytes_of_text("v"));
    struct engine_write write = {.at = {0, 1, bytes_of_text("k")}, .value = value, .clock = 1};
    assert_int_equal(engine_submit(&failing->base, &write), 0);
    blob_unref(value);
}

static int make(void **state)
{
    static const struct engine_vtable vtable = {.submit = failing_submit};
    struct engine_options options = {.pending_max = 2 * GROUP};
    struct failing *failing = calloc(1, sizeof *failing);
    *state = failing;
    return engine_init(&failing->base, &vtable, &options);
}

static int drop(void **state)
{
    struct failing *failing = *state;
    op_list_done(&failing->submitted);
    engine_done(&failing->base);
    free(failing);
    return 0;
}

static unsigned poll(struct failing *failing)
{
    struct engine_completion done[TAKEN_AT_ONCE];
    return engine_poll(&failing->base, done, TAKEN_AT_ONCE);
}

/* The era that a write submitted now is given. */
static uint32_t era_now(struct failing *failing)
{
    submit(failing);
    return failing->submitted.last->era;
}

static void test_failure_is_known_after_the_next_poll(void **state)
{
    struct failing *failing = *state;
    submit(failing);
    fail_all(failing);
    assert_int_equal(poll(failing), 1);
    assert_int_equal(era_now(failing), 0);
    assert_int_equal(poll(failing), 0);
    assert_int_equal(era_now(failing), 1);
}

/* More failures than one poll takes: until the last is out, writes may be on top of one that nobody knows of. */
static void test_failures_of_one_commit_are_known_together(void **state)
{
    struct failing *failing = *state;
    for (unsigned i = 0; i < GROUP; i++) {
        submit(failing);
    }
    fail_all(failing);
    assert_int_equal(poll(failing), TAKEN_AT_ONCE);
    assert_int_equal(era_now(failing), 0);
    assert_int_equal(poll(failing), TAKEN_AT_ONCE);
    assert_int_equal(era_now(failing), 0);
    assert_int_equal(poll(failing), GROUP - 2 * TAKEN_AT_ONCE);
    assert_int_equal(era_now(failing), 0);
    assert_int_equal(poll(failing), 0);
    assert_int_equal(era_now(failing), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_failure_is_known_after_the_next_poll, make, drop),
        cmocka_unit_test_setup_teardown(test_failures_of_one_commit_are_known_together, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
