/* Whatever happens to one file of the directory at one place, the next opening ends in one of three ways: all that was
 * acknowledged is there, or fails its reads; or the engine says that it was salvaged; or it refuses, and says what to
 * do. It never ends the process. GRAMME_HARMS=N tries N places of each file instead of one.
 *
 * Each opening is this program run again, with the directory as its argument. */
#include "damage_test.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "base/rng.h"

enum { LATER_WRITES = 40, LATER_ROUNDS = 4, CHILD_SECONDS = 60, FILES_MAX = 64, HARMS_DEFAULT = 1 };

enum harm { HARM_BIT, HARM_CUT, HARM_SECTOR, HARM_KINDS };
static const char *const harm_names[] = {[HARM_BIT] = "bit", [HARM_CUT] = "cut", [HARM_SECTOR] = "sector"};

/* How an opening ended, as the status of the process; others are failures. */
enum end { END_WHOLE = 10, END_SALVAGED, END_REFUSED };

struct sample {
    struct store store;
    char whole[STORE_PATH_BYTES + 16];
    char trial[STORE_PATH_BYTES + 16];
    char files[FILES_MAX][64];
    unsigned file_count;
};

/* Small tables in several levels, and a log: as a node leaves them. */
static void make_whole(struct store *store)
{
    store_open(store);
    put_all(store);
    for (unsigned round = 0; round < LATER_ROUNDS; round++) {
        store_reopen(store);
        for (unsigned i = 0; i < LATER_WRITES; i++) {
            char key[16], value[VALUE_BYTES + 1];
            write_key(key, i);
            write_value(value, i);
            assert_int_equal(store_put(store, 1, key, value, 0, WRITES + i), 0);
        }
        struct engine_key hint = {.owner = 7, .slot = 1, .key = bytes_of_text("hint")};
        assert_int_equal(store_write(store, hint, "hint", 0, 0), 0);
    }
    store_close(store);
}

