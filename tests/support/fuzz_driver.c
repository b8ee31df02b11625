/* Runs a fuzz target without libFuzzer: every file of a corpus, then seeded mutations of them, bounded in number and
 * time.
 *
 * Usage: fuzz-NAME CORPUS_DIR [RUNS [SEED]]   prints TAP
 *        fuzz-NAME FILE                       replays one input
 * The target runs in a child that notes in shared memory which input it is at; when it dies, the parent makes that
 * input again from the seed and leaves it in a file.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/rng.h"

#define INPUTS_MAX 4096
#define INPUT_BYTES_MAX (64u << 10) /* of a mutation; corpus files may be longer */
#define RUNS_DEFAULT 20000
#define SECONDS_MAX 10

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    uint8_t *data;
    size_t len;
};

struct corpus {
    struct input inputs[INPUTS_MAX];
    unsigned count;
};

/* What the child tells the parent. */
struct progress {
    unsigned corpus_done;
    unsigned long runs_done;
};

static struct corpus corpus;

static _Noreturn void fail(const char *what, const char *path)
{
    fprintf(stderr, "fuzz: cannot %s %s\n", what, path);
    exit(2);
}

static struct input read_input(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    if (file == NULL || fstat(fileno(file), &info) != 0) {
        fail("open", path);
    }
    struct input input = {malloc((size_t)info.st_size + 1), (size_t)info.st_size};
    if (input.data == NULL || fread(input.data, 1, input.len, file) != input.len) {
        fail("read", path);
    }
    fclose(file);
    return input;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Sorted by name, so that a seed means the same on every file system. */
static void read_corpus(const char *dir)
{
    struct dirent **entries = NULL;
    int count = scandir(dir, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        if (corpus.count < INPUTS_MAX) {
            corpus.inputs[corpus.count++] = read_input(path);
        }
        free(entries[i]);
    }
    free(entries);
}

/* The target gets a block of exactly the input's size, so that the sanitizer sees one byte too far. */
static void run_target(const uint8_t *data, size_t len)
{
    uint8_t *exact = malloc(len == 0 ? 1 : len);
    if (exact == NULL) {
        fail("allocate", "an input");
    }
    if (len > 0) {
        memcpy(exact, data, len);
    }
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

static size_t insert_bytes(uint8_t *data, size_t len, size_t at, const uint8_t *from, size_t count)
{
    if (count > INPUT_BYTES_MAX - len) {
        count = INPUT_BYTES_MAX - len;
    }
    memmove(data + at + count, data + at, len - at);
    memcpy(data + at, from, count);
    return len + count;
}

static size_t insert_noise(struct rng *rng, uint8_t *data, size_t len, size_t at)
{
    uint8_t noise[8];
    for (size_t i = 0; i < sizeof noise; i++) {
        noise[i] = (uint8_t)rng_next(rng);
    }
    return insert_bytes(data, len, at, noise, 1 + rng_below(rng, sizeof noise));
}

static size_t insert_piece_of_other(struct rng *rng, uint8_t *data, size_t len, size_t at)
{
    const struct input *other = corpus.count == 0 ? NULL : &corpus.inputs[rng_below(rng, corpus.count)];
    if (other == NULL || other->len == 0) {
        return len;
    }
    size_t from = rng_below(rng, other->len);
    return insert_bytes(data, len, at, other->data + from, 1 + rng_below(rng, other->len - from));
}

static size_t remove_bytes(struct rng *rng, uint8_t *data, size_t len, size_t at)
{
    size_t count = at == len ? 0 : 1 + rng_below(rng, len - at);
    memmove(data + at, data + at + count, len - at - count);
    return len - count;
}

/* Numbers at the edges of their types are where lengths and counts go wrong. */
static void overwrite_number(struct rng *rng, uint8_t *data, size_t len, size_t at)
{
    static const uint64_t edges[] = {0, 1, 127, 128, 255, 256, 65535, 65536, INT32_MAX, UINT32_MAX, UINT64_MAX};
    uint64_t edge = edges[rng_below(rng, sizeof edges / sizeof *edges)];
    size_t width = (size_t)1 << rng_below(rng, 4);
    for (size_t i = 0; i < width && at + i < len; i++) {
        data[at + i] = (uint8_t)(edge >> (8 * i));
    }
}

static size_t mutate_once(struct rng *rng, uint8_t *data, size_t len)
{
    size_t at = rng_below(rng, len + 1);
    switch (rng_below(rng, 6)) {
    case 0:
        return insert_noise(rng, data, len, at);
    case 1:
        return insert_piece_of_other(rng, data, len, at);
    case 2:
        return remove_bytes(rng, data, len, at);
    case 3:
        overwrite_number(rng, data, len, at);
        return len;
    default:
        if (at < len) {
            data[at] ^= (uint8_t)(1u << rng_below(rng, 8));
        }
        return len;
    }
}

/* The input of one run depends on the seed, the run's number and the corpus alone. */
static size_t make_input(uint64_t seed, unsigned long run, uint8_t *data)
{
    struct rng rng;
    rng_init(&rng, seed ^ (run * 0x9e3779b97f4a7c15u));
    size_t len = 0;
    if (corpus.count > 0) {
        const struct input *start = &corpus.inputs[rng_below(&rng, corpus.count)];
        len = start->len < INPUT_BYTES_MAX ? start->len : INPUT_BYTES_MAX;
        memcpy(data, start->data, len);
    }
    for (uint64_t left = 1 + rng_below(&rng, 8); left > 0; left--) {
        len = mutate_once(&rng, data, len);
    }
    return len;
}

static void run_all(struct progress *progress, unsigned long runs, uint64_t seed)
{
    static uint8_t data[INPUT_BYTES_MAX];
    for (unsigned i = 0; i < corpus.count; i++) {
        run_target(corpus.inputs[i].data, corpus.inputs[i].len);
        progress->corpus_done++;
    }
    time_t stop = time(NULL) + SECONDS_MAX;
    for (unsigned long run = 0; run < runs && time(NULL) <= stop; run++) {
        run_target(data, make_input(seed, run, data));
        progress->runs_done++;
    }
}

static void keep_input(const uint8_t *data, size_t len)
{
    const char *path = "fuzz-crash.bin";
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(data, 1, len, file) != len || fclose(file) != 0) {
        fail("write", path);
    }
    printf("# the input is in %s: give it to this program as its only argument\n", path);
}

static int report(const struct progress *progress, int status, uint64_t seed)
{
    static uint8_t data[INPUT_BYTES_MAX];
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    bool corpus_good = good || progress->corpus_done == corpus.count;
    printf("1..2\n%s 1 - corpus of %u inputs\n", corpus_good ? "ok" : "not ok", corpus.count);
    printf("%s 2 - %lu mutations, seed %llu\n", good ? "ok" : "not ok", progress->runs_done, (unsigned long long)seed);
    if (!corpus_good) {
        keep_input(corpus.inputs[progress->corpus_done].data, corpus.inputs[progress->corpus_done].len);
    } else if (!good) {
        keep_input(data, make_input(seed, progress->runs_done, data));
    }
    return good ? 0 : 1;
}

static int run_in_child(unsigned long runs, uint64_t seed)
{
    struct progress *progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (progress == MAP_FAILED) {
        fail("share", "memory");
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        run_all(progress, runs, seed);
        exit(0);
    }
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        fail("run", "the child");
    }
    return report(progress, status, seed);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s CORPUS_DIR [RUNS [SEED]] | FILE\n", argv[0]);
        return 2;
    }
    struct stat info;
    if (stat(argv[1], &info) == 0 && S_ISREG(info.st_mode)) {
        struct input input = read_input(argv[1]);
        run_target(input.data, input.len);
        free(input.data);
        return 0;
    }
    read_corpus(argv[1]);
    unsigned long runs = argc > 2 ? strtoul(argv[2], NULL, 10) : RUNS_DEFAULT;
    return run_in_child(runs, argc > 3 ? strtoull(argv[3], NULL, 10) : 1);
}
