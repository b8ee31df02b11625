/* Objects from disks and peers. The input is an encoded object without its checksum, which is put before it: else no
 * changed input would get past the first check. What decodes must encode to the same bytes, and merge with itself. */
#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"
#include "version/object.h"

#define CHECKSUM_BYTES 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct bytes key = {(const uint8_t *)"key", 3};

static uint8_t *sign(struct bytes body)
{
    uint8_t *raw = malloc(CHECKSUM_BYTES + body.len);
    GR_ASSERT(raw != NULL);
    struct writer w = writer_of(raw, CHECKSUM_BYTES + body.len);
    writer_u64(&w, hash_bytes_seeded(body, hash_bytes(key)));
    writer_bytes(&w, body);
    return raw;
}

static void check_encodes_to(const struct object *object, struct bytes raw)
{
    GR_ASSERT_EQ(object_encoded_size(object), raw.len);
    uint8_t *again = malloc(raw.len);
    GR_ASSERT(again != NULL);
    object_encode(object, key, again);
    GR_ASSERT(bytes_equal(bytes_of(again, raw.len), raw));
    free(again);
}

static void check_merges(const struct object *object, struct arena *arena)
{
    struct object absent;
    struct object merged;
    object_init(&absent, CONFLICT_SIBLINGS);
    GR_ASSERT_EQ(object_merge(object, object, arena, &merged), 0);
    GR_ASSERT(object_equal(&merged, object));
    GR_ASSERT_EQ(object_merge(object, &absent, arena, &merged), 0);
    GR_ASSERT(object_equal(&merged, object) || object_is_absent(object));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct object object;
    uint8_t *signed_input = sign(bytes_of(data, size));
    struct bytes raw = bytes_of(signed_input, CHECKSUM_BYTES + size);
    arena_init(&arena, 4096);
    int error = object_decode(raw, key, &arena, &object);
    GR_ASSERT(error == 0 || error == GR_ECORRUPT || error == GR_EVERSION);
    if (error == 0) {
        check_encodes_to(&object, raw);
        check_merges(&object, &arena);
    }
    arena_done(&arena);
    free(signed_input);
    return 0;
}