static void copy_file(const char *from, const char *to)
{
    char block[65536];
    FILE *in = fopen(from, "re"), *out = fopen(to, "we");
    size_t len;
    assert_non_null(in);
    assert_non_null(out);
    while ((len = fread(block, 1, sizeof block, in)) > 0) {
        assert_int_equal(fwrite(block, 1, len, out), len);
    }
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void make_trial(struct sample *sample)
{
    char from[512], to[512];
    nftw(sample->trial, store_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    snprintf(to, sizeof to, "%s/rocksdb", sample->trial);
    assert_int_equal(mkdir(sample->trial, 0700), 0);
    assert_int_equal(mkdir(to, 0700), 0);
    for (unsigned i = 0; i < sample->file_count; i++) {
        snprintf(from, sizeof from, "%s/%s", sample->whole, sample->files[i]);
        snprintf(to, sizeof to, "%s/%s", sample->trial, sample->files[i]);
        copy_file(from, to);
    }
}

static void list_files(struct sample *sample, const char *below)
{
    char dir[512];
    snprintf(dir, sizeof dir, "%s/%s", sample->whole, below);
    DIR *stream = opendir(dir);
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        if (entry->d_type == DT_REG && strcmp(entry->d_name, "LOCK") != 0) {
            assert_true(sample->file_count < FILES_MAX);
            snprintf(sample->files[sample->file_count++], sizeof sample->files[0], "%s%.40s", below, entry->d_name);
        }
    }
    closedir(stream);
}

static int make_sample(void **state)
{
    struct sample *sample = calloc(1, sizeof *sample);
    store_init(&sample->store, ENGINE_ROCKSDB, ENGINE_SYNC);
    snprintf(sample->whole, sizeof sample->whole, "%s/whole", sample->store.dir);
    snprintf(sample->trial, sizeof sample->trial, "%s/trial", sample->store.dir);
    sample->store.options.dir = sample->whole;
    make_whole(&sample->store);
    list_files(sample, "");
    list_files(sample, "rocksdb/");
    *state = sample;
    return 0;
}

static int drop_sample(void **state)
{
    struct sample *sample = *state;
    store_done(&sample->store);
    free(sample);
    return 0;
}

static off_t do_harm(struct sample *sample, const char *file, enum harm harm, off_t at)
{
    char path[512];
    uint8_t bytes[512] = {0};
    snprintf(path, sizeof path, "%s/%s", sample->trial, file);
    if (harm == HARM_CUT) {
        assert_int_equal(truncate(path, at), 0);
        return at;
    }
    size_t len = harm == HARM_BIT ? 1 : sizeof bytes;
    at -= at % (off_t)len;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ssize_t got = pread(fd, bytes, len, at);
    assert_true(got > 0);
    for (ssize_t i = 0; i < got; i++) {
        bytes[i] = (uint8_t)(harm == HARM_BIT ? bytes[i] ^ 1u << at % 8 : 0);
    }
    assert_int_equal(pwrite(fd, bytes, (size_t)got, at), got);
    close(fd);
    return at;
}

/* Returns how it ended: its exit status, or less than 0, the signal. What it said is in `ret_said`. */
static int open_trial(const struct sample *sample, char *ret_said, size_t size)
{
    int ends[2], status;
    size_t len = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        alarm(CHILD_SECONDS);
        execl("/proc/self/exe", "other", sample->trial, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    for (ssize_t got = 1; got > 0; len += got > 0 ? (size_t)got : 0) {
        got = read(ends[0], ret_said + len, size - 1 - len);
    }
    ret_said[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static bool is_an_end(int ended)
{
    return ended >= END_WHOLE && ended <= END_REFUSED;
}

/* The first opening, and the one after it: what was said or put aside must not come back. */
static bool survives(struct sample *sample, const char *file, enum harm harm, off_t at)
{
    char said[8192];
    make_trial(sample);
    at = do_harm(sample, file, harm, at);
    int first = open_trial(sample, said, sizeof said);
    int second = is_an_end(first) ? open_trial(sample, said, sizeof said) : first;
    bool is_fine = is_an_end(first) && second == first;
    if (!is_fine) {
        fprintf(stderr, "%s, %s at %lld: ended %d, then %d: %s\n", file, harm_names[harm], (long long)at, first, second,
                said);
    }
    return is_fine;
}

static void test_no_harm_to_a_file_ends_the_process(void **state)
{
    struct sample *sample = *state;
    struct rng rng;
    char path[512];
    unsigned failed = 0;
    const char *wanted = getenv("GRAMME_HARMS");
    unsigned harms = wanted == NULL ? HARMS_DEFAULT : (unsigned)strtoul(wanted, NULL, 10);
    rng_init(&rng, harms);
    for (unsigned i = 0; i < harms * sample->file_count; i++) {
        const char *file = sample->files[i % sample->file_count];
        snprintf(path, sizeof path, "%s/%s", sample->whole, file);
        off_t size = size_of(path);
        enum harm harm = (enum harm)rng_below(&rng, HARM_KINDS);
        failed += size > 0 && !survives(sample, file, harm, (off_t)rng_below(&rng, (uint64_t)size));
    }
    assert_int_equal(failed, 0);
}

/* Each key is what was written, or fails its read; returns how many are absent. */
static unsigned judge(struct store *store)
{
    unsigned absent = 0;
    for (unsigned i = 0; i < WRITES; i++) {
        char key[16], value[VALUE_BYTES + 1];
        struct blob *blob = NULL;
        int status = 0;
        write_key(key, i);
        write_value(value, i);
        enum engine_result result = store_get(store, 1, key, &blob, &status);
        absent += result == ENGINE_ABSENT;
        assert_true(result != ENGINE_FOUND || bytes_equal(blob_bytes(blob), bytes_of_text(value)));
        assert_true(result != ENGINE_FAILED || status == GR_ECORRUPT);
        blob_unref(blob);
    }
    return absent;
}

/* The last record of the log was a hint: its loss cannot be told from a torn one, and nothing else may be lost. */
static void expect_whole(struct store *store)
{
    assert_int_equal(judge(store), 0);
    assert_int_equal(engine_clock(store->engine), WRITES + LATER_WRITES - 1);
    expect_identity(store);
}

/* The other process's task. An assertion that does not hold ends it with another status. */
static int open_harmed(char *dir)
{
    struct store store;
    char text[2048];
    store_init(&store, ENGINE_ROCKSDB, ENGINE_SYNC);
    rmdir(store.dir);
    store.options.dir = dir;
    if (store_try_open(&store, text, sizeof text) != 0) {
        fprintf(stderr, "%s", text);
        return strstr(text, "; ") != NULL ? END_REFUSED : 1; /* it names the next thing to do */
    }
    bool was_salvaged = engine_was_salvaged(store.engine, text, sizeof text);
    fprintf(stderr, "%s", text);
    if (was_salvaged) {
        judge(&store);
    } else {
        expect_whole(&store);
    }
    store_close(&store);
    return was_salvaged ? END_SALVAGED : END_WHOLE;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_harm_to_a_file_ends_the_process, make_sample, drop_sample),
    };
    return argc == 2 ? open_harmed(argv[1]) : cmocka_run_group_tests(tests, NULL, NULL);
}
