/* Opened although files are bad. That loses nothing in silence: either every acknowledged write is there, or the engine
 * says that files were put aside; and what is counted is what is there. */
#include "damage_test.h"

/* What is counted is what is there. */
static void expect_consistent(struct store *store, unsigned found)
{
    struct engine_scan scan = {.slot = 1, .leaves = 0xffff, .counts = true, .bytes_max = 1 << 20};
    struct page *page = store_page(store, &scan);
    assert_memory_equal(page->counted, page->kept, sizeof page->kept);
    page_free(page);
    assert_int_equal(engine_live(store->engine, 1), found);
    expect_identity(store);
}

/* It opens, says what was put aside, and goes on saying so until it is told that all is well. */
static unsigned expect_salvaged(struct store *store, const char *what)
{
    char text[1024];
    store_open(store);
    unsigned found = count_found(store);
    for (unsigned round = 0; round < 2; round++) {
        assert_true(engine_was_salvaged(store->engine, text, sizeof text));
        if (strstr(text, what) == NULL || strstr(text, "/quarantine/") == NULL) {
            fail_msg("no %s in: %s", what, text);
        }
        assert_true(engine_holds_data(store->engine));
        expect_consistent(store, found);
        store_reopen(store);
    }
    assert_int_equal(put_one(store, WRITES), 0);
    assert_int_equal(engine_salvage_done(store->engine), 0);
    expect_not_salvaged(store);
    store_reopen(store);
    expect_not_salvaged(store);
    assert_int_equal(count_found(store), found);
    expect_consistent(store, found + 1);
    return found;
}

static void expect_aside(struct store *store, const char *file)
{
    char path[STORE_PATH_BYTES + 300];
    snprintf(path, sizeof path, "%s/quarantine/1/%s", store->dir, strrchr(file, '/') + 1);
    assert_int_equal(access(path, F_OK), 0);
}

static void test_damaged_manifest(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "MANIFEST", "", file, sizeof file);
    damage(file, 40, "damage");
    assert_int_equal(expect_salvaged(store, file), WRITES);
    expect_aside(store, file);
}

static void test_truncated_manifest(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "MANIFEST", "", file, sizeof file);
    assert_int_equal(truncate(file, 60), 0);
    assert_int_equal(expect_salvaged(store, file), WRITES);
    expect_aside(store, file);
}

static void test_missing_manifest(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "MANIFEST", "", file, sizeof file);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(expect_salvaged(store, file), WRITES);
}

/* Nothing but the log has the data, and nothing but the manifest says which family is which: the families' marks do. */
static void test_missing_manifest_and_data_in_the_log(void **state)
{
    struct store *store = *state;
    char file[512];
    make_log(store);
    find_file(store, "MANIFEST", "", file, sizeof file);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(expect_salvaged(store, file), WRITES);
}

static void test_damaged_current(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "CURRENT", "", file, sizeof file);
    damage(file, 0, "nonsense");
    assert_int_equal(expect_salvaged(store, "CURRENT"), WRITES);
    expect_aside(store, file);
}

static void test_empty_current(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "CURRENT", "", file, sizeof file);
    assert_int_equal(truncate(file, 0), 0);
    assert_int_equal(expect_salvaged(store, "CURRENT"), WRITES);
}

static void test_missing_current(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "CURRENT", "", file, sizeof file);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(expect_salvaged(store, "CURRENT"), WRITES);
}

static void test_truncated_table(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "", ".sst", file, sizeof file);
    assert_int_equal(truncate(file, size_of(file) / 2), 0);
    assert_int_equal(expect_salvaged(store, file), 0);
    expect_aside(store, file);
}

/* The number of restart points at the end of the properties gets the flag of another kind of block, one on which
 * RocksDB 7.8 asserts before it has compared the checksum. The properties end where the metaindex begins. */
static void flag_properties(const char *file)
{
    uint8_t footer[53], byte;
    uint64_t metaindex = 0;
    int fd = open(file, O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, footer, sizeof footer, size_of(file) - (off_t)sizeof footer), sizeof footer);
    for (unsigned i = 0; i == 0 || footer[i] >= 0x80; i++) {
        metaindex |= (uint64_t)(footer[i + 1] & 0x7f) << (7 * i);
    }
    off_t at = (off_t)metaindex - 6; /* behind it are 5 bytes of a block's trailer */
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x80;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void test_table_that_would_end_the_process(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "", ".sst", file, sizeof file);
    flag_properties(file);
    assert_int_equal(expect_salvaged(store, "is damaged at byte"), 0);
    expect_aside(store, file);
}

