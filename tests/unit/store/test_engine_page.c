/* Hints, leaves and pages: what every engine promises of them (engine.h G7, G8), asked of each. */
#include "store_test.h"

#define OWNER_A 0x0102030405060708u
#define OWNER_B 0x0102030405060709u

static int make(void **state, enum engine_kind kind)
{
    struct store *store = malloc(sizeof *store);
    assert_non_null(store);
    store_init(store, kind, ENGINE_SYNC);
    store_open(store);
    *state = store;
    return 0;
}

static int make_memory(void **state)
{
    return make(state, ENGINE_MEMORY);
}

static int make_rocksdb(void **state)
{
    return make(state, ENGINE_ROCKSDB);
}

static int drop(void **state)
{
    store_done(*state);
    free(*state);
    return 0;
}

static struct engine_key hint_at(uint64_t owner, uint16_t slot, const char *key)
{
    return (struct engine_key){owner, slot, bytes_of_text(key)};
}

static void put_hint(struct store *store, uint64_t owner, uint16_t slot, const char *key, const char *value)
{
    assert_int_equal(store_write(store, hint_at(owner, slot, key), value, 0, 0), 0);
}

/* As the core does it: the leaf changes by the object's digest, its first 8 bytes. */
static void put_object(struct store *store, uint16_t slot, const char *key, const char *value)
{
    uint64_t digest = leaf_digest(bytes_of_text(value));
    assert_int_equal(store_write(store, hint_at(0, slot, key), value, 1, digest), 0);
}

/* The items of a page in a row: owner if any, key, value if any. */
static void tell(const struct page *page, char *ret, size_t size)
{
    struct reader r = reader_of(buffer_bytes(&page->items));
    struct page_item item;
    size_t len = 0;
    ret[0] = '\0';
    while (page_next(&r, &item)) {
        len += (size_t)snprintf(ret + len, size - len, "%.*s", (int)item.key.len, (const char *)item.key.data);
        if (item.owner != 0) {
            len += (size_t)snprintf(ret + len, size - len, "@%s", item.owner == OWNER_A ? "a" : "b");
        }
        if (item.value.len > 0) {
            len += (size_t)snprintf(ret + len, size - len, "=%.*s", (int)item.value.len, (const char *)item.value.data);
        }
        len += (size_t)snprintf(ret + len, size - len, " ");
    }
    snprintf(ret + len, size - len, "%s", page->more ? "..." : "");
}

static void expect_page(struct store *store, const struct engine_scan *scan, const char *expected)
{
    char text[512];
    struct page *page = store_page(store, scan);
    tell(page, text, sizeof text);
    page_free(page);
    assert_string_equal(text, expected);
}

static void test_hints_lie_apart(void **state)
{
    struct store *store = *state;
    put_hint(store, OWNER_A, 7, "k", "for a");
    put_hint(store, OWNER_B, 7, "k", "for b");
    assert_false(engine_holds_data(store->engine));
    store_expect(store, 7, "k", NULL);
    put_object(store, 7, "k", "the object");
    store_expect_at(store, hint_at(OWNER_A, 7, "k"), "for a");
    store_expect_at(store, hint_at(OWNER_B, 7, "k"), "for b");
    store_expect_at(store, hint_at(OWNER_B + 1, 7, "k"), NULL);
    put_hint(store, OWNER_A, 7, "k", "newer");
    put_hint(store, OWNER_B, 7, "k", NULL);
    store_expect_at(store, hint_at(OWNER_A, 7, "k"), "newer");
    store_expect_at(store, hint_at(OWNER_B, 7, "k"), NULL);
    store_expect(store, 7, "k", "the object");
    assert_int_equal(engine_live(store->engine, 7), 1);
}

