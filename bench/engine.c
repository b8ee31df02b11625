/* What the storage engine adds to RocksDB, and what group commit takes away from the disk.
 *
 * Build: cc -std=c17 -D_GNU_SOURCE -O2 -Isrc, this file and those of src/store and src/base, -lrocksdb -lxxhash
 * -lpthread. Usage: engine DIR [KEYS=200000] [SECONDS=2]
 *
 * 16-byte keys, 100-byte values, random order; each of the engine's writes changes a leaf too, as a node's do. For 1,
 * 16, 50 and 500 writes in flight: the engine's synced puts, then raw RocksDB writing synced batches of that size, in
 * turns on the same disk, and the ratio. Then inline gets the same way. A closed loop: each completed write is replaced
 * by a new one at once.
 */
#include <rocksdb/c.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/rng.h"
#include "store/engine.h"
#include "store/rocksdb_options.h"

#define VALUE_BYTES 100
#define KEY_BYTES 16
#define IN_FLIGHT_MAX 500u

struct bench {
    struct engine *engine;
    rocksdb_t *raw;
    rocksdb_column_family_handle_t *families[FAMILY_COUNT];
    struct rng rng;
    uint64_t keys;
    double seconds;
    char value[VALUE_BYTES];
    sem_t woken;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of the whole process, every thread of it, in microseconds. */
static double processor_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void wake(void *context)
{
    sem_post(&((struct bench *)context)->woken);
}

/* Slot and key of a random number below `keys`. */
static uint16_t random_key(struct bench *bench, char ret[KEY_BYTES + 1])
{
    uint64_t number = rng_below(&bench->rng, bench->keys) * 0x9e3779b97f4a7c15u;
    snprintf(ret, KEY_BYTES + 1, "%016llx", (unsigned long long)number);
    return (uint16_t)(number >> 50);
}

static void submit_one(struct bench *bench)
{
    char key[KEY_BYTES + 1];
    struct blob *value = blob_copy(bytes_of(bench->value, VALUE_BYTES));
    struct engine_write write = {.value = value, .clock = 1, .leaf_delta = rng_next(&bench->rng)};
    write.at.slot = random_key(bench, key);
    write.at.key = bytes_of(key, KEY_BYTES);
    if (engine_submit(bench->engine, &write) != 0) {
        abort();
    }
    blob_unref(value);
}

static unsigned poll_all(struct bench *bench)
{
    struct engine_completion completions[IN_FLIGHT_MAX];
    unsigned count = engine_poll(bench->engine, completions, IN_FLIGHT_MAX);
    for (unsigned i = 0; i < count; i++) {
        if (completions[i].status != 0) {
            abort();
        }
    }
    return count;
}

/* Returns writes a second; how many shared a commit, and the processor time of one. */
static double engine_puts(struct bench *bench, unsigned in_flight, double *ret_group, double *ret_us)
{
    double begin = now(), end = begin + bench->seconds, used = processor_us();
    uint64_t done = 0, commits = engine_commits(bench->engine);
    unsigned flying = 0;
    while (now() < end || flying > 0) {
        for (; flying < in_flight && now() < end; flying++) {
            submit_one(bench);
        }
        engine_flush(bench->engine);
        sem_wait(&bench->woken);
        unsigned count = poll_all(bench);
        flying -= count;
        done += count;
    }
    *ret_group = (double)done / (double)(engine_commits(bench->engine) - commits);
    *ret_us = (processor_us() - used) / (double)done;
    return (double)done / (now() - begin);
}

static void check(char *error)
{
    if (error != NULL) {
        fprintf(stderr, "%s\n", error);
        abort();
    }
}

/* Returns writes a second. */
static double raw_puts(struct bench *bench, unsigned batch_size)
{
    rocksdb_writeoptions_t *options = rocksdb_writeoptions_create();
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    double begin = now();
    uint64_t done = 0;
    rocksdb_writeoptions_set_sync(options, 1);
    for (; now() < begin + bench->seconds; done += batch_size) {
        char key[KEY_BYTES + 1], *error = NULL;
        for (unsigned i = 0; i < batch_size; i++) {
            random_key(bench, key);
            rocksdb_writebatch_put_cf(batch, bench->families[FAMILY_OBJECTS], key, KEY_BYTES, bench->value,
                                      VALUE_BYTES);
        }
        rocksdb_write(bench->raw, options, batch, &error);
        check(error);
        rocksdb_writebatch_clear(batch);
    }
    double seconds = now() - begin;
    rocksdb_writebatch_destroy(batch);
    rocksdb_writeoptions_destroy(options);
    return (double)done / seconds;
}

static double engine_gets(struct bench *bench, double *ret_inline_share)
{
    double begin = now();
    uint64_t done = 0, inline_count = 0;
    for (; now() < begin + bench->seconds; done++) {
        char key[KEY_BYTES + 1];
        uint16_t slot = random_key(bench, key);
        struct blob *blob = NULL;
        int status = 0;
        struct engine_key at = {0, slot, bytes_of(key, KEY_BYTES)};
        inline_count += engine_get(bench->engine, &at, &blob, &status) != ENGINE_FAILED;
        blob_unref(blob);
    }
    *ret_inline_share = (double)inline_count / (double)done;
    return (double)done / (now() - begin);
}

static double raw_gets(struct bench *bench)
{
    rocksdb_readoptions_t *options = rocksdb_readoptions_create();
    double begin = now();
    uint64_t done = 0;
    for (; now() < begin + bench->seconds; done++) {
        char key[KEY_BYTES + 1], *error = NULL;
        size_t len;
        random_key(bench, key);
        rocksdb_free(
            rocksdb_get_cf(bench->raw, options, bench->families[FAMILY_OBJECTS], key, KEY_BYTES, &len, &error));
        check(error);
    }
    rocksdb_readoptions_destroy(options);
    return (double)done / (now() - begin);
}

/* Raw RocksDB with the engine's own settings, so that the difference is the engine. */
static void open_both(struct bench *bench, const char *dir)
{
    char path[4096], text[1024], *error = NULL;
    struct rocksdb_settings settings;
    snprintf(path, sizeof path, "%s/engine", dir);
    struct engine_options options = {.kind = ENGINE_ROCKSDB,
                                     .durability = ENGINE_SYNC,
                                     .dir = path,
                                     .pending_max = IN_FLIGHT_MAX,
                                     .wake = wake,
                                     .wake_context = bench};
    if (engine_open(&options, text, sizeof text, &bench->engine) != 0) {
        fprintf(stderr, "%s\n", text);
        exit(1);
    }
    snprintf(path, sizeof path, "%s/raw", dir);
    rocksdb_settings_init(&settings, 0, true, rocksdb_tolerate_corrupted_tail_records_recovery);
    bench->raw =
        rocksdb_open_column_families(settings.database, path, FAMILY_COUNT, rocksdb_family_names,
                                     (const rocksdb_options_t *const *)settings.families, bench->families, &error);
    check(error);
    rocksdb_settings_done(&settings);
}

static void close_both(struct bench *bench)
{
    engine_close(bench->engine);
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        rocksdb_column_family_handle_destroy(bench->families[i]);
    }
    rocksdb_close(bench->raw);
}

