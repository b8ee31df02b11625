/* Objects as bytes (object.h draws the format), and the checks on those that come from disks and peers. */
#include "base/cursor.h"
#include "base/error.h"
#include "base/hash.h"
#include "version/object.h"

#define CHECKSUM_BYTES 8u
#define FIXED_BYTES (CHECKSUM_BYTES + 4u + 4u) /* all but context and entries */
#define ENTRY_FIXED_BYTES 24u

size_t object_encoded_size(const struct object *object)
{
    size_t size = FIXED_BYTES + context_encoded_size(&object->context);
    for (uint32_t i = 0; i < object->count; i++) {
        size += ENTRY_FIXED_BYTES + object->entries[i].element.len + object->entries[i].payload.len;
    }
    return size;
}

/* Bound to the key: an object that strays to another key's place does not pass for that key's. */
static uint64_t checksum_of(struct bytes body, struct bytes key)
{
    return hash_bytes_seeded(body, hash_bytes(key));
}

static void write_entry(const struct entry *entry, struct writer *w)
{
    GR_ASSERT_LE(entry->element.len, UINT32_MAX);
    GR_ASSERT_LE(entry->payload.len, UINT32_MAX);
    writer_u32(w, (uint32_t)entry->element.len);
    writer_u32(w, (uint32_t)entry->payload.len);
    writer_u64(w, entry->dot.actor);
    writer_u64(w, entry->dot.hlc);
    writer_bytes(w, entry->element);
    writer_bytes(w, entry->payload);
}

void object_encode(const struct object *object, struct bytes key, uint8_t *ret)
{
    size_t size = object_encoded_size(object);
    struct writer w = writer_of(ret + CHECKSUM_BYTES, size - CHECKSUM_BYTES);
    writer_u8(&w, OBJECT_FORMAT);
    writer_u8(&w, (uint8_t)object->type);
    writer_u8(&w, (uint8_t)object->policy);
    writer_u8(&w, 0);
    context_write(&object->context, &w);
    writer_u32(&w, object->count);
    for (uint32_t i = 0; i < object->count; i++) {
        write_entry(&object->entries[i], &w);
    }
    GR_ASSERT(w.next == ret + size);
    struct writer front = writer_of(ret, CHECKSUM_BYTES);
    writer_u64(&front, checksum_of(bytes_of(ret + CHECKSUM_BYTES, size - CHECKSUM_BYTES), key));
}

/* Format, type, policy and the reserved byte. */
static int read_kind(struct reader *r, struct object *object)
{
    uint8_t format = reader_u8(r);
    uint8_t type = reader_u8(r);
    uint8_t policy = reader_u8(r);
    uint8_t reserved = reader_u8(r);
    if (format > OBJECT_FORMAT) {
        return GR_EVERSION;
    }
    if (r->failed || format == 0 || type != OBJECT_REGISTER || policy > CONFLICT_SIBLINGS || reserved != 0) {
        return GR_ECORRUPT;
    }
    object_init(object, (enum conflict_policy)policy);
    return 0;
}

static bool read_entry(struct reader *r, struct entry *ret)
{
    uint32_t element_len = reader_u32(r);
    uint32_t payload_len = reader_u32(r);
    ret->dot.actor = reader_u64(r);
    ret->dot.hlc = reader_u64(r);
    ret->element = reader_take(r, element_len);
    ret->payload = reader_take(r, payload_len);
    return !r->failed;
}

/* O1, O2, and that a register has no elements. `before` is the previous entry, NULL for the first. */
static bool is_entry_sound(const struct object *object, const struct entry *entry, const struct entry *before)
{
    if (entry->element.len > 0 || !context_covers(&object->context, entry->dot)) {
        return false;
    }
    return before == NULL || dot_compare(before->dot, entry->dot) < 0;
}

static int read_entries(struct reader *r, struct arena *arena, struct object *object)
{
    uint32_t count = reader_u32(r);
    if (r->failed || count > OBJECT_ENTRIES_MAX || count > reader_left(r) / ENTRY_FIXED_BYTES) {
        return GR_ECORRUPT;
    }
    struct entry *entries = arena_alloc(arena, count == 0 ? 1 : count * sizeof *entries);
    if (entries == NULL) {
        return GR_ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_entry(r, &entries[i]) || !is_entry_sound(object, &entries[i], i == 0 ? NULL : &entries[i - 1])) {
            return GR_ECORRUPT;
        }
    }
    object->count = count;
    object->entries = entries;
    return reader_left(r) == 0 ? 0 : GR_ECORRUPT;
}

/* O3. */
static bool is_last_write(const struct object *object)
{
    if (object->context.count > 1 || object->count > 1) {
        return false;
    }
    return object->count == 0 || dot_equal(object->entries[0].dot, object->context.dots[0]);
}

int object_decode(struct bytes raw, struct bytes key, struct arena *arena, struct object *ret)
{
    struct reader r = reader_of(raw);
    uint64_t checksum = reader_u64(&r);
    if (r.failed || checksum != checksum_of(bytes_of(r.next, reader_left(&r)), key)) {
        return GR_ECORRUPT;
    }
    struct object read;
    int error = read_kind(&r, &read);
    if (error == 0) {
        error = context_read(&r, &read.context);
    }
    if (error == 0) {
        error = read_entries(&r, arena, &read);
    }
    if (error == 0 && read.policy == CONFLICT_LWW && !is_last_write(&read)) {
        error = GR_ECORRUPT;
    }
    if (error == 0) {
        *ret = read;
    }
    return error;
}

uint64_t object_digest(struct bytes raw)
{
    struct reader r = reader_of(raw);
    return reader_u64(&r);
}