/* What a flush leaves that lost its power: no list has it, and nothing is lost. */
static void test_damaged_table_that_is_in_no_list(void **state)
{
    struct store *store = *state;
    char file[512], stray[STORE_PATH_BYTES + 32], command[1024];
    make_table(store);
    find_file(store, "", ".sst", file, sizeof file);
    snprintf(stray, sizeof stray, "%s/rocksdb/009999.sst", store->dir);
    snprintf(command, sizeof command, "cp %s %s", file, stray);
    assert_int_equal(system(command), 0);
    flag_properties(stray);
    store_open(store);
    expect_not_salvaged(store);
    assert_int_equal(count_found(store), WRITES);
}

static void test_missing_table(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "", ".sst", file, sizeof file);
    assert_int_equal(unlink(file), 0);
    *strrchr(file, '.') = '\0';
    assert_int_equal(expect_salvaged(store, file), 0);
}

/* A table and the log: what the log holds is brought in nevertheless. */
static void test_missing_table_and_data_in_the_log(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "", ".sst", file, sizeof file);
    assert_int_equal(unlink(file), 0);
    store_open(store);
    assert_int_equal(engine_salvage_done(store->engine), 0);
    put_all(store); /* in the log */
    store_close(store);
    find_file(store, "", ".sst", file, sizeof file);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(expect_salvaged(store, "quarantine/2"), WRITES);
}

/* Open and write a little, so that there is one more table, until a compaction has stopped the writes. */
static int write_until_compaction(struct store *store)
{
    int status = 0;
    for (unsigned round = 0; round < 12 && status == 0; round++) {
        store_close(store);
        store_open(store);
        for (unsigned i = 0; i < 10 && status == 0; i++) {
            usleep(20000);
            status = put_one(store, i * 29);
        }
    }
    return status;
}

/* RocksDB writes no more then. It says so, naming the file, and the next start puts that aside. */
static void test_compaction_over_a_damaged_block(void **state)
{
    struct store *store = *state;
    char file[512], text[512];
    make_table(store);
    find_file(store, "", ".sst", file, sizeof file);
    damage(file, size_of(file) / 3, "damage");
    store_open(store);
    assert_int_equal(write_until_compaction(store), GR_ECORRUPT);
    assert_int_equal(put_one(store, 1), GR_ECORRUPT);
    engine_trouble(store->engine, text, sizeof text);
    assert_non_null(strstr(text, file));
    assert_non_null(strstr(text, "opened anew"));
    store_close(store);
    assert_in_range(expect_salvaged(store, file), 10, WRITES - 1);
    expect_aside(store, file);
}

/* No scan of that slot would succeed any more. Only who knows of other copies can say that the file is to go. */
static void test_salvage_is_asked_for(void **state)
{
    struct store *store = *state;
    struct engine_completion completion;
    struct engine_scan scan = {.slot = 1, .leaves = 0xffff, .counts = true, .bytes_max = 1000};
    char file[512];
    make_table(store);
    find_file(store, "", ".sst", file, sizeof file);
    damage(file, size_of(file) / 3, "damage");
    store_open(store);
    assert_int_equal(engine_page(store->engine, &scan), 0);
    store_complete(store, &completion, 1);
    assert_int_equal(completion.status, GR_ECORRUPT);
    store_reopen(store);
    expect_not_salvaged(store);
    assert_int_equal(engine_want_salvage(store->engine, "a scan met damage"), 0);
    assert_int_equal(engine_want_salvage(store->engine, "and again"), 0);
    store_close(store);
    assert_in_range(expect_salvaged(store, strrchr(file, '/') + 1), 0, WRITES - 1);
    expect_aside(store, file);
}

/* Damage the first block of every table of a family. */
static void damage_tables(struct store *store, const char *family)
{
    char path[STORE_PATH_BYTES + 16], table[STORE_PATH_BYTES + 64], *error = NULL;
    struct rocksdb_settings settings;
    rocksdb_column_family_handle_t *families[FAMILY_COUNT];
    snprintf(path, sizeof path, "%s/rocksdb", store->dir);
    rocksdb_settings_init(&settings, 0, false, rocksdb_tolerate_corrupted_tail_records_recovery);
    rocksdb_t *db = rocksdb_open_column_families(settings.database, path, FAMILY_COUNT, rocksdb_family_names,
                                                 (const rocksdb_options_t *const *)settings.families, families, &error);
    assert_null(error);
    const rocksdb_livefiles_t *files = rocksdb_livefiles(db);
    for (int i = 0; i < rocksdb_livefiles_count(files); i++) {
        if (strcmp(rocksdb_livefiles_column_family_name(files, i), family) == 0) {
            snprintf(table, sizeof table, "%s%s", path, rocksdb_livefiles_name(files, i));
            damage(table, 1, "damage");
        }
    }
    rocksdb_livefiles_destroy(files);
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        rocksdb_column_family_handle_destroy(families[i]);
    }
    rocksdb_close(db);
    rocksdb_settings_done(&settings);
}

/* Found when they are loaded, and made anew from the objects. */
static void test_damaged_counts(void **state)
{
    struct store *store = *state;
    make_table(store);
    damage_tables(store, "counts");
    assert_int_equal(expect_salvaged(store, ".sst"), WRITES);
}

