#include "base/blob.h"

#include <stdlib.h>

#include "base/assert.h"

struct blob *blob_new(size_t len)
{
    GR_ASSERT_LE(len, UINT32_MAX);
    struct blob *blob = malloc(sizeof *blob + len);
    if (blob == NULL) {
        return NULL;
    }
    blob->refs = 1;
    blob->len = (uint32_t)len;
    return blob;
}

struct blob *blob_copy(struct bytes bytes)
{
    struct blob *blob = blob_new(bytes.len);
    if (blob != NULL && bytes.len > 0) {
        memcpy(blob->data, bytes.data, bytes.len);
    }
    return blob;
}

struct blob *blob_ref(struct blob *blob)
{
    if (blob != NULL) {
        GR_ASSERT_LT(0, blob->refs);
        blob->refs++;
    }
    return blob;
}

void blob_unref(struct blob *blob)
{
    if (blob == NULL) {
        return;
    }
    GR_ASSERT_LT(0, blob->refs);
    if (--blob->refs == 0) {
        free(blob);
    }
}
