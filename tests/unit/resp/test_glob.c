#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resp/glob.h"

static bool matches(const char *pattern, const char *text)
{
    return glob_matches(bytes_of_text(pattern), bytes_of_text(text));
}

static void matches_what_redis_matches(void **state)
{
    (void)state;
    assert_true(matches("*", ""));
    assert_true(matches("*", "anything"));
    assert_true(matches("max*", "maxclients"));
    assert_true(matches("MAX*", "maxClients"));
    assert_true(matches("*a*b*c", "xaxbxxbc"));
    assert_true(matches("h?llo", "hallo"));
    assert_true(matches("h[ae]llo", "hello"));
    assert_true(matches("h[a-c]llo", "hbllo"));
    assert_true(matches("h[c-a]llo", "hbllo"));
    assert_true(matches("h[^e]llo", "hallo"));
    assert_true(matches("h\\*llo", "h*llo"));
    assert_true(matches("h[\\]]llo", "h]llo"));
}

static void does_not_match_the_rest(void **state)
{
    (void)state;
    assert_false(matches("", "a"));
    assert_false(matches("a", ""));
    assert_false(matches("h?llo", "hllo"));
    assert_false(matches("h[^e]llo", "hello"));
    assert_false(matches("h\\*llo", "hallo"));
    assert_false(matches("max", "maxclients"));
    assert_false(matches("*a*b*c", "xaxbxxb"));
    assert_false(matches("[", "a"));
}

static void many_stars_take_no_exponential_time(void **state)
{
    (void)state;
    char text[2001], pattern[401];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i < sizeof pattern - 1; i++) {
        pattern[i] = i % 2 == 0 ? '*' : 'a';
    }
    pattern[sizeof pattern - 2] = 'b';
    pattern[sizeof pattern - 1] = '\0';
    assert_false(matches(pattern, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_what_redis_matches),
        cmocka_unit_test(does_not_match_the_rest),
        cmocka_unit_test(many_stars_take_no_exponential_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
