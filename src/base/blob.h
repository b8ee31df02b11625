/* Counted immutable bytes.
 *
 * One encoded object is looked at by a lane, a request, the storage engine and several peers' buffers at once; a blob
 * lets them share one copy within a shard. The count is not atomic: a blob never crosses a thread.
 */
#ifndef GR_BASE_BLOB_H
#define GR_BASE_BLOB_H

#include "base/bytes.h"

struct blob {
    uint32_t refs;
    uint32_t len;
    uint8_t data[];
};

/* A blob of `len` bytes still to be filled in, with one reference. NULL when out of memory. */
struct blob *blob_new(size_t len);

/* A blob that copies `bytes`. NULL when out of memory. */
struct blob *blob_copy(struct bytes bytes);

/* One more reference; returns its argument. NULL is allowed and stays NULL. */
struct blob *blob_ref(struct blob *blob);

/* One reference less; frees at the last. NULL is allowed. */
void blob_unref(struct blob *blob);

/* The bytes, borrowed for as long as a reference is held. Empty for NULL. */
static inline struct bytes blob_bytes(const struct blob *blob)
{
    return blob == NULL ? BYTES_EMPTY : bytes_of(blob->data, blob->len);
}

#endif