static void test_removed_object_is_absent(void **state)
{
    struct store *store = *state;
    put_object(store, 7, "k", "12345678");
    assert_int_equal(store_write(store, hint_at(0, 7, "k"), NULL, -1, 0 - leaf_digest(bytes_of_text("12345678"))), 0);
    store_expect(store, 7, "k", NULL);
    assert_int_equal(store_write(store, hint_at(0, 7, "none"), NULL, 0, 0), 0);
    assert_int_equal(engine_live(store->engine, 7), 0);
    assert_true(engine_holds_data(store->engine));
    expect_page(store, &(struct engine_scan){.slot = 7, .leaves = 0xffff, .bytes_max = 1000}, "");
}

static void test_page_of_a_slot(void **state)
{
    struct store *store = *state;
    put_object(store, 6, "z", "1");
    put_object(store, 7, "b", "12345678b");
    put_object(store, 7, "", "12345678");
    put_object(store, 7, "ab", "12345678ab");
    put_object(store, 7, "a", "12345678a");
    put_object(store, 8, "c", "1");
    put_hint(store, OWNER_A, 7, "h", "1");
    struct engine_scan scan = {.token = 5, .slot = 7, .leaves = 0xffff, .bytes_max = 1000};
    expect_page(store, &scan, " a ab b ");
    scan.values = true;
    expect_page(store, &scan, "=12345678 a=12345678a ab=12345678ab b=12345678b ");
    scan.resumes = true;
    scan.after = bytes_of_text("a");
    expect_page(store, &scan, "ab=12345678ab b=12345678b ");
    scan.after = BYTES_EMPTY;
    scan.values = false;
    expect_page(store, &scan, "a ab b ");
    scan.slot = 9;
    expect_page(store, &scan, "");
}

static void test_page_takes_some_leaves(void **state)
{
    struct store *store = *state;
    char key[16], expected[512] = "";
    size_t len = 0;
    struct engine_scan scan = {.slot = 3, .leaves = 1u << 4 | 1u << 11, .bytes_max = 10000};
    for (unsigned i = 0; i < 64; i++) {
        snprintf(key, sizeof key, "k%02u", i);
        put_object(store, 3, key, "12345678");
        if ((scan.leaves >> leaf_of(bytes_of_text(key)) & 1) != 0) {
            len += (size_t)snprintf(expected + len, sizeof expected - len, "%s ", key);
        }
    }
    assert_true(len > 0);
    expect_page(store, &scan, expected);
}

/* A page that is full says that there is more, and the next one goes on behind it, until there is none. */
static void test_pages_make_up_the_whole(void **state)
{
    struct store *store = *state;
    char key[16], last[16] = "";
    unsigned seen = 0, pages = 0;
    bool more = true;
    for (unsigned i = 0; i < 50; i++) {
        snprintf(key, sizeof key, "k%02u", i);
        put_object(store, 3, key, i == 20 ? "bigger than a whole page is, and there all the same" : "12345678");
    }
    while (more) {
        struct engine_scan scan = {.slot = 3,
                                   .leaves = 0xffff,
                                   .values = true,
                                   .resumes = pages > 0,
                                   .counts = pages % 3 == 0,
                                   .after = bytes_of_text(last),
                                   .bytes_max = 70};
        struct page *page = store_page(store, &scan);
        struct reader r = reader_of(buffer_bytes(&page->items));
        struct page_item item;
        while (page_next(&r, &item)) {
            snprintf(last, sizeof last, "%.*s", (int)item.key.len, (const char *)item.key.data);
            snprintf(key, sizeof key, "k%02u", seen++);
            assert_string_equal(last, key);
        }
        assert_int_equal(page->counts, pages % 3 == 0);
        assert_memory_equal(page->counted, page->kept, sizeof page->kept);
        more = page->more;
        pages++;
        page_free(page);
    }
    assert_int_equal(seen, 50);
    assert_in_range(pages, 25, 50);
}

