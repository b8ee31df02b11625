/* Telling a torn end from damage, on logs made by hand. */
#include "store_test.h"

#include "store/crc32c.h"
#include "store/wal.h"

#define LOG_BYTES 100000u
#define BLOCK 32768u

struct made_log {
    uint8_t data[LOG_BYTES];
    size_t len;
};

static void add_fragment(struct made_log *log, uint8_t type, size_t payload)
{
    uint8_t *at = log->data + log->len;
    memset(at + 7, 'p', payload);
    at[6] = type;
    uint32_t crc = crc32c(bytes_of(at + 6, payload + 1));
    uint32_t masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(masked >> (8 * i));
    }
    at[4] = (uint8_t)payload;
    at[5] = (uint8_t)(payload >> 8);
    log->len += 7 + payload;
}

static enum wal_state examine(const struct made_log *log, uint64_t *ret_offset)
{
    return wal_examine(bytes_of(log->data, log->len), ret_offset);
}

static void test_known_checksum(void **state)
{
    (void)state;
    assert_int_equal(crc32c(bytes_of_text("123456789")), 0xe3069283u);
    assert_int_equal(crc32c(BYTES_EMPTY), 0);
}

static void test_whole_log(void **state)
{
    (void)state;
    static struct made_log log;
    uint64_t offset = 1;
    assert_int_equal(examine(&log, &offset), WAL_WHOLE);
    add_fragment(&log, 1, 100);
    add_fragment(&log, 2, BLOCK - 107 - 7 - 3); /* three bytes are left in the block: no room for a header */
    log.len += 3;
    add_fragment(&log, 4, 50);
    add_fragment(&log, 1, 0);
    assert_int_equal(examine(&log, &offset), WAL_WHOLE);
    assert_int_equal(offset, 0);
}

static void test_torn_end(void **state)
{
    (void)state;
    static struct made_log log;
    uint64_t offset;
    add_fragment(&log, 1, 100);
    add_fragment(&log, 1, 200);
    log.data[150] ^= 1;
    assert_int_equal(examine(&log, &offset), WAL_TORN);
    assert_int_equal(offset, 107);
    log.data[150] ^= 1;
    log.len -= 5;
    assert_int_equal(examine(&log, &offset), WAL_TORN);
    assert_int_equal(offset, 107);
}

static void test_torn_commit_of_several_fragments(void **state)
{
    (void)state;
    static struct made_log log;
    uint64_t offset;
    add_fragment(&log, 2, BLOCK - 7);
    add_fragment(&log, 3, BLOCK - 7);
    add_fragment(&log, 4, 10);
    memset(log.data + 100, 0, 4096); /* a page that never reached the disk, while later ones did */
    assert_int_equal(examine(&log, &offset), WAL_TORN);
    assert_int_equal(offset, 0);
    memset(log.data + BLOCK, 0, 4096); /* with its header */
    assert_int_equal(examine(&log, &offset), WAL_TORN);
}

static void test_damage_before_a_later_commit(void **state)
{
    (void)state;
    static struct made_log log;
    uint64_t offset;
    add_fragment(&log, 1, 100);
    add_fragment(&log, 1, 200);
    add_fragment(&log, 1, 300);
    log.data[150] ^= 1;
    assert_int_equal(examine(&log, &offset), WAL_DAMAGED);
    assert_int_equal(offset, 107);
}

static void test_damaged_length_before_a_commit_in_the_next_block(void **state)
{
    (void)state;
    static struct made_log log;
    uint64_t offset;
    add_fragment(&log, 1, BLOCK - 7);
    add_fragment(&log, 1, 10);
    log.data[5] = 0xff;
    assert_int_equal(examine(&log, &offset), WAL_DAMAGED);
    assert_int_equal(offset, 0);
}

/* Whatever the bytes are, the examination ends, inside them. */
static void test_noise(void **state)
{
    (void)state;
    static struct made_log log;
    uint64_t noise = 1, offset;
    for (log.len = 0; log.len < LOG_BYTES; log.len++) {
        noise = noise * 6364136223846793005u + 1442695040888963407u;
        log.data[log.len] = (uint8_t)(noise >> 56);
    }
    for (size_t len = LOG_BYTES; len > 0; len = len * 3 / 4) {
        enum wal_state verdict = wal_examine(bytes_of(log.data, len), &offset);
        assert_true(verdict == WAL_TORN || len < 7);
        assert_true(offset < len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_checksum),
        cmocka_unit_test(test_whole_log),
        cmocka_unit_test(test_torn_end),
        cmocka_unit_test(test_torn_commit_of_several_fragments),
        cmocka_unit_test(test_damage_before_a_later_commit),
        cmocka_unit_test(test_damaged_length_before_a_commit_in_the_next_block),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
