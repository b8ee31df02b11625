/* A list of keys and the digests of their objects, in key order, as it goes into list_ack:
 *
 *   u64 digest | u32 object length | u16 key length | key;  each
 */
#ifndef GR_NODE_KEY_LIST_H
#define GR_NODE_KEY_LIST_H

#include "base/buffer.h"
#include "base/page.h"
#include "wire/messages.h"

_Static_assert(WIRE_KEY_MAX <= UINT16_MAX, "a list holds the length of a key as u16, and so does a page");

#define KEY_LIST_ITEM_BYTES 14u /* without the key */

struct key_item {
    uint64_t digest;
    uint32_t object_len;
    struct bytes key;
};

/* Errors: of buffer_append; the list is untouched then. */
int key_list_add(struct buffer *list, const struct key_item *item);

/* The items of a page. It takes fewer bytes than they do. Errors: GR_ENOMEM, GR_ETOOBIG, GR_ECORRUPT. */
int key_list_of_page(struct buffer *ret, const struct page *page);

/* The item at `*at`, which moves behind it; false at the end, and where the bytes are no list. Borrows them. */
bool key_list_next(struct bytes list, size_t *at, struct key_item *ret);

/* The reason why it is no list of keys of these leaves of the slot, in order and behind `after` (if `resumes`), or
 * NULL. `ret_last`: the last key; untouched if there is none. */
const char *key_list_invalid(struct bytes list, uint16_t slot, uint16_t leaves, bool resumes, struct bytes after,
                             struct bytes *ret_last);

#endif
