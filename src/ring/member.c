/* One member's record: what makes it valid, and its bytes.
 *
 *     node u64 | version u64 | flags u32 | 3 x (length u16, address) | check u64
 *
 * Little-endian; client, peer and http address in this order; the check is the hash of all before it. Flags that are
 * not known here are kept and passed on: a newer version may have set them.
 */
#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/hlc.h"
#include "ring/members.h"
#include "ring/text.h"

#define CHECK_BYTES 8u

_Static_assert(8 + 8 + 4 + 3 * (2 + MEMBER_ADDRESS_MAX) + CHECK_BYTES <= MEMBER_RECORD_MAX, "the longest record fits");

/* "host:port", or empty when the node does not serve this kind. */
static bool is_address(const char *address)
{
    if (address[0] == '\0') {
        return true;
    }
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address || !ring_text_is_plain(bytes_of_text(address))) {
        return false;
    }
    size_t digits = strlen(colon + 1);
    return digits >= 1 && digits <= 5 && strspn(colon + 1, "0123456789") == digits;
}

const char *member_invalid(const struct member *record)
{
    const char *const addresses[] = {record->client, record->peer, record->http};
    if (record->node == 0) {
        return "node id is zero";
    }
    if (record->version > HLC_OUTSIDE_MAX) {
        return "version is no clock's value";
    }
    for (unsigned i = 0; i < 3; i++) {
        if (!ring_text_ends(addresses[i], MEMBER_ADDRESS_MAX + 1)) {
            return "address is longer than 255 bytes";
        }
        if (!is_address(addresses[i])) {
            return "address is not host:port";
        }
    }
    return NULL;
}

static void write_address(struct writer *w, const char *address)
{
    struct bytes text = bytes_of_text(address);
    writer_u16(w, (uint16_t)text.len);
    writer_bytes(w, text);
}

size_t member_encode(const struct member *record, uint8_t ret[MEMBER_RECORD_MAX])
{
    GR_ASSERT(member_invalid(record) == NULL);
    struct writer w = writer_of(ret, MEMBER_RECORD_MAX);
    writer_u64(&w, record->node);
    writer_u64(&w, record->version);
    writer_u32(&w, record->flags);
    write_address(&w, record->client);
    write_address(&w, record->peer);
    write_address(&w, record->http);
    writer_u64(&w, hash_bytes(bytes_of(ret, (size_t)(w.next - ret))));
    return (size_t)(w.next - ret);
}

static bool read_address(struct reader *r, char ret[MEMBER_ADDRESS_MAX + 1])
{
    uint16_t len = reader_u16(r);
    struct bytes text = reader_take(r, len);
    return !r->failed && ring_text_put(text, ret, MEMBER_ADDRESS_MAX + 1);
}

int member_decode(struct bytes raw, struct member *ret)
{
    struct member record = {0};
    if (raw.len < CHECK_BYTES) {
        return GR_ECORRUPT;
    }
    struct reader r = reader_of(raw);
    record.node = reader_u64(&r);
    record.version = reader_u64(&r);
    record.flags = reader_u32(&r);
    bool addresses = read_address(&r, record.client) && read_address(&r, record.peer) && read_address(&r, record.http);
    uint64_t check = reader_u64(&r);
    if (!addresses || r.failed || reader_left(&r) != 0) {
        return GR_ECORRUPT;
    }
    if (check != hash_bytes(bytes_of(raw.data, raw.len - CHECK_BYTES)) || member_invalid(&record) != NULL) {
        return GR_ECORRUPT;
    }
    *ret = record;
    return 0;
}
