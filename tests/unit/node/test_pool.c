#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/pool.h"

struct thing {
    struct pooled pooled;
    int value;
};

static void an_id_is_never_found_again(void **state)
{
    (void)state;
    struct pool pool;
    assert_int_equal(pool_init(&pool, POOL_READ, sizeof(struct thing), 2), 0);
    struct thing *thing = pool_take(&pool);
    uint64_t id = thing->pooled.id;
    assert_int_equal(pool_kind_of(id), POOL_READ);
    assert_ptr_equal(pool_find(&pool, id), thing);
    pool_give(&pool, thing);
    assert_null(pool_find(&pool, id));
    pool_settle(&pool);
    struct thing *again = pool_take(&pool);
    assert_ptr_equal(again, thing);
    assert_null(pool_find(&pool, id));
    assert_ptr_equal(pool_find(&pool, again->pooled.id), again);
    pool_done(&pool);
}

static void what_was_given_is_free_from_the_next_step_on(void **state)
{
    (void)state;
    struct pool pool;
    assert_int_equal(pool_init(&pool, POOL_WRITE, sizeof(struct thing), 1), 0);
    struct thing *thing = pool_take(&pool);
    thing->value = 5;
    pool_give(&pool, thing);
    assert_int_equal(pool_taken(&pool), 0);
    assert_null(pool_take(&pool));
    assert_int_equal(thing->value, 5);
    pool_settle(&pool);
    assert_non_null(pool_take(&pool));
    assert_int_equal(pool_taken(&pool), 1);
    pool_done(&pool);
}

static void a_full_pool_gives_nothing(void **state)
{
    (void)state;
    struct pool pool;
    assert_int_equal(pool_init(&pool, POOL_WRITE, sizeof(struct thing), 3), 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_non_null(pool_take(&pool));
    }
    assert_null(pool_take(&pool));
    assert_int_equal(pool_taken(&pool), 3);
    pool_done(&pool);
}

static void iteration_meets_the_live_ones_in_order(void **state)
{
    (void)state;
    struct pool pool;
    struct thing *thing[4];
    assert_int_equal(pool_init(&pool, POOL_WRITE, sizeof(struct thing), 4), 0);
    for (unsigned i = 0; i < 4; i++) {
        thing[i] = pool_take(&pool);
    }
    pool_give(&pool, thing[1]);
    uint32_t cursor = 0;
    assert_ptr_equal(pool_next(&pool, &cursor), thing[0]);
    assert_ptr_equal(pool_next(&pool, &cursor), thing[2]);
    pool_give(&pool, thing[2]); /* while standing on it */
    assert_ptr_equal(pool_next(&pool, &cursor), thing[3]);
    assert_null(pool_next(&pool, &cursor));
    pool_done(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_never_found_again),
        cmocka_unit_test(what_was_given_is_free_from_the_next_step_on),
        cmocka_unit_test(a_full_pool_gives_nothing),
        cmocka_unit_test(iteration_meets_the_live_ones_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
