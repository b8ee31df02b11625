/* Looking into tables: no good one is condemned, and each changed byte of what is looked at is found.
 * GRAMME_TABLES=N makes N good ones. */
#include "damage_test.h"

#include "base/rng.h"
#include "store/table.h"

/* One way in which a table may be made. */
struct shape {
    unsigned keys;
    unsigned value_bytes;
    int format_version;
    int checksum;
    int compression;
    size_t block_bytes;
    int index;
    bool has_filter;
    bool is_partitioned;
};

enum { SHAPES_DEFAULT = 200 };
enum { CHECKSUM_NONE, CHECKSUM_CRC32C, CHECKSUM_XXHASH, CHECKSUM_XXHASH64, CHECKSUM_XXH3, CHECKSUMS };

static struct shape any_shape(struct rng *rng)
{
    static const int compressions[] = {rocksdb_no_compression, rocksdb_lz4_compression, rocksdb_zstd_compression};
    struct shape shape = {.keys = (unsigned)rng_between(rng, 1, rng_chance(rng, 100000) ? 20000 : 200),
                          .value_bytes = (unsigned)rng_below(rng, rng_chance(rng, 500000) ? 20 : 2000),
                          .format_version = (int)rng_between(rng, 2, 5),
                          .checksum = (int)rng_below(rng, CHECKSUMS),
                          .compression = compressions[rng_below(rng, 3)],
                          .block_bytes = (size_t)rng_between(rng, 100, 32768),
                          .has_filter = rng_chance(rng, 500000)};
    shape.index = rng_chance(rng, 500000) ? rocksdb_block_based_table_index_type_binary_search
                                          : rocksdb_block_based_table_index_type_two_level_index_search;
    shape.is_partitioned = shape.has_filter && rng_chance(rng, 500000) &&
                           shape.index == rocksdb_block_based_table_index_type_two_level_index_search;
    return shape;
}

static rocksdb_options_t *options_of(const struct shape *shape)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_block_based_table_options_t *tables = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_format_version(tables, shape->format_version);
    rocksdb_block_based_options_set_checksum(tables, (char)shape->checksum);
    rocksdb_block_based_options_set_block_size(tables, shape->block_bytes);
    rocksdb_block_based_options_set_index_type(tables, shape->index);
    rocksdb_block_based_options_set_partition_filters(tables, shape->is_partitioned);
    if (shape->has_filter) {
        rocksdb_block_based_options_set_filter_policy(tables, rocksdb_filterpolicy_create_bloom_full(10));
    }
    rocksdb_options_set_compression(options, shape->compression);
    rocksdb_options_set_block_based_table_factory(options, tables);
    rocksdb_block_based_options_destroy(tables);
    return options;
}

static void make_file(const char *path, const struct shape *shape, struct rng *rng)
{
    char *error = NULL, key[16], *value = calloc(1, shape->value_bytes + 1);
    rocksdb_envoptions_t *env_options = rocksdb_envoptions_create();
    rocksdb_options_t *options = options_of(shape);
    rocksdb_sstfilewriter_t *writer = rocksdb_sstfilewriter_create(env_options, options);
    rocksdb_sstfilewriter_open(writer, path, &error);
    for (unsigned i = 0; i < shape->keys && error == NULL; i++) {
        int len = snprintf(key, sizeof key, "k%08u", i);
        for (unsigned at = 0; at < shape->value_bytes; at += 7) {
            value[at] = (char)rng_next(rng);
        }
        rocksdb_sstfilewriter_put(writer, key, (size_t)len, value, shape->value_bytes, &error);
    }
    if (error == NULL) {
        rocksdb_sstfilewriter_finish(writer, &error);
    }
    if (error != NULL) {
        fail_msg("%s", error);
    }
    rocksdb_sstfilewriter_destroy(writer);
    rocksdb_options_destroy(options);
    rocksdb_envoptions_destroy(env_options);
    free(value);
}

static bool is_damaged(const char *path)
{
    uint64_t offset;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    bool is = table_is_damaged(fd, &offset);
    close(fd);
    return is;
}

static void test_no_good_table_is_condemned(void **state)
{
    struct store *store = *state;
    struct rng rng;
    char path[STORE_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s/table", store->dir);
    const char *wanted = getenv("GRAMME_TABLES");
    unsigned shapes = wanted == NULL ? SHAPES_DEFAULT : (unsigned)strtoul(wanted, NULL, 10);
    rng_init(&rng, 1);
    for (unsigned i = 0; i < shapes; i++) {
        struct shape shape = any_shape(&rng);
        make_file(path, &shape, &rng);
        if (is_damaged(path)) {
            fail_msg("table %u: version %d, checksum %d", i, shape.format_version, shape.checksum);
        }
    }
}

/* The bytes of the file of which one change is found: in metaindex, properties and the places in the footer. */
static unsigned count_found_changes(const char *path)
{
    unsigned found = 0;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    for (off_t at = 0; at < size_of(path); at++) {
        uint8_t byte, changed;
        uint64_t offset = 0;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        changed = byte ^ 0x10;
        assert_int_equal(pwrite(fd, &changed, 1, at), 1);
        bool is = table_is_damaged(fd, &offset);
        assert_true(!is || offset <= (uint64_t)size_of(path));
        found += is;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    close(fd);
    return found;
}

static void expect_changes_found(struct store *store, int checksum, unsigned low, unsigned high)
{
    struct shape shape = {
        .keys = 20, .value_bytes = 10, .format_version = 5, .checksum = checksum, .block_bytes = 4096};
    struct rng rng;
    char path[STORE_PATH_BYTES + 16];
    rng_init(&rng, 1);
    snprintf(path, sizeof path, "%s/table", store->dir);
    make_file(path, &shape, &rng);
    assert_in_range(count_found_changes(path), low, high);
}

static void test_changes_are_found(void **state)
{
    expect_changes_found(*state, CHECKSUM_CRC32C, 700, 1200);
    expect_changes_found(*state, CHECKSUM_XXH3, 700, 1200);
}

static void test_other_checksums_are_left_alone(void **state)
{
    expect_changes_found(*state, CHECKSUM_XXHASH64, 0, 0);
    expect_changes_found(*state, CHECKSUM_NONE, 0, 0);
}

static void test_what_is_no_table_is_left_alone(void **state)
{
    struct store *store = *state;
    struct rng rng;
    char path[STORE_PATH_BYTES + 16];
    uint8_t bytes[200];
    snprintf(path, sizeof path, "%s/table", store->dir);
    rng_init(&rng, 1);
    for (size_t len = 0; len < sizeof bytes; len++) {
        bytes[len] = (uint8_t)rng_next(&rng);
        FILE *file = fopen(path, "we");
        assert_int_equal(fwrite(bytes, 1, len, file), len);
        assert_int_equal(fclose(file), 0);
        assert_false(is_damaged(path));
    }
}

#define ON(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(test_no_good_table_is_condemned),
        ON(test_changes_are_found),
        ON(test_other_checksums_are_left_alone),
        ON(test_what_is_no_table_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
