/* Two processes and one directory: a writer that is killed, and a directory that is in use.
 *
 * The other process is this program run again, with its task as arguments: RocksDB's threads do not survive a bare
 * fork.
 */
#include "store_test.h"

#include <signal.h>
#include <sys/wait.h>

enum { ACKS_BEFORE_DEATH = 3000, SLOTS = 50 };

static int make_sync(void **state)
{
    struct store *store = malloc(sizeof *store);
    store_init(store, ENGINE_ROCKSDB, ENGINE_SYNC);
    *state = store;
    return 0;
}

static int make_buffered(void **state)
{
    make_sync(state);
    ((struct store *)*state)->options.durability = ENGINE_BUFFERED;
    return 0;
}

static int drop(void **state)
{
    store_done(*state);
    free(*state);
    return 0;
}

/* Report each acknowledged token on standard output; returns how many there were. */
static uint64_t report_acks(struct store *store)
{
    struct engine_completion completions[64];
    uint64_t acks = 0;
    unsigned count = engine_poll(store->engine, completions, 64);
    for (unsigned i = 0; i < count; i++) {
        if (completions[i].status == 0) {
            assert_int_equal(write(1, &completions[i].token, sizeof completions[i].token), sizeof(uint64_t));
            acks++;
        }
    }
    return acks;
}

/* The writer's task: dies by SIGKILL with writes under way. */
static void write_until_killed(struct store *store)
{
    char key[32];
    uint64_t next = 0, acks = 0;
    store_open(store);
    while (acks < ACKS_BEFORE_DEATH) {
        for (unsigned i = 0; i < 16; i++, next++) {
            snprintf(key, sizeof key, "k%llu", (unsigned long long)next);
            store_submit(store, next, (uint16_t)(next % SLOTS), key, key, 1, next + 1);
        }
        engine_flush(store->engine);
        acks += report_acks(store);
    }
    kill(getpid(), SIGKILL);
}

/* The holder's task: opens the directory, says so, waits to be killed. */
static void hold_until_killed(struct store *store)
{
    store_open(store);
    assert_int_equal(write(1, "x", 1), 1);
    for (;;) {
        pause();
    }
}

/* Run this program again; its standard output is `ret_output`. */
static pid_t start_other(const struct store *store, const char *task, int *ret_output)
{
    int ends[2];
    const char *durability = store->options.durability == ENGINE_SYNC ? "sync" : "buffered";
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        execl("/proc/self/exe", "other", task, durability, store->dir, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    *ret_output = ends[0];
    return child;
}

static void wait_for_death(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void expect_written(struct store *store, uint64_t acks)
{
    char key[32];
    uint64_t live = 0;
    for (uint64_t i = 0; i < acks; i++) {
        snprintf(key, sizeof key, "k%llu", (unsigned long long)i);
        store_expect(store, (uint16_t)(i % SLOTS), key, key);
    }
    for (uint16_t slot = 0; slot < SLOTS; slot++) {
        live += engine_live(store->engine, slot);
    }
    assert_true(live >= acks);
    assert_int_equal(engine_clock(store->engine), live); /* each write adds one key, and one to the clock */
}

static void test_every_acknowledged_write_survives_a_kill(void **state)
{
    struct store *store = *state;
    uint64_t token, acks = 0;
    int output;
    pid_t child = start_other(store, "write", &output);
    while (read(output, &token, sizeof token) == sizeof token) {
        assert_int_equal(token, acks); /* completions come in the order of submission */
        acks++;
    }
    close(output);
    wait_for_death(child);
    assert_true(acks >= ACKS_BEFORE_DEATH);
    store_open(store);
    expect_written(store, acks);
}

static void expect_in_use(struct store *store)
{
    char text[1024];
    assert_int_equal(store_try_open(store, text, sizeof text), GR_EINUSE);
    assert_non_null(strstr(text, store->dir));
    assert_non_null(strstr(text, "another process"));
}

static void test_directory_in_use(void **state)
{
    struct store *store = *state;
    char byte;
    int output;
    pid_t child = start_other(store, "hold", &output);
    assert_int_equal(read(output, &byte, 1), 1);
    expect_in_use(store);
    kill(child, SIGKILL);
    wait_for_death(child);
    close(output);
    store_open(store);
    struct store second = *store;
    expect_in_use(&second);
}

static int run_other(char **arguments)
{
    struct store store;
    store_init(&store, ENGINE_ROCKSDB, strcmp(arguments[2], "sync") == 0 ? ENGINE_SYNC : ENGINE_BUFFERED);
    rmdir(store.dir);
    store.options.dir = arguments[3];
    if (strcmp(arguments[1], "write") == 0) {
        write_until_killed(&store);
    } else {
        hold_until_killed(&store);
    }
    return 1;
}

#define ON(test, make) cmocka_unit_test_setup_teardown(test, make, drop)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON(test_every_acknowledged_write_survives_a_kill, make_sync),
        ON(test_every_acknowledged_write_survives_a_kill, make_buffered),
        ON(test_directory_in_use, make_sync),
    };
    return argc == 4 ? run_other(argv) : cmocka_run_group_tests(tests, NULL, NULL);
}
