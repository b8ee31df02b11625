#include "store/wal.h"

#include "base/cursor.h"
#include "store/crc32c.h"

#define BLOCK_BYTES 32768u
#define HEADER_BYTES 7u
#define TYPE_WHOLE 1
#define TYPE_FIRST 2

enum fragment { FRAGMENT_GOOD, FRAGMENT_BAD, FRAGMENT_CUT };

struct header {
    uint32_t checksum;
    uint16_t length;
    uint8_t type;
};

static struct header read_header(struct bytes log, size_t at)
{
    struct reader r = reader_of(bytes_of(log.data + at, HEADER_BYTES));
    struct header header;
    header.checksum = reader_u32(&r);
    header.length = reader_u16(&r);
    header.type = reader_u8(&r);
    return header;
}

static size_t block_end(size_t at)
{
    return at - at % BLOCK_BYTES + BLOCK_BYTES;
}

/* Judge the fragment at `at`; CUT: the file ends in it. `ret_next` is where the next one must begin: behind it if its
 * length can be true, in the next block otherwise. */
static enum fragment judge(struct bytes log, size_t at, size_t *ret_next, uint8_t *ret_type)
{
    struct header header = read_header(log, at);
    size_t end = at + HEADER_BYTES + header.length;
    *ret_type = header.type;
    *ret_next = block_end(at);
    if (end > block_end(at) || header.type == 0) {
        return FRAGMENT_BAD;
    }
    *ret_next = end;
    if (end > log.len) {
        return FRAGMENT_CUT;
    }
    struct bytes covered = bytes_of(log.data + at + HEADER_BYTES - 1, header.length + 1u);
    return crc32c_mask(crc32c(covered)) == header.checksum ? FRAGMENT_GOOD : FRAGMENT_BAD;
}

enum wal_state wal_examine(struct bytes log, uint64_t *ret_offset)
{
    enum wal_state state = WAL_WHOLE;
    *ret_offset = 0;
    for (size_t at = 0, next; at + HEADER_BYTES <= log.len; at = next) {
        uint8_t type;
        if (block_end(at) - at < HEADER_BYTES) {
            next = block_end(at); /* too little for a header: filled with zeros */
            continue;
        }
        enum fragment fragment = judge(log, at, &next, &type);
        if (fragment == FRAGMENT_GOOD && state == WAL_TORN && (type == TYPE_WHOLE || type == TYPE_FIRST)) {
            return WAL_DAMAGED;
        }
        if (fragment != FRAGMENT_GOOD && state == WAL_WHOLE) {
            state = WAL_TORN;
            *ret_offset = at;
        }
    }
    return state;
}
