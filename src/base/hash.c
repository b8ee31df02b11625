#include "base/hash.h"

#include <xxhash.h>

#include "base/cursor.h"

uint64_t hash_bytes(struct bytes bytes)
{
    return XXH3_64bits(bytes.data, bytes.len);
}

uint64_t hash_bytes_seeded(struct bytes bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes.data, bytes.len, seed);
}

uint64_t hash_pair(uint64_t a, uint64_t b)
{
    uint8_t raw[16];
    struct writer w = writer_of(raw, sizeof raw);
    writer_u64(&w, a);
    writer_u64(&w, b);
    return hash_bytes(bytes_of(raw, sizeof raw));
}
