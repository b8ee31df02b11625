/* One entry of the log: what makes it valid, and its bytes.
 *
 *     offset  0      8      16            20    21         22      24     56    60
 *             stamp  node   incarnation   kind  zone_len   weight  zone   cell  check
 *
 * Little-endian. The zone is filled up with zeros; in a REPLACE it has the first 24 of the 32 bytes, and the id of the
 * replaced node the other 8. The cell is zero until there is more than one. The check is the low half of the hash of
 * all before it. Every valid entry has exactly one encoding, so hashes of sets may be made of it.
 */
#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "ring/log.h"
#include "ring/text.h"

#define CHECKED_BYTES 60u
#define REPLACES_OFFSET 48u /* in a REPLACE */

_Static_assert(8 + 8 + 4 + 1 + 1 + 2 + RING_ZONE_MAX + 4 == CHECKED_BYTES, "the picture above");
_Static_assert(RING_ZONE_REPLACE_MAX + 8 == RING_ZONE_MAX, "the zone of a REPLACE leaves room for an id");
_Static_assert(CHECKED_BYTES + 4 == RING_ENTRY_BYTES, "the check ends the entry");

static uint32_t check_of(const uint8_t *raw)
{
    return (uint32_t)hash_bytes(bytes_of(raw, CHECKED_BYTES));
}

/* Bytes of the zone's name that an entry of this kind has room for. */
static size_t zone_room(uint8_t kind)
{
    return kind == RING_REPLACE ? RING_ZONE_REPLACE_MAX : RING_ZONE_MAX;
}

static const char *zone_invalid(const struct ring_entry *entry)
{
    if (!ring_text_ends(entry->zone, sizeof entry->zone)) {
        return "zone is longer than 32 bytes";
    }
    if (!ring_text_is_plain(bytes_of_text(entry->zone))) {
        return "zone has a space or control character";
    }
    bool has_zone = entry->kind == RING_JOIN || entry->kind == RING_ZONE || entry->kind == RING_REPLACE;
    if (!has_zone && entry->zone[0] != '\0') {
        return "zone on a change that has none";
    }
    return strlen(entry->zone) > zone_room(entry->kind) ? "zone is longer than 24 bytes" : NULL;
}

const char *ring_entry_invalid(const struct ring_entry *entry)
{
    if (entry->node == 0) {
        return "node id is zero";
    }
    if (entry->kind < RING_JOIN || entry->kind > RING_REPLACE) {
        return "unknown kind of change";
    }
    bool has_weight = entry->kind == RING_JOIN || entry->kind == RING_WEIGHT;
    if (has_weight != (entry->weight > 0)) {
        return has_weight ? "weight is zero" : "weight on a change that has none";
    }
    if ((entry->kind == RING_REPLACE) != (entry->replaces != 0)) {
        return entry->replaces == 0 ? "the replaced node's id is zero" : "a replaced node on a change that has none";
    }
    if (entry->replaces == entry->node) {
        return "a node cannot replace itself";
    }
    return zone_invalid(entry);
}

void ring_entry_encode(const struct ring_entry *entry, uint8_t ret[RING_ENTRY_BYTES])
{
    GR_ASSERT(ring_entry_invalid(entry) == NULL);
    struct bytes zone = bytes_of_text(entry->zone);
    memset(ret, 0, RING_ENTRY_BYTES);
    struct writer w = writer_of(ret, RING_ENTRY_BYTES);
    writer_u64(&w, entry->stamp);
    writer_u64(&w, entry->node);
    writer_u32(&w, entry->incarnation);
    writer_u8(&w, entry->kind);
    writer_u8(&w, (uint8_t)zone.len);
    writer_u16(&w, entry->weight);
    writer_bytes(&w, zone);
    if (entry->kind == RING_REPLACE) {
        w = writer_of(ret + REPLACES_OFFSET, 8);
        writer_u64(&w, entry->replaces);
    }
    w = writer_of(ret + CHECKED_BYTES, RING_ENTRY_BYTES - CHECKED_BYTES);
    writer_u32(&w, check_of(ret));
}

static bool is_zero(struct bytes raw)
{
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.data[i] != 0) {
            return false;
        }
    }
    return true;
}

int ring_entry_decode(struct bytes raw, struct ring_entry *ret)
{
    if (raw.len != RING_ENTRY_BYTES) {
        return GR_ECORRUPT;
    }
    struct reader r = reader_of(raw);
    struct ring_entry entry = {0};
    entry.stamp = reader_u64(&r);
    entry.node = reader_u64(&r);
    entry.incarnation = reader_u32(&r);
    entry.kind = reader_u8(&r);
    uint8_t zone_len = reader_u8(&r);
    entry.weight = reader_u16(&r);
    size_t room = zone_room(entry.kind);
    struct bytes zone = reader_take(&r, room);
    entry.replaces = entry.kind == RING_REPLACE ? reader_u64(&r) : 0;
    uint32_t cell = reader_u32(&r);
    if (reader_u32(&r) != check_of(raw.data) || cell != 0 || zone_len > room) {
        return GR_ECORRUPT;
    }
    struct bytes rest = bytes_of(zone.data + zone_len, room - zone_len);
    if (!is_zero(rest) || !ring_text_put(bytes_of(zone.data, zone_len), entry.zone, sizeof entry.zone)) {
        return GR_ECORRUPT;
    }
    if (ring_entry_invalid(&entry) != NULL) {
        return GR_ECORRUPT;
    }
    *ret = entry;
    return 0;
}
