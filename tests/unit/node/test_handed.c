#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/handed.h"

static bool hand(struct handed *handed, uint64_t actor, uint64_t hlc)
{
    struct wire_forward message = {.actor = actor, .hlc = hlc};
    return handed_is_new(handed, &message);
}

static void a_name_is_new_once(void **state)
{
    (void)state;
    struct handed handed = {0};
    assert_true(hand(&handed, 1, 5));
    assert_false(hand(&handed, 1, 5));
    assert_true(hand(&handed, 2, 5));
    assert_true(hand(&handed, 1, 6));
    assert_false(hand(&handed, 2, 5));
}

/* Nothing among the last few is forgotten, whatever sets they fall into. */
static void the_last_names_are_remembered(void **state)
{
    (void)state;
    struct handed handed = {0};
    for (uint64_t i = 1; i < 200000; i++) {
        assert_true(hand(&handed, 9, i));
        for (uint64_t back = 1; back < HANDED_WAYS && back < i; back++) {
            assert_false(hand(&handed, 9, i - back));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_new_once),
        cmocka_unit_test(the_last_names_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