static void expect_leaves(struct store *store, const uint64_t counted[LEAVES], const uint64_t kept[LEAVES])
{
    struct engine_scan scan = {
        .slot = 3, .leaves = 1, .counts = true, .resumes = true, .after = bytes_of_text("zzz"), .bytes_max = 1};
    struct page *page = store_page(store, &scan);
    assert_memory_equal(page->counted, counted, LEAVES * sizeof *counted);
    assert_memory_equal(page->kept, kept, LEAVES * sizeof *kept);
    assert_int_equal(page->items.len, 0);
    page_free(page);
}

static void test_leaves_are_counted_kept_and_mended(void **state)
{
    struct store *store = *state;
    struct engine_completion completion;
    uint64_t counted[LEAVES] = {0}, kept[LEAVES], mend[LEAVES] = {0};
    char key[16];
    for (unsigned i = 0; i < 40; i++) {
        snprintf(key, sizeof key, "k%02u", i);
        put_object(store, 3, key, "12345678 value");
        put_hint(store, OWNER_A, 3, key, "12345678 hint");
        counted[leaf_of(bytes_of_text(key))] += leaf_digest(bytes_of_text("12345678"));
    }
    put_object(store, 4, "k", "12345678 elsewhere");
    expect_leaves(store, counted, counted);
    memcpy(kept, counted, sizeof kept);

    assert_int_equal(store_write(store, hint_at(0, 3, "k00"), "12345678 again", 0, 77), 0); /* not what it should be */
    kept[leaf_of(bytes_of_text("k00"))] += 77;
    expect_leaves(store, counted, kept);
    mend[leaf_of(bytes_of_text("k00"))] = 0 - (uint64_t)77;
    assert_int_equal(engine_mend(store->engine, 8, 3, mend, 0), 0);
    engine_flush(store->engine);
    store_complete(store, &completion, 1);
    assert_int_equal(completion.token, 8);
    assert_int_equal(completion.kind, ENGINE_WRITTEN);
    assert_int_equal(completion.status, 0);
    expect_leaves(store, counted, counted);
    assert_int_equal(engine_live(store->engine, 3), 40);
}

/* Without leaves to change, and on a store that has nothing yet, a mend keeps the clock. */
static void test_a_mend_keeps_the_clock(void **state)
{
    struct store *store = *state;
    struct engine_completion completion;
    assert_int_equal(engine_mend(store->engine, 8, 3, (uint64_t[LEAVES]){0}, 5000), 0);
    engine_flush(store->engine);
    store_complete(store, &completion, 1);
    assert_int_equal(completion.status, 0);
    assert_true(engine_clock(store->engine) == 5000);
    assert_false(engine_holds_data(store->engine));
    if (store->options.kind == ENGINE_ROCKSDB) {
        store_close(store);
        store_open(store);
        assert_true(engine_clock(store->engine) == 5000);
        assert_false(engine_holds_data(store->engine));
    }
}

static void test_pages_of_hints(void **state)
{
    struct store *store = *state;
    put_object(store, 2, "o", "1");
    put_hint(store, OWNER_B, 1, "d", "12345678d");
    put_hint(store, OWNER_A, 300, "a", "12345678a");
    put_hint(store, OWNER_A, 2, "c", "12345678c");
    put_hint(store, OWNER_A, 2, "b", "12345678b");
    struct engine_scan scan = {.hints = true, .bytes_max = 1000};
    expect_page(store, &scan, "b@a c@a a@a d@b ");
    scan.owner = OWNER_A;
    scan.one_owner = true;
    expect_page(store, &scan, "b@a c@a a@a ");
    scan.slot = 3;
    expect_page(store, &scan, "a@a ");
    scan.slot = 2;
    scan.resumes = true;
    scan.after = bytes_of_text("b");
    scan.values = true;
    expect_page(store, &scan, "c@a=12345678c a@a=12345678a ");
    scan.one_owner = false;
    expect_page(store, &scan, "c@a=12345678c a@a=12345678a d@b=12345678d ");
    scan.bytes_max = 50;
    expect_page(store, &scan, "c@a=12345678c ...");
    put_hint(store, OWNER_A, 2, "c", NULL);
    expect_page(store, &scan, "a@a=12345678a ...");
    scan.owner = OWNER_B + 1;
    expect_page(store, &scan, "");
}

