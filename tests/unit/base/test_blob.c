#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/blob.h"

static void the_last_reference_frees(void **state)
{
    (void)state;
    struct blob *blob = blob_copy(bytes_of_text("shared"));
    assert_non_null(blob);
    assert_ptr_equal(blob_ref(blob), blob);
    assert_int_equal(blob->refs, 2);
    blob_unref(blob);
    assert_true(bytes_equal(blob_bytes(blob), bytes_of_text("shared")));
    blob_unref(blob);
}

static void null_stands_for_nothing(void **state)
{
    (void)state;
    assert_null(blob_ref(NULL));
    blob_unref(NULL);
    assert_int_equal(blob_bytes(NULL).len, 0);
}

static void a_blob_may_be_empty(void **state)
{
    (void)state;
    struct blob *blob = blob_copy(BYTES_EMPTY);
    assert_non_null(blob);
    assert_int_equal(blob_bytes(blob).len, 0);
    blob_unref(blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_reference_frees),
        cmocka_unit_test(null_stands_for_nothing),
        cmocka_unit_test(a_blob_may_be_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
