#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/state.h"

/* Two parts of membership, "ab" and "c". */
static const uint8_t membership[] = {2, 0, 0, 0, 'a', 'b', 1, 0, 0, 0, 'c'};

static void split(struct bytes state, const char *fill)
{
    struct bytes first;
    struct bytes second;
    assert_int_equal(state_split(state, &first, &second), 0);
    assert_true(bytes_equal(first, bytes_of(membership, sizeof membership)));
    assert_true(bytes_equal(second, bytes_of_text(fill)));
}

static void parts_come_back(void **state)
{
    (void)state;
    struct buffer whole;
    buffer_init(&whole, 100);
    assert_int_equal(state_join(&whole, bytes_of(membership, sizeof membership), bytes_of_text("fill")), 0);
    split(buffer_bytes(&whole), "fill");
    buffer_done(&whole);
}

static void a_state_of_before_has_no_third_part(void **state)
{
    (void)state;
    struct buffer whole;
    buffer_init(&whole, 100);
    split(bytes_of(membership, sizeof membership), "");
    assert_int_equal(state_join(&whole, bytes_of(membership, sizeof membership), BYTES_EMPTY), 0);
    assert_int_equal(whole.len, sizeof membership);
    buffer_done(&whole);
}

static void a_state_cut_off_is_corrupt(void **state)
{
    (void)state;
    struct buffer whole;
    struct bytes first;
    struct bytes second;
    buffer_init(&whole, 100);
    assert_int_equal(state_join(&whole, bytes_of(membership, sizeof membership), bytes_of_text("fill")), 0);
    for (size_t len = 1; len < whole.len; len++) {
        int expected = len == sizeof membership ? 0 : GR_ECORRUPT;
        assert_int_equal(state_split(bytes_of(whole.data, len), &first, &second), expected);
    }
    buffer_done(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_back),
        cmocka_unit_test(a_state_of_before_has_no_third_part),
        cmocka_unit_test(a_state_cut_off_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
