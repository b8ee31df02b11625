#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/state.h"

/* Two parts of membership, "ab" and "c". */
static const uint8_t membership[] = {2, 0, 0, 0, 'a', 'b', 1, 0, 0, 0, 'c'};

static void join(struct buffer *whole, const char *fill, const char *floors)
{
    struct state_parts parts = {bytes_of(membership, sizeof membership), bytes_of_text(fill), bytes_of_text(floors)};
    assert_int_equal(state_join(whole, &parts), 0);
}

static void split(struct bytes state, const char *fill, const char *floors)
{
    struct state_parts parts;
    assert_int_equal(state_split(state, &parts), 0);
    assert_true(bytes_equal(parts.membership, bytes_of(membership, sizeof membership)));
    assert_true(bytes_equal(parts.fill, bytes_of_text(fill)));
    assert_true(bytes_equal(parts.floors, bytes_of_text(floors)));
}

static void parts_come_back(void **state)
{
    (void)state;
    struct buffer whole;
    buffer_init(&whole, 100);
    join(&whole, "fill", "floors");
    split(buffer_bytes(&whole), "fill", "floors");
    join(&whole, "fill", "");
    split(buffer_bytes(&whole), "fill", "");
    join(&whole, "", "floors");
    split(buffer_bytes(&whole), "", "floors");
    buffer_done(&whole);
}

static void a_state_of_before_has_no_further_parts(void **state)
{
    (void)state;
    struct buffer whole;
    buffer_init(&whole, 100);
    split(bytes_of(membership, sizeof membership), "", "");
    join(&whole, "", "");
    assert_int_equal(whole.len, sizeof membership);
    buffer_done(&whole);
}

static void a_state_cut_off_is_corrupt(void **state)
{
    (void)state;
    struct buffer whole;
    struct state_parts parts;
    buffer_init(&whole, 100);
    join(&whole, "fill", "floors");
    size_t with_fill = sizeof membership + 4 + strlen("fill");
    for (size_t len = 1; len < whole.len; len++) {
        int expected = len == sizeof membership || len == with_fill ? 0 : GR_ECORRUPT;
        assert_int_equal(state_split(bytes_of(whole.data, len), &parts), expected);
    }
    buffer_done(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_back),
        cmocka_unit_test(a_state_of_before_has_no_further_parts),
        cmocka_unit_test(a_state_cut_off_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
