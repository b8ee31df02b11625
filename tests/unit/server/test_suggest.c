/* Edit distance, and when a known word is near enough to be offered. */
#include "server/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void distance_counts_single_edits(void **state)
{
    (void)state;
    assert_int_equal(suggest_distance("", ""), 0);
    assert_int_equal(suggest_distance("join", ""), 4);
    assert_int_equal(suggest_distance("listn", "listen"), 1);
    assert_int_equal(suggest_distance("lisetn", "listen"), 1);
    assert_int_equal(suggest_distance("sever", "server"), 1);
    assert_int_equal(suggest_distance("kitten", "sitting"), 3);
}

static const char *nearest(const char *word)
{
    static const char *const known[] = {"server", "dev", "cluster", "get", "set", "del", "request-timeout"};
    struct suggest suggest;
    suggest_init(&suggest, word);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        suggest_offer(&suggest, known[i]);
    }
    return suggest.best;
}

static void near_words_are_offered_and_far_ones_not(void **state)
{
    (void)state;
    assert_string_equal(nearest("srever"), "server");
    assert_string_equal(nearest("clsuter"), "cluster");
    assert_string_equal(nearest("gte"), "get");
    assert_string_equal(nearest("timeout"), "request-timeout");
    assert_null(nearest("frobnicate"));
    assert_null(nearest(""));
    assert_null(nearest("a-word-far-longer-than-any-name-there-is"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance_counts_single_edits),
        cmocka_unit_test(near_words_are_offered_and_far_ones_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
