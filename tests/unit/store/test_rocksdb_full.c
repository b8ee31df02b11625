/* A full disk: writes fail with GR_ENOSPC, reads go on, and writes resume by themselves once there is space. Needs a
 * file system of its own, a small tmpfs in a private mount namespace; skipped where that is not permitted. */
#include "store_test.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "store/space.h"

#define DISK_OPTIONS "size=96m"
#define ROOM_BYTES ((off_t)24 << 20) /* half of it is the engine's reserve on this disk (space.h) */
#define CALM_LOOKS 5
#define SETTLE_WITHIN_LOOKS 1000
#define VALUE_BYTES ((size_t)100 << 10)
#define RESUME_WITHIN_S 30

struct disk {
    struct store store;
    char data[STORE_PATH_BYTES + 8];
    char filler[STORE_PATH_BYTES + 8];
    char *value;
    bool is_mounted;
};

/* One namespace for all tests: RocksDB's threads outlive a database, and stay in the one in which they were started. */
static bool mount_private(const char *dir)
{
    static bool is_private;
    if (!is_private) {
        is_private = unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    }
    return is_private && mount("none", dir, "tmpfs", 0, DISK_OPTIONS) == 0;
}

static off_t bytes_left(const char *path)
{
    struct statvfs disk;
    assert_int_equal(statvfs(path, &disk), 0);
    return (off_t)(disk.f_bavail * disk.f_frsize);
}

/* Fill the disk but for `room`. RocksDB sets room aside for logs and lists of tables, and gives up to 18 MB of it back
 * on a thread of its own, a while after it was opened: so look until nothing has changed for some time. */
static void fill_but(const char *path, off_t room)
{
    off_t size = 0;
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    unsigned calm = 0;
    assert_true(fd >= 0);
    for (unsigned looks = 0; calm < CALM_LOOKS; looks++) {
        assert_true(looks < SETTLE_WITHIN_LOOKS);
        off_t spare = bytes_left(path) - room;
        calm = spare == 0 ? calm + 1 : 0;
        off_t wanted = size + spare > 0 ? size + spare : 0;
        bool is_set = wanted > size ? posix_fallocate(fd, 0, wanted) == 0 : ftruncate(fd, wanted) == 0;
        size = is_set ? wanted : size; /* somebody was faster */
        usleep(20000);
    }
    close(fd);
}

static void make_value(struct disk *disk)
{
    disk->value = malloc(VALUE_BYTES + 1);
    memset(disk->value, 'v', VALUE_BYTES);
    disk->value[VALUE_BYTES] = '\0';
    for (size_t i = 0; i < VALUE_BYTES; i += 8) {
        uint32_t noise = (uint32_t)i * 2654435761u;
        disk->value[i] = (char)('a' + noise % 23);
    }
}

static int make_directory(void **state)
{
    struct disk *disk = calloc(1, sizeof *disk);
    store_init(&disk->store, ENGINE_ROCKSDB, ENGINE_SYNC);
    snprintf(disk->data, sizeof disk->data, "%s/data", disk->store.dir);
    snprintf(disk->filler, sizeof disk->filler, "%s/filler", disk->store.dir);
    disk->store.options.dir = disk->data;
    make_value(disk);
    *state = disk;
    return 0;
}

static int make_disk(void **state)
{
    make_directory(state);
    struct disk *disk = *state;
    disk->is_mounted = mount_private(disk->store.dir);
    return 0;
}

static int drop_disk(void **state)
{
    struct disk *disk = *state;
    store_close(&disk->store);
    if (disk->is_mounted) {
        umount(disk->store.dir);
    }
    store_done(&disk->store);
    free(disk->value);
    free(disk);
    return 0;
}

static int put_numbered(struct disk *disk, unsigned number)
{
    char key[16];
    snprintf(key, sizeof key, "k%u", number);
    return store_put(&disk->store, 1, key, disk->value, 1, number);
}

static void expect_numbered(struct disk *disk, unsigned count)
{
    char key[16];
    for (unsigned i = 0; i < count; i++) {
        snprintf(key, sizeof key, "k%u", i);
        store_expect(&disk->store, 1, key, disk->value);
    }
}

static unsigned put_until_full(struct disk *disk)
{
    unsigned count = 0;
    int status = 0;
    while (status == 0 && count < 1000) {
        status = put_numbered(disk, count);
        count += status == 0;
    }
    assert_int_equal(status, GR_ENOSPC);
    assert_true(count > 0);
    return count;
}