static void test_hints_of_the_last_owner(void **state)
{
    struct store *store = *state;
    put_hint(store, UINT64_MAX, 16383, "k", "12345678");
    struct engine_scan scan = {.hints = true, .one_owner = true, .owner = UINT64_MAX, .bytes_max = 1000};
    struct page *page = store_page(store, &scan);
    struct reader r = reader_of(buffer_bytes(&page->items));
    struct page_item item;
    assert_true(page_next(&r, &item));
    assert_true(item.owner == UINT64_MAX);
    assert_true(item.digest == leaf_digest(bytes_of_text("12345678")));
    assert_int_equal(item.value_len, 8);
    assert_false(page_next(&r, &item));
    page_free(page);
}

static void test_pages_count_towards_the_bound(void **state)
{
    struct store *store = *state;
    struct engine_completion completion;
    struct engine_scan scan = {.hints = true, .bytes_max = 1000};
    store_close(store);
    store->options.pending_max = 1;
    store_open(store);
    assert_int_equal(engine_page(store->engine, &scan), 0);
    assert_int_equal(engine_page(store->engine, &scan), GR_EBUSY);
    assert_int_equal(engine_mend(store->engine, 1, 1, (uint64_t[LEAVES]){1}, 0), GR_EBUSY);
    store_complete(store, &completion, 1);
    page_free(completion.page);
    assert_int_equal(engine_page(store->engine, &scan), 0); /* never polled: freed by closing */
}

/* More scans than threads may scan at a time, and reads in between. */
static void test_many_pages_and_reads_at_once(void **state)
{
    struct store *store = *state;
    enum { PAIRS = 200 };
    struct engine_completion completions[2 * PAIRS];
    struct engine_key at = hint_at(0, 7, "k");
    struct engine_scan scan = {.slot = 7, .leaves = 0xffff, .bytes_max = 100};
    put_object(store, 7, "k", "12345678");
    for (unsigned i = 0; i < PAIRS; i++) {
        assert_int_equal(engine_page(store->engine, &scan), 0);
        assert_int_equal(engine_get_later(store->engine, i, &at), 0);
    }
    store_complete(store, completions, 2 * PAIRS);
    for (unsigned i = 0; i < 2 * PAIRS; i++) {
        assert_int_equal(completions[i].status, 0);
        assert_true((completions[i].page != NULL) == (completions[i].kind == ENGINE_SCANNED));
        assert_true((completions[i].value != NULL) == (completions[i].kind == ENGINE_READ));
        page_free(completions[i].page);
        blob_unref(completions[i].value);
    }
}

#define ON(test, make) cmocka_unit_test_setup_teardown(test, make, drop)
#define EVERY_TEST(make)                                                                                        \
    {                                                                                                           \
        ON(test_hints_lie_apart, make), ON(test_removed_object_is_absent, make), ON(test_page_of_a_slot, make), \
            ON(test_page_takes_some_leaves, make), ON(test_pages_make_up_the_whole, make),                      \
            ON(test_leaves_are_counted_kept_and_mended, make), ON(test_a_mend_keeps_the_clock, make),           \
            ON(test_pages_of_hints, make), ON(test_hints_of_the_last_owner, make),                              \
            ON(test_pages_count_towards_the_bound, make), ON(test_many_pages_and_reads_at_once, make),          \
    }

int main(void)
{
    const struct CMUnitTest memory[] = EVERY_TEST(make_memory);
    const struct CMUnitTest rocksdb[] = EVERY_TEST(make_rocksdb);
    int failed = cmocka_run_group_tests_name("memory", memory, NULL, NULL);
    failed += cmocka_run_group_tests_name("rocksdb", rocksdb, NULL, NULL);
    return failed;
}
