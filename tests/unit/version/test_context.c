#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/rng.h"
#include "version/context.h"

#define ACTORS 6
#define CLOCKS 12

/* The stupid context: every dot ever seen. */
struct seen {
    bool dots[ACTORS + 1][CLOCKS];
};

static void see(struct seen *seen, struct dot dot)
{
    for (uint64_t hlc = 0; hlc <= dot.hlc; hlc++) {
        seen->dots[dot.actor][hlc] = true;
    }
}

static void see_all(struct seen *seen, const struct seen *other)
{
    for (unsigned actor = 1; actor <= ACTORS; actor++) {
        for (unsigned hlc = 0; hlc < CLOCKS; hlc++) {
            seen->dots[actor][hlc] |= other->dots[actor][hlc];
        }
    }
}

static bool has_seen_all(const struct seen *a, const struct seen *b)
{
    for (unsigned actor = 1; actor <= ACTORS; actor++) {
        for (unsigned hlc = 0; hlc < CLOCKS; hlc++) {
            if (b->dots[actor][hlc] && !a->dots[actor][hlc]) {
                return false;
            }
        }
    }
    return true;
}

static void assert_same(const struct context *context, const struct seen *seen)
{
    struct dot newest = DOT_NONE;
    assert_null(context_invalid(context));
    for (uint64_t actor = 1; actor <= ACTORS; actor++) {
        for (uint64_t hlc = 0; hlc < CLOCKS; hlc++) {
            struct dot dot = {actor, hlc};
            assert_int_equal(context_covers(context, dot), seen->dots[actor][hlc]);
            if (seen->dots[actor][hlc] && dot_compare(dot, newest) > 0) {
                newest = dot;
            }
        }
    }
    assert_true(dot_equal(context_newest(context), newest));
}

static struct dot random_dot(struct rng *rng)
{
    return (struct dot){rng_between(rng, 1, ACTORS), rng_below(rng, CLOCKS)};
}

static void a_context_is_the_set_of_dots_seen(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 7);
    for (unsigned run = 0; run < 2000; run++) {
        struct context contexts[2] = {0};
        struct seen seen[2] = {0};
        for (unsigned step = 0; step < 12; step++) {
            unsigned i = (unsigned)rng_below(&rng, 2);
            if (rng_chance(&rng, 150000)) {
                assert_int_equal(context_join(&contexts[i], &contexts[1 - i]), 0);
                see_all(&seen[i], &seen[1 - i]);
            } else {
                struct dot dot = random_dot(&rng);
                assert_false(context_add(&contexts[i], dot));
                see(&seen[i], dot);
            }
            assert_same(&contexts[i], &seen[i]);
            assert_int_equal(context_includes(&contexts[0], &contexts[1]), has_seen_all(&seen[0], &seen[1]));
        }
        assert_int_equal(context_equal(&contexts[0], &contexts[1]),
                         has_seen_all(&seen[0], &seen[1]) && has_seen_all(&seen[1], &seen[0]));
    }
}

/* Actors 1 to CONTEXT_MAX; the clock of actor a is 1000 - a, so that the last is the oldest. */
static struct context full_context(void)
{
    struct context context = {0};
    for (uint64_t actor = 1; actor <= CONTEXT_MAX; actor++) {
        assert_false(context_add(&context, (struct dot){actor, 1000 - actor}));
    }
    return context;
}

static void past_the_bound_the_oldest_goes(void **state)
{
    (void)state;
    struct context context = full_context();
    assert_true(context_add(&context, (struct dot){500, 5000}));
    assert_int_equal(context.count, CONTEXT_MAX);
    assert_false(context_covers(&context, (struct dot){CONTEXT_MAX, 1}));
    assert_true(context_covers(&context, (struct dot){CONTEXT_MAX - 1, 1}));
    assert_true(context_covers(&context, (struct dot){500, 5000}));
    assert_false(context_add(&context, (struct dot){500, 6000}));
    assert_true(context_add(&context, (struct dot){600, 1}));
    assert_false(context_covers(&context, (struct dot){600, 1}));
    assert_null(context_invalid(&context));
}