static void test_full_disk_fails_writes_until_there_is_space(void **state)
{
    struct disk *disk = *state;
    char text[512];
    if (!disk->is_mounted) {
        skip();
    }
    store_open(&disk->store);
    fill_but(disk->filler, ROOM_BYTES);
    unsigned count = put_until_full(disk);
    assert_int_equal(put_numbered(disk, count), GR_ENOSPC);
    assert_int_equal(engine_meta_put(disk->store.engine, "identity", bytes_of_text("x")), GR_ENOSPC);
    assert_int_equal(engine_reopen_bytes(disk->store.engine), 0); /* it stopped by itself */
    engine_trouble(disk->store.engine, text, sizeof text);
    assert_non_null(strstr(text, disk->data));
    assert_int_equal(engine_live(disk->store.engine, 1), count);
    expect_numbered(disk, count);

    assert_int_equal(unlink(disk->filler), 0);
    time_t freed = time(NULL);
    while (put_numbered(disk, count) != 0) {
        assert_true(time(NULL) - freed < RESUME_WITHIN_S);
        usleep(50000);
    }
    expect_numbered(disk, count + 1);

    store_reopen(&disk->store);
    expect_numbered(disk, count + 1);
    assert_int_equal(engine_live(disk->store.engine, 1), count + 1);
}

static void submit_and_settle(struct disk *disk, const char *value)
{
    assert_int_equal(store_submit(&disk->store, 1, 1, "key", value, 1, 1), 0);
    engine_flush(disk->store.engine);
    usleep(500000); /* the commit thread is done with it; nobody has polled */
}

/* G6: the second write was made on top of the first, and there is room for it alone. */
static void test_a_write_on_top_of_a_failed_one_fails(void **state)
{
    struct disk *disk = *state;
    struct engine_completion done[2];
    if (!disk->is_mounted) {
        skip();
    }
    store_open(&disk->store);
    fill_but(disk->filler, ROOM_BYTES);
    put_until_full(disk);
    submit_and_settle(disk, "first");
    assert_int_equal(unlink(disk->filler), 0);
    submit_and_settle(disk, "second");
    store_complete(&disk->store, done, 2);
    assert_int_equal(done[0].status, GR_ENOSPC);
    assert_int_equal(done[1].status, GR_ENOSPC);
    store_expect(&disk->store, 1, "key", NULL);
    unsigned none = engine_poll(disk->store.engine, done, 2); /* both failures are taken in */
    assert_int_equal(none, 0);
    assert_int_equal(store_put(&disk->store, 1, "key", "third", 1, 1), 0);
    store_expect(&disk->store, 1, "key", "third");
}

/* A failure inside RocksDB, here of the process's own limit on file sizes: writes stay refused, reads go on, nothing
 * that was acknowledged is lost, and opening anew repairs it. */
static void test_failed_log_refuses_writes_until_reopened(void **state)
{
    struct disk *disk = *state;
    struct rlimit before, small;
    char text[512];
    unsigned count = 0;
    int status = 0;
    store_open(&disk->store);
    assert_int_equal(engine_reopen_bytes(disk->store.engine), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = (rlim_t)1 << 20, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    while (status == 0 && count < 1000) {
        status = put_numbered(disk, count);
        count += status == 0;
    }
    uint64_t needed = engine_reopen_bytes(disk->store.engine);
    assert_true(needed >= space_to_begin(disk->data) + count * VALUE_BYTES);
    assert_false(space_can_take(disk->data, needed)); /* free bytes are there */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(space_can_take(disk->data, needed));
    assert_int_equal(status, GR_ENOSPC);
    assert_int_equal(put_numbered(disk, count), GR_ENOSPC);
    assert_int_equal(engine_meta_put(disk->store.engine, "identity", bytes_of_text("x")), GR_ENOSPC);
    engine_trouble(disk->store.engine, text, sizeof text);
    assert_non_null(strstr(text, "opened anew"));
    expect_numbered(disk, count);

    store_reopen(&disk->store);
    assert_int_equal(engine_reopen_bytes(disk->store.engine), 0);
    expect_numbered(disk, count);
    assert_int_equal(put_numbered(disk, count), 0);
    store_reopen(&disk->store);
    expect_numbered(disk, count + 1);
}

static void test_opening_on_a_full_disk_says_so(void **state)
{
    struct disk *disk = *state;
    char text[1024];
    if (!disk->is_mounted) {
        skip();
    }
    fill_but(disk->filler, 8192);
    assert_int_equal(store_try_open(&disk->store, text, sizeof text), GR_ENOSPC);
    assert_non_null(strstr(text, disk->data));
    assert_non_null(strstr(text, "needs 64 MB, and its disk has 0 MB left; free some space"));
    assert_int_equal(rmdir(disk->data), 0); /* nothing was begun */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_full_disk_fails_writes_until_there_is_space, make_disk, drop_disk),
        cmocka_unit_test_setup_teardown(test_a_write_on_top_of_a_failed_one_fails, make_disk, drop_disk),
        cmocka_unit_test_setup_teardown(test_failed_log_refuses_writes_until_reopened, make_directory, drop_disk),
        cmocka_unit_test_setup_teardown(test_opening_on_a_full_disk_says_so, make_disk, drop_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
