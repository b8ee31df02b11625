#include "store/table.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "store/crc32c.h"

#define FOOTER_BYTES 53u
#define PLACES_BYTES 40u
#define MAGIC 0x88e241b785f4cff7u
#define VERSION_MIN 2u /* before it there was another rule for compressed blocks; 6 mixes the place into checksums */
#define VERSION_MAX 5u
#define TRAILER_BYTES 5u
#define META_BYTES_MAX ((uint64_t)16 << 20) /* more than any block looked at here has; a bound on memory */

enum checksum { CHECKSUM_CRC32C = 1, CHECKSUM_XXH3 = 4 };

struct place {
    uint64_t offset;
    uint64_t len;
};

struct table {
    int fd;
    uint64_t size;
    uint8_t checksum; /* its type */
    struct place metaindex;
};

/* What is known of a block; UNKNOWN is not held against the table. */
enum verdict { VERDICT_GOOD, VERDICT_DAMAGED, VERDICT_UNKNOWN };

static uint64_t read_varint(struct reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = reader_u8(r);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    r->failed = true;
    return 0;
}

static struct place read_place(struct reader *r)
{
    struct place place;
    place.offset = read_varint(r);
    place.len = read_varint(r);
    return place;
}

static bool is_inside(const struct table *table, struct place place)
{
    uint64_t end = table->size - FOOTER_BYTES - TRAILER_BYTES;
    return place.offset <= end && place.len <= end - place.offset;
}

static bool read_all(int fd, void *ret, size_t len, uint64_t offset)
{
    ssize_t got = pread(fd, ret, len, (off_t)offset);
    return got == (ssize_t)len;
}

/* Is it a table of a kind that is understood? */
static bool read_footer(struct table *ret)
{
    struct stat info;
    uint8_t footer[FOOTER_BYTES];
    if (fstat(ret->fd, &info) != 0 || info.st_size < (off_t)(FOOTER_BYTES + TRAILER_BYTES)) {
        return false;
    }
    ret->size = (uint64_t)info.st_size;
    if (!read_all(ret->fd, footer, sizeof footer, ret->size - FOOTER_BYTES)) {
        return false;
    }
    struct reader r = reader_of(bytes_of(footer, sizeof footer));
    ret->checksum = reader_u8(&r);
    struct reader places = reader_of(reader_take(&r, PLACES_BYTES));
    uint32_t version = reader_u32(&r);
    uint64_t magic = reader_u64(&r);
    ret->metaindex = read_place(&places);
    return magic == MAGIC && version >= VERSION_MIN && version <= VERSION_MAX &&
           (ret->checksum == CHECKSUM_CRC32C || ret->checksum == CHECKSUM_XXH3);
}

/* Over a block and its type of compression. RocksDB mixes the last byte into XXH3 in a way of its own. */
static uint32_t checksum_of(const struct table *table, const uint8_t *block, size_t len)
{
    if (table->checksum == CHECKSUM_CRC32C) {
        return crc32c_mask(crc32c(bytes_of(block, len + 1)));
    }
    return (uint32_t)hash_bytes(bytes_of(block, len)) ^ block[len] * 0x6b9083d9u;
}

/* `ret_block`, the caller's to free, is set only when the block is good. */
static enum verdict read_block(const struct table *table, struct place place, uint8_t **ret_block)
{
    bool is_fit = is_inside(table, place) && place.len <= META_BYTES_MAX;
    uint8_t *block = !is_fit ? NULL : malloc((size_t)place.len + TRAILER_BYTES);
    if (block == NULL || !read_all(table->fd, block, (size_t)place.len + TRAILER_BYTES, place.offset)) {
        free(block);
        return VERDICT_UNKNOWN;
    }
    struct reader r = reader_of(bytes_of(block + place.len + 1, TRAILER_BYTES - 1));
    if (checksum_of(table, block, (size_t)place.len) != reader_u32(&r)) {
        free(block);
        return VERDICT_DAMAGED;
    }
    *ret_block = block;
    return VERDICT_GOOD;
}

static enum verdict check_block(const struct table *table, struct place place)
{
    uint8_t *block = NULL;
    enum verdict verdict = read_block(table, place, &block);
    free(block);
    return verdict;
}

static bool begins_with(struct bytes bytes, const char *text)
{
    struct bytes start = bytes_of_text(text);
    return bytes.len >= start.len && bytes_equal(bytes_of(bytes.data, start.len), start);
}

/* Filters are large, and RocksDB checks them. */
static bool is_filter(struct bytes name)
{
    return begins_with(name, "filter.") || begins_with(name, "fullfilter.") || begins_with(name, "partitionedfilter.");
}

/* One entry of the metaindex; false at its end, or when it is none that is understood: names are whole there. */
static bool next_entry(struct reader *r, struct bytes *ret_name, struct place *ret)
{
    uint64_t shared = read_varint(r);
    size_t name_len = (size_t)read_varint(r);
    size_t value_len = (size_t)read_varint(r);
    *ret_name = reader_take(r, name_len);
    struct reader value = reader_of(reader_take(r, value_len));
    *ret = read_place(&value);
    return shared == 0 && !r->failed && !value.failed;
}

/* Entries up to an array of numbers, which ends with how many there are. */
static struct reader entries_of(const uint8_t *block, size_t len)
{
    if (len < 4) {
        return reader_of(BYTES_EMPTY);
    }
    struct reader count = reader_of(bytes_of(block + len - 4, 4));
    uint64_t array_len = 4 * ((uint64_t)reader_u32(&count) + 1);
    return reader_of(bytes_of(block, array_len > len ? 0 : len - (size_t)array_len));
}

/* `ret_offset`: of the first damaged block. */
static bool names_a_damaged_block(const struct table *table, struct reader entries, uint64_t *ret_offset)
{
    struct bytes name;
    struct place place;
    while (next_entry(&entries, &name, &place)) {
        if (!is_filter(name) && check_block(table, place) == VERDICT_DAMAGED) {
            *ret_offset = place.offset;
            return true;
        }
    }
    return false;
}

bool table_is_damaged(int fd, uint64_t *ret_offset)
{
    struct table table = {.fd = fd};
    uint8_t *metaindex = NULL;
    if (!read_footer(&table)) {
        return false;
    }
    *ret_offset = is_inside(&table, table.metaindex) ? table.metaindex.offset : table.size - FOOTER_BYTES;
    enum verdict verdict = read_block(&table, table.metaindex, &metaindex);
    if (verdict != VERDICT_GOOD) {
        return verdict == VERDICT_DAMAGED || !is_inside(&table, table.metaindex);
    }
    struct reader entries = entries_of(metaindex, (size_t)table.metaindex.len);
    bool is_damaged = names_a_damaged_block(&table, entries, ret_offset);
    free(metaindex);
    return is_damaged;
}
