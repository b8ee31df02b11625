/* Non-cryptographic hashing, by xxHash (XXH3). The values are part of the disk and wire formats: never change them. */
#ifndef GR_BASE_HASH_H
#define GR_BASE_HASH_H

#include "base/bytes.h"

/* 64 bits of XXH3 over the bytes. */
uint64_t hash_bytes(struct bytes bytes);

/* The same, begun from `seed`: chain it to hash several pieces without joining them. */
uint64_t hash_bytes_seeded(struct bytes bytes, uint64_t seed);

/* A hash of two numbers, the same on every machine: for placement scores. */
uint64_t hash_pair(uint64_t a, uint64_t b);

#endif
