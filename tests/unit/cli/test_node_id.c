#include "cli/node_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char members[] = "{\"members\": [{\"node\": \"12340000000000a1\"}, {\"node\": \"1234000000000ba1\"},"
                              " {\"node\": \"abcd000000000001\"}, {\"node\": 7}]}";

static bool find(const char *text, char ret[NODE_ID_DIGITS + 1], char error_text[256])
{
    json_t *status = json_loads(members, 0, NULL);
    assert_non_null(status);
    bool found = node_id_find(status, text, ret, error_text, 256);
    json_decref(status);
    return found;
}

static void enough_digits_name_a_member(void **state)
{
    (void)state;
    char id[NODE_ID_DIGITS + 1];
    char error_text[256];
    assert_true(find("abcd", id, error_text));
    assert_string_equal(id, "abcd000000000001");
    assert_true(find("ABCD0", id, error_text));
    assert_string_equal(id, "abcd000000000001");
    assert_true(find("1234000000000b", id, error_text));
    assert_string_equal(id, "1234000000000ba1");
    assert_true(find("ffffffffffffffff", id, error_text)); /* the node will say what is wrong with it */
    assert_string_equal(id, "ffffffffffffffff");
}

static void what_names_none_or_several_is_refused(void **state)
{
    (void)state;
    char id[NODE_ID_DIGITS + 1];
    char error_text[256];
    assert_false(find("1234", id, error_text));
    assert_non_null(strstr(error_text, "2 members"));
    assert_false(find("ffff", id, error_text));
    assert_non_null(strstr(error_text, "no member's id"));
    static const char *const bad[] = {"", "abc", "abcg", "abcd0000000000011", "-abcd"};
    for (unsigned i = 0; i < 5; i++) {
        assert_false(find(bad[i], id, error_text));
        assert_non_null(strstr(error_text, "is no node id"));
    }
}

static void a_whole_id_has_sixteen_digits(void **state)
{
    (void)state;
    char id[NODE_ID_DIGITS + 1];
    assert_true(node_id_parse("ABCDEF0123456789", id));
    assert_string_equal(id, "abcdef0123456789");
    assert_false(node_id_parse("abcd", id));
    assert_false(node_id_parse("abcdef012345678x", id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enough_digits_name_a_member),
        cmocka_unit_test(what_names_none_or_several_is_refused),
        cmocka_unit_test(a_whole_id_has_sixteen_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
