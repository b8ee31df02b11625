#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "sim/agenda.h"

static void is_empty_at_first(void **state)
{
    (void)state;
    struct agenda agenda;
    struct occurrence taken;
    agenda_init(&agenda);
    assert_false(agenda_take(&agenda, &taken));
    assert_true(agenda_next_us(&agenda) == UINT64_MAX);
    agenda_done(&agenda);
}

/* A1, against many additions and takings in between. */
static void comes_out_by_time_then_order_of_adding(void **state)
{
    (void)state;
    struct agenda agenda;
    struct rng rng;
    struct occurrence taken;
    agenda_init(&agenda);
    rng_init(&rng, 5);
    uint64_t now = 0;
    uint64_t last_token = 0;
    for (uint64_t token = 1; token <= 20000; token++) {
        agenda_add(&agenda, (struct occurrence){.at_us = now + rng_below(&rng, 50), .token = token});
        if (rng_chance(&rng, 450000)) {
            assert_true(agenda_take(&agenda, &taken));
            assert_true(taken.at_us > now || (taken.at_us == now && taken.token > last_token) || now == 0);
            now = taken.at_us;
            last_token = taken.token;
        }
    }
    while (agenda_take(&agenda, &taken)) {
        assert_true(taken.at_us > now || (taken.at_us == now && taken.token > last_token));
        now = taken.at_us;
        last_token = taken.token;
    }
    agenda_done(&agenda);
}

static void gives_back_what_it_holds(void **state)
{
    (void)state;
    struct agenda agenda;
    struct blob *blob = blob_copy(bytes_of_text("frame"));
    agenda_init(&agenda);
    agenda_add(&agenda, (struct occurrence){.at_us = 1, .blob = blob_ref(blob)});
    agenda_done(&agenda);
    assert_int_equal(blob->refs, 1);
    blob_unref(blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_empty_at_first),
        cmocka_unit_test(comes_out_by_time_then_order_of_adding),
        cmocka_unit_test(gives_back_what_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