static bool is_not_k0(struct bytes key, struct bytes object)
{
    assert_int_equal(object.len, VALUE_BYTES);
    return !bytes_equal(key, bytes_of_text("k0"));
}

static void test_tombstones_are_not_counted(void **state)
{
    struct store *store = *state;
    make_table(store);
    damage_tables(store, "counts");
    store->options.is_live = is_not_k0;
    store_open(store);
    assert_int_equal(engine_live(store->engine, 1), WRITES - 1);
}

static void test_damaged_leaves(void **state)
{
    struct store *store = *state;
    make_table(store);
    damage_tables(store, "trees");
    assert_int_equal(expect_salvaged(store, ".sst"), WRITES);
}

static void test_damaged_identity_is_refused(void **state)
{
    struct store *store = *state;
    make_table(store);
    damage_tables(store, "meta");
    expect_refused(store, GR_ECORRUPT, "what this node is", "backup");
    expect_refused(store, GR_ECORRUPT, "what this node is", "/quarantine/1");
}

static void test_damage_inside_the_log(void **state)
{
    struct store *store = *state;
    char file[512];
    make_log(store);
    find_file(store, "", ".log", file, sizeof file);
    damage(file, size_of(file) / 2, "damage");
    assert_in_range(expect_salvaged(store, file), WRITES - 100, WRITES - 1);
    expect_aside(store, file);
}

static void test_missing_log(void **state)
{
    struct store *store = *state;
    char file[512];
    make_table(store);
    find_file(store, "", ".log", file, sizeof file);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(expect_salvaged(store, "*.log"), WRITES);
}

/* The identity was in the log, and nowhere else. That is for the node to see: there is data, and no identity. */
static void test_missing_log_with_the_identity(void **state)
{
    struct store *store = *state;
    struct buffer buffer;
    char file[512], text[1024];
    make_log(store);
    find_file(store, "", ".log", file, sizeof file);
    assert_int_equal(unlink(file), 0);
    store_open(store);
    assert_true(engine_was_salvaged(store->engine, text, sizeof text));
    assert_true(engine_holds_data(store->engine));
    buffer_init(&buffer, 100);
    assert_int_equal(engine_meta_get(store->engine, "identity", &buffer), GR_ENOENT);
    buffer_done(&buffer);
}

/* A repair that was cut short leaves tables that no list has: opening would delete them. */
static void test_repair_that_was_cut_short_is_repeated(void **state)
{
    struct store *store = *state;
    char path[STORE_PATH_BYTES + 16];
    make_log(store);
    snprintf(path, sizeof path, "%s/SALVAGE", store->dir);
    for (unsigned round = 0; round < 2; round++) {
        FILE *marker = fopen(path, "w");
        fputs(round == 0 ? "gramme-salvage repairing\nsome reason" : "what is this", marker);
        fclose(marker);
        store_open(store);
        assert_int_equal(count_found(store), WRITES);
        expect_consistent(store, WRITES);
        store_close(store);
    }
    assert_int_equal(expect_salvaged(store, "repaired when it was opened"), WRITES);
}

/* What remembers what a node is has to be whole; nothing is guessed, now or at the next start. */
static void test_everything_gone_is_refused(void **state)
{
    struct store *store = *state;
    char file[512], dir[STORE_PATH_BYTES + 16];
    make_table(store);
    snprintf(dir, sizeof dir, "%s/rocksdb", store->dir);
    DIR *stream = opendir(dir);
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        if (strstr(entry->d_name, ".sst") != NULL) {
            snprintf(file, sizeof file, "%s/%.200s", dir, entry->d_name);
            unlink(file);
        }
    }
    closedir(stream);
    expect_refused(store, GR_ECORRUPT, "what this node is", "backup");
    expect_refused(store, GR_ECORRUPT, "what this node is", "/quarantine/1");
}

#define ON(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(test_damaged_manifest),
        ON(test_truncated_manifest),
        ON(test_missing_manifest),
        ON(test_missing_manifest_and_data_in_the_log),
        ON(test_damaged_current),
        ON(test_empty_current),
        ON(test_missing_current),
        ON(test_truncated_table),
        ON(test_table_that_would_end_the_process),
        ON(test_damaged_table_that_is_in_no_list),
        ON(test_missing_table),
        ON(test_missing_table_and_data_in_the_log),
        ON(test_compaction_over_a_damaged_block),
        ON(test_salvage_is_asked_for),
        ON(test_damaged_counts),
        ON(test_tombstones_are_not_counted),
        ON(test_damaged_leaves),
        ON(test_damaged_identity_is_refused),
        ON(test_damage_inside_the_log),
        ON(test_missing_log),
        ON(test_missing_log_with_the_identity),
        ON(test_repair_that_was_cut_short_is_repeated),
        ON(test_everything_gone_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
