#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "server/address.h"

static void test_text_and_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"127.0.0.1:6379", "[::1]:16379", "node-a.example:1", "[fe80::1]:65535"};
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct settings_address address;
        char text[ADDRESS_TEXT_MAX];
        assert_int_equal(address_parse(texts[i], &address), 0);
        address_format(&address, text);
        assert_string_equal(text, texts[i]);
    }
}

static void test_wrong_text_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",           "host",    ":1",      "host:", "host:0",
                                        "host:65536", "host:-1", "host:1x", "[]:5"};
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct settings_address address;
        assert_int_equal(address_parse(texts[i], &address), GR_EINVAL);
    }
}

static void test_list_is_walked(void **state)
{
    (void)state;
    const char *list = "a:1,bad,[::1]:2,";
    struct settings_address address;
    assert_true(address_next(&list, &address));
    assert_string_equal(address.host, "a");
    assert_true(address_next(&list, &address));
    assert_string_equal(address.host, "::1");
    assert_int_equal(address.port, 2);
    assert_false(address_next(&list, &address));
}

static void test_socket_address_and_back(void **state)
{
    (void)state;
    struct settings_address address;
    struct sockaddr_storage socket;
    char text[ADDRESS_TEXT_MAX];
    assert_int_equal(address_parse("[::1]:16379", &address), 0);
    assert_int_equal(address_numeric(&address, &socket), 0);
    address_of_socket(&socket, text);
    assert_string_equal(text, "[::1]:16379");
    assert_int_equal(address_parse("a.name:1", &address), 0);
    assert_int_equal(address_numeric(&address, &socket), GR_EINVAL);
}

static void test_wildcards(void **state)
{
    (void)state;
    struct settings_address any = {"0.0.0.0", 1};
    struct settings_address one = {"10.0.0.1", 1};
    assert_true(address_is_wildcard(&any));
    assert_false(address_is_wildcard(&one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_back),  cmocka_unit_test(test_wrong_text_is_refused),
        cmocka_unit_test(test_list_is_walked), cmocka_unit_test(test_socket_address_and_back),
        cmocka_unit_test(test_wildcards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
