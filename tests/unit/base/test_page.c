#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/page.h"

static void test_items_are_read_back_in_order(void **state)
{
    (void)state;
    struct page *page = page_new(1000);
    struct page_item item;
    assert_int_equal(page_add(page, 0, bytes_of_text("k"), bytes_of_text("v"), true), 0);
    assert_int_equal(page_add(page, 7, BYTES_EMPTY, bytes_of_text("12345678"), false), 0);
    struct reader r = reader_of(buffer_bytes(&page->items));
    assert_true(page_next(&r, &item));
    assert_int_equal(item.owner, 0);
    assert_int_equal(item.value_len, 1);
    assert_true(bytes_equal(item.key, bytes_of_text("k")));
    assert_true(page_next(&r, &item));
    assert_int_equal(item.owner, 7);
    assert_true(item.digest == 0x3837363534333231u);
    assert_int_equal(item.value_len, 8);
    assert_int_equal(item.key.len, 0);
    assert_int_equal(item.value.len, 0);
    assert_false(page_next(&r, &item));
    page_free(page);
}

/* One that took the place of its length would be read as items of its own. */
static void test_the_longest_key_is_one_item(void **state)
{
    (void)state;
    static uint8_t raw[UINT16_MAX + 1];
    struct page *page = page_new(sizeof raw + 100);
    struct page_item item;
    assert_int_equal(page_add(page, 3, bytes_of(raw, UINT16_MAX), bytes_of_text("v"), true), 0);
    assert_int_equal(page_add(page, 3, bytes_of(raw, sizeof raw), bytes_of_text("v"), true), GR_ECORRUPT);
    struct reader r = reader_of(buffer_bytes(&page->items));
    assert_true(page_next(&r, &item));
    assert_true(bytes_equal(item.key, bytes_of(raw, UINT16_MAX)));
    assert_true(bytes_equal(item.value, bytes_of_text("v")));
    assert_false(page_next(&r, &item));
    page_free(page);
}

static void test_digest_of_a_short_value_is_zero(void **state)
{
    (void)state;
    struct page *page = page_new(1000);
    struct page_item item;
    assert_int_equal(page_add(page, 0, bytes_of_text("k"), bytes_of_text("1234567"), true), 0);
    struct reader r = reader_of(buffer_bytes(&page->items));
    assert_true(page_next(&r, &item));
    assert_int_equal(item.digest, 0);
    assert_true(bytes_equal(item.value, bytes_of_text("1234567")));
    page_free(page);
}

static void test_full_page_takes_no_more_but_always_one(void **state)
{
    (void)state;
    struct page *page = page_new(40);
    struct bytes key = bytes_of_text("key"), value = bytes_of_text("a value longer than the page is allowed to be");
    assert_int_equal(page_add(page, 0, key, value, true), 0);
    assert_int_equal(page_add(page, 0, BYTES_EMPTY, BYTES_EMPTY, false), GR_ETOOBIG);
    page_free(page);
    page = page_new(2 * (23 + 3));
    assert_int_equal(page_add(page, 0, key, value, false), 0);
    assert_int_equal(page_add(page, 0, key, value, false), 0);
    assert_int_equal(page_add(page, 0, key, value, false), GR_ETOOBIG);
    page_free(page);
}

static void test_objects_are_counted_in_their_leaves(void **state)
{
    (void)state;
    struct page *page = page_new(40);
    unsigned leaf = page_count(page, bytes_of_text("k"), bytes_of_text("\x02zzzzzzz"));
    assert_int_equal(leaf, leaf_of(bytes_of_text("k")));
    page_count(page, bytes_of_text("k"), bytes_of_text("\xff\xff\xff\xff\xff\xff\xff\xff"));
    assert_true(page->counted[leaf] == 0x7a7a7a7a7a7a7a01u);
    page_free(page);
    page_free(NULL);
}

static void test_malformed_bytes_end_the_items(void **state)
{
    (void)state;
    struct page *page = page_new(1000);
    struct page_item item;
    assert_int_equal(page_add(page, 0, bytes_of_text("key"), bytes_of_text("12345678"), true), 0);
    for (size_t len = 0; len < page->items.len; len++) {
        struct reader r = reader_of(bytes_of(page->items.data, len));
        assert_false(page_next(&r, &item));
    }
    page_free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_are_read_back_in_order),
        cmocka_unit_test(test_the_longest_key_is_one_item),
        cmocka_unit_test(test_digest_of_a_short_value_is_zero),
        cmocka_unit_test(test_full_page_takes_no_more_but_always_one),
        cmocka_unit_test(test_objects_are_counted_in_their_leaves),
        cmocka_unit_test(test_malformed_bytes_end_the_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
