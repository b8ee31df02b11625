#include "store/rocksdb_options.h"

const char *const rocksdb_family_names[FAMILY_COUNT] = {
    [FAMILY_DEFAULT] = "default", [FAMILY_OBJECTS] = "objects", [FAMILY_COUNTS] = "counts",
    [FAMILY_META] = "meta",       [FAMILY_HINTS] = "hints",     [FAMILY_TREES] = "trees"};

#define CACHE_BYTES_DEFAULT ((size_t)64 << 20)

/* Two of these at most are in memory: one filling, one being written out. */
#define OBJECTS_BUFFER_BYTES ((size_t)64 << 20)
#define SMALL_BUFFER_BYTES ((size_t)4 << 20)

/* Hints come a node at a time, and go. */
#define HINTS_BUFFER_BYTES ((size_t)16 << 20)

/* The journal of leaves and their sums, once over: rocksdb_leaves.c. */
#define TREES_BUFFER_BYTES ((size_t)16 << 20)

/* Delivered hints are deleted from the front, and a scan has to step over what is left of them: a table in which half
 * of so many neighbours are such marks is compacted. */
#define HINTS_WINDOW 4096u

/* The log that a start may have to replay: at some 100 MB/s, about two seconds. Twice the objects' buffers, or it would
 * force them out half filled. */
#define WAL_BYTES_MAX ((uint64_t)192 << 20)

/* RocksDB's own log is kept silent: on a full disk its second failing line would abort the process (an assertion that
 * Debian's build leaves in). What fails comes back as a status, and is told by us. */
#define INFO_LOG_FATAL 4

#define INFO_LOG_BYTES_MAX ((size_t)1 << 20)
#define BLOOM_BITS_PER_KEY 10 /* one absent key in a hundred costs a block */
#define TABLE_FORMAT 5

static rocksdb_options_t *database_options(bool create, int recovery)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(options, create);
    rocksdb_options_set_create_missing_column_families(options, 1); /* older layouts had fewer */
    rocksdb_options_set_paranoid_checks(options, 1);
    rocksdb_options_set_wal_recovery_mode(options, recovery);
    rocksdb_options_set_max_total_wal_size(options, WAL_BYTES_MAX);
    rocksdb_options_set_max_background_jobs(options, 2);
    rocksdb_options_set_max_open_files(options, -1); /* every table is opened, and looked at, when the database is */
    rocksdb_options_set_bytes_per_sync(options, (uint64_t)1 << 20); /* no burst of dirty pages in a log sync's way */
    rocksdb_options_set_info_log_level(options, INFO_LOG_FATAL);
    rocksdb_options_set_keep_log_file_num(options, 2);
    rocksdb_options_set_max_log_file_size(options, INFO_LOG_BYTES_MAX);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    return options;
}

/* Indexes and filters live in the cache too, so that the cache's size is the bound on what tables hold in memory. */
static void set_tables(rocksdb_options_t *options, rocksdb_cache_t *cache)
{
    rocksdb_block_based_table_options_t *tables = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_format_version(tables, TABLE_FORMAT);
    rocksdb_block_based_options_set_block_cache(tables, cache);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(tables, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(tables, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(tables, 1);
    rocksdb_block_based_options_set_filter_policy(tables, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS_PER_KEY));
    rocksdb_options_set_block_based_table_factory(options, tables);
    rocksdb_block_based_options_destroy(tables);
}

static rocksdb_options_t *family_options(rocksdb_cache_t *cache, size_t buffer_bytes)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_set_write_buffer_size(options, buffer_bytes);
    rocksdb_options_set_max_write_buffer_number(options, 2);
    rocksdb_options_set_compression(options, rocksdb_lz4_compression);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1);
    set_tables(options, cache);
    return options;
}

void rocksdb_settings_init(struct rocksdb_settings *settings, size_t cache_bytes, bool create, int recovery)
{
    rocksdb_cache_t *cache = rocksdb_cache_create_lru(cache_bytes == 0 ? CACHE_BYTES_DEFAULT : cache_bytes);
    settings->database = database_options(create, recovery);
    settings->families[FAMILY_DEFAULT] = family_options(cache, SMALL_BUFFER_BYTES);
    settings->families[FAMILY_OBJECTS] = family_options(cache, OBJECTS_BUFFER_BYTES);
    settings->families[FAMILY_COUNTS] = family_options(cache, SMALL_BUFFER_BYTES);
    settings->families[FAMILY_META] = family_options(cache, SMALL_BUFFER_BYTES);
    settings->families[FAMILY_HINTS] = family_options(cache, HINTS_BUFFER_BYTES);
    settings->families[FAMILY_TREES] = family_options(cache, TREES_BUFFER_BYTES);
    rocksdb_options_add_compact_on_deletion_collector_factory(settings->families[FAMILY_HINTS], HINTS_WINDOW,
                                                              HINTS_WINDOW / 2);
    rocksdb_options_set_uint64add_merge_operator(settings->families[FAMILY_COUNTS]);
    rocksdb_cache_destroy(cache); /* the tables hold it */
}

void rocksdb_settings_done(struct rocksdb_settings *settings)
{
    rocksdb_options_destroy(settings->database);
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        rocksdb_options_destroy(settings->families[i]);
    }
}
