#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/key_list.h"
#include "ring/slot.h"

#define EVERY UINT16_MAX

/* Keys of one slot, in order. */
static const char *const names[] = {"{s}a", "{s}b", "{s}c"};

static void add(struct buffer *list, unsigned number, const char *name)
{
    struct key_item item = {.digest = number, .object_len = 1000 + number, .key = bytes_of_text(name)};
    assert_int_equal(key_list_add(list, &item), 0);
}

static void fill(struct buffer *list, unsigned from, unsigned count)
{
    buffer_init(list, 1000);
    for (unsigned i = from; i < from + count; i++) {
        add(list, i, names[i]);
    }
}

static const char *check(const struct buffer *list, bool resumes, const char *after)
{
    struct bytes last = BYTES_EMPTY;
    uint16_t slot = ring_slot(bytes_of_text(names[0]));
    return key_list_invalid(buffer_bytes(list), slot, EVERY, resumes, bytes_of_text(after), &last);
}

static void what_goes_in_comes_out(void **state)
{
    (void)state;
    struct buffer list;
    struct key_item item;
    size_t at = 0;
    fill(&list, 0, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(key_list_next(buffer_bytes(&list), &at, &item));
        assert_int_equal(item.digest, i);
        assert_int_equal(item.object_len, 1000 + i);
        assert_true(bytes_equal(item.key, bytes_of_text(names[i])));
    }
    assert_false(key_list_next(buffer_bytes(&list), &at, &item));
    assert_null(check(&list, false, ""));
    buffer_done(&list);
}

static void a_list_goes_on_behind_the_page_before(void **state)
{
    (void)state;
    struct buffer list;
    fill(&list, 1, 2);
    assert_null(check(&list, true, names[0]));
    assert_non_null(check(&list, true, names[1]));
    buffer_done(&list);
}

static void keys_out_of_order_or_of_elsewhere_are_refused(void **state)
{
    (void)state;
    struct buffer list;
    struct bytes last = BYTES_EMPTY;
    fill(&list, 0, 2);
    add(&list, 0, names[0]);
    assert_non_null(check(&list, false, ""));
    list.len = 0;
    add(&list, 0, "elsewhere");
    assert_non_null(check(&list, false, ""));
    list.len = 0;
    add(&list, 0, names[0]);
    uint16_t others = (uint16_t) ~(1u << leaf_of(bytes_of_text(names[0])));
    uint16_t slot = ring_slot(bytes_of_text(names[0]));
    assert_non_null(key_list_invalid(buffer_bytes(&list), slot, others, false, BYTES_EMPTY, &last));
    buffer_done(&list);
}

static void a_list_cut_off_is_refused(void **state)
{
    (void)state;
    struct buffer list;
    fill(&list, 0, 2);
    for (size_t len = list.len; list.len > 0; list.len--) {
        bool is_whole = list.len == len || list.len == len / 2;
        assert_int_equal(check(&list, false, "") == NULL, is_whole);
    }
    buffer_done(&list);
}

static void a_page_becomes_a_list(void **state)
{
    (void)state;
    struct buffer list;
    struct key_item item;
    size_t at = 0;
    struct page *page = page_new(1000);
    buffer_init(&list, 1000);
    assert_int_equal(page_add(page, 0, bytes_of_text("k"), bytes_of_text("12345678"), true), 0);
    assert_int_equal(page_add(page, 0, bytes_of_text("l"), bytes_of_text("12345678"), false), 0);
    assert_int_equal(key_list_of_page(&list, page), 0);
    assert_true(key_list_next(buffer_bytes(&list), &at, &item));
    assert_true(key_list_next(buffer_bytes(&list), &at, &item));
    assert_true(bytes_equal(item.key, bytes_of_text("l")));
    assert_int_equal(item.digest, 0x3837363534333231);
    page->items.len -= 3;
    buffer_clear(&list, 0);
    assert_int_equal(key_list_of_page(&list, page), GR_ECORRUPT);
    page_free(page);
    buffer_done(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(a_list_goes_on_behind_the_page_before),
        cmocka_unit_test(keys_out_of_order_or_of_elsewhere_are_refused),
        cmocka_unit_test(a_list_cut_off_is_refused),
        cmocka_unit_test(a_page_becomes_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