static void run(struct bench *bench)
{
    static const unsigned in_flight[] = {1, 16, 50, 500};
    double more, us;
    printf("%-16s %12s %12s %7s %s\n", "", "engine ops/s", "raw ops/s", "ratio", "");
    for (unsigned i = 0; i < sizeof in_flight / sizeof in_flight[0]; i++) {
        double engine = engine_puts(bench, in_flight[i], &more, &us), raw = raw_puts(bench, in_flight[i]);
        printf("put-sync-%-7u %12.0f %12.0f %7.2f %.1f writes a commit, %.2f us of processor time each\n", in_flight[i],
               engine, raw, engine / raw, more, us);
    }
    double engine = engine_gets(bench, &more), raw = raw_gets(bench);
    printf("%-16s %12.0f %12.0f %7.2f %.1f%% answered inline\n", "get", engine, raw, engine / raw, more * 100);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    if (argc < 2) {
        fprintf(stderr, "usage: engine DIR [KEYS=200000] [SECONDS=2]\n");
        return 2;
    }
    bench.keys = argc > 2 ? strtoull(argv[2], NULL, 10) : 200000;
    bench.seconds = argc > 3 ? strtod(argv[3], NULL) : 2;
    rng_init(&bench.rng, 1);
    sem_init(&bench.woken, 0, 0);
    for (unsigned i = 0; i < VALUE_BYTES; i++) {
        bench.value[i] = (char)('a' + rng_below(&bench.rng, 26));
    }
    if (mkdir(argv[1], 0700) != 0) {
        perror(argv[1]);
        return 1;
    }
    open_both(&bench, argv[1]);
    run(&bench);
    close_both(&bench);
    return 0;
}
