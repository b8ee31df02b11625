/* The leaves of the hash trees by which replicas compare what they hold (paper 4.7).
 *
 * A slot has LEAVES leaves; a key belongs to the one that its hash names. A leaf's value is the sum, modulo 2^64, of
 * the digests of all objects in it: the same whatever the order of writes, and brought up to date by adding the
 * difference of two digests. Part of the disk and peer formats.
 */
#ifndef GR_BASE_LEAF_H
#define GR_BASE_LEAF_H

#include "base/cursor.h"
#include "base/hash.h"

#define LEAVES 16u /* a slot's */
#define LEAF_SLOTS 16384u

static inline unsigned leaf_of(struct bytes key)
{
    return (unsigned)(hash_bytes(key) % LEAVES);
}

/* The first 8 bytes of an encoded object as a number, which are its checksum; 0 of what is too short to have one. */
static inline uint64_t leaf_digest(struct bytes object)
{
    struct reader r = reader_of(object);
    return reader_u64(&r);
}

/* A leaf whose value is not 0, as an engine keeps it. */
struct leaf_sum {
    uint16_t slot;
    uint8_t leaf;
    uint64_t sum;
};

#endif