static void who_is_kept_is_not_the_one_to_go(void **state)
{
    (void)state;
    struct context context = full_context();
    struct context other = {.count = 2, .dots = {{500, 5000}, {501, 1}}};
    struct context keep = {.count = 2, .dots = {{CONTEXT_MAX, 1}, {501, 1}}};
    assert_int_equal(context_join_keeping(&context, &other, &keep), 2);
    assert_true(context_covers(&context, (struct dot){501, 1}));
    assert_true(context_covers(&context, (struct dot){CONTEXT_MAX, 1}));
    assert_false(context_covers(&context, (struct dot){CONTEXT_MAX - 1, 1}));
    assert_false(context_covers(&context, (struct dot){CONTEXT_MAX - 2, 1}));
    assert_true(context_covers(&context, (struct dot){CONTEXT_MAX - 3, 1}));
}

static void full_contexts_join(void **state)
{
    (void)state;
    struct context a = full_context();
    struct context b = {0};
    for (uint64_t actor = 101; actor <= 100 + CONTEXT_MAX; actor++) {
        context_add(&b, (struct dot){actor, 2000 + actor});
    }
    struct context joined = a;
    assert_int_equal(context_join(&joined, &b), CONTEXT_MAX);
    assert_true(context_equal(&joined, &b));
    assert_int_equal(context_join(&a, &a), 0);
}

static void what_is_no_context_is_refused(void **state)
{
    (void)state;
    struct context context = {.count = 2, .dots = {{1, 5}, {2, 5}}};
    assert_null(context_invalid(&context));
    context.dots[1].actor = 1;
    assert_non_null(context_invalid(&context));
    context.dots[0].actor = 0;
    assert_non_null(context_invalid(&context));
    context.dots[0] = (struct dot){1, UINT64_MAX};
    context.dots[1].actor = 2;
    assert_non_null(context_invalid(&context));
    context.count = CONTEXT_MAX + 1;
    assert_non_null(context_invalid(&context));
    context_clear(&context);
    assert_null(context_invalid(&context));
}

static void encoded_contexts_come_back(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 8);
    for (unsigned run = 0; run < 500; run++) {
        uint8_t raw[CONTEXT_ENCODED_MAX + 1] = {0};
        struct context context = {0};
        struct context back;
        for (uint64_t i = rng_below(&rng, CONTEXT_MAX + 3); i > 0; i--) {
            context_add(&context, (struct dot){rng_between(&rng, 1, UINT64_MAX), rng_below(&rng, CONTEXT_HLC_MAX)});
        }
        size_t size = context_encoded_size(&context);
        assert_true(size <= CONTEXT_ENCODED_MAX);
        context_encode(&context, raw);
        assert_int_equal(context_decode(bytes_of(raw, size), &back), 0);
        assert_true(context_equal(&context, &back));
        for (size_t len = 0; len < size; len++) {
            assert_int_equal(context_decode(bytes_of(raw, len), &back), GR_EINVAL);
        }
        assert_int_equal(context_decode(bytes_of(raw, size + 1), &back), GR_EINVAL);
    }
}

static void a_client_may_not_name_a_made_up_clock(void **state)
{
    (void)state;
    uint8_t raw[CONTEXT_ENCODED_MAX];
    struct context context = {.count = 1, .dots = {{1, CONTEXT_HLC_MAX}}};
    context_encode(&context, raw);
    assert_int_equal(context_decode(bytes_of(raw, context_encoded_size(&context)), &context), 0);
    context.dots[0].hlc++;
    context_encode(&context, raw);
    assert_int_equal(context_decode(bytes_of(raw, context_encoded_size(&context)), &context), GR_EINVAL);
}

static void a_count_is_not_trusted(void **state)
{
    (void)state;
    uint8_t raw[2 + 40 * 16] = {40};
    struct context context = {.count = 7};
    for (unsigned i = 0; i < 40; i++) {
        raw[2 + i * 16] = (uint8_t)(i + 1);
    }
    assert_int_equal(context_decode(bytes_of(raw, sizeof raw), &context), GR_EINVAL);
    assert_int_equal(context.count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_context_is_the_set_of_dots_seen),     cmocka_unit_test(past_the_bound_the_oldest_goes),
        cmocka_unit_test(who_is_kept_is_not_the_one_to_go),      cmocka_unit_test(full_contexts_join),
        cmocka_unit_test(what_is_no_context_is_refused),         cmocka_unit_test(encoded_contexts_come_back),
        cmocka_unit_test(a_client_may_not_name_a_made_up_clock), cmocka_unit_test(a_count_is_not_trusted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
