#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "server/admission.h"

static struct admission refused(uint64_t cluster, int code)
{
    return (struct admission){"/var/d", cluster, false, "10.0.0.1:16379", true, code, "words"};
}

static void test_directory_of_another_cluster_stops(void **state)
{
    (void)state;
    char text[512];
    struct admission admission = refused(0xc1, GR_EFOREIGN);
    assert_true(admission_must_stop(&admission, text, sizeof text));
    assert_non_null(strstr(text, "/var/d belongs to cluster 00000000000000c1"));
    assert_non_null(strstr(text, "10.0.0.1:16379"));
}

static void test_node_that_has_been_linked_goes_on(void **state)
{
    (void)state;
    char text[512];
    struct admission admission = refused(0xc1, GR_EFOREIGN);
    admission.had_link = true;
    assert_false(admission_must_stop(&admission, text, sizeof text));
}

static void test_seed_without_a_cluster_is_tried_again(void **state)
{
    (void)state;
    char text[512];
    struct admission admission = refused(0, GR_EFOREIGN);
    assert_false(admission_must_stop(&admission, text, sizeof text));
}

static void test_version_stops_only_before_a_seed(void **state)
{
    (void)state;
    char text[512];
    struct admission admission = refused(0, GR_EVERSION);
    assert_true(admission_must_stop(&admission, text, sizeof text));
    admission.is_seed = false;
    assert_false(admission_must_stop(&admission, text, sizeof text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_directory_of_another_cluster_stops),
        cmocka_unit_test(test_node_that_has_been_linked_goes_on),
        cmocka_unit_test(test_seed_without_a_cluster_is_tried_again),
        cmocka_unit_test(test_version_stops_only_before_a_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
