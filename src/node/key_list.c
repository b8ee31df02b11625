#include "node/key_list.h"

#include "base/cursor.h"
#include "base/error.h"
#include "ring/slot.h"

int key_list_add(struct buffer *list, const struct key_item *item)
{
    uint8_t *room = buffer_reserve(list, KEY_LIST_ITEM_BYTES + item->key.len);
    if (room == NULL) {
        return list->len + KEY_LIST_ITEM_BYTES + item->key.len > list->max_bytes ? GR_ETOOBIG : GR_ENOMEM;
    }
    struct writer w = writer_of(room, KEY_LIST_ITEM_BYTES + item->key.len);
    writer_u64(&w, item->digest);
    writer_u32(&w, item->object_len);
    writer_u16(&w, (uint16_t)item->key.len);
    writer_bytes(&w, item->key);
    list->len += KEY_LIST_ITEM_BYTES + item->key.len;
    return 0;
}

int key_list_of_page(struct buffer *ret, const struct page *page)
{
    struct reader r = reader_of(buffer_bytes(&page->items));
    struct page_item item;
    while (page_next(&r, &item)) {
        struct key_item named = {.digest = item.digest, .object_len = item.value_len, .key = item.key};
        int error = key_list_add(ret, &named);
        if (error != 0) {
            return error;
        }
    }
    return r.failed && reader_left(&r) > 0 ? GR_ECORRUPT : 0;
}

bool key_list_next(struct bytes list, size_t *at, struct key_item *ret)
{
    if (*at >= list.len) {
        return false;
    }
    struct reader r = reader_of(bytes_of(list.data + *at, list.len - *at));
    struct key_item item = {.digest = reader_u64(&r)};
    item.object_len = reader_u32(&r);
    item.key = reader_take(&r, reader_u16(&r));
    if (r.failed) {
        return false;
    }
    *at += KEY_LIST_ITEM_BYTES + item.key.len;
    *ret = item;
    return true;
}

const char *key_list_invalid(struct bytes list, uint16_t slot, uint16_t leaves, bool resumes, struct bytes after,
                             struct bytes *ret_last)
{
    struct key_item item;
    struct bytes last = after;
    bool has_last = resumes;
    size_t at = 0;
    while (key_list_next(list, &at, &item)) {
        if (has_last && bytes_compare(last, item.key) >= 0) {
            return "keys out of order";
        }
        if (ring_slot(item.key) != slot || (leaves >> leaf_of(item.key) & 1) == 0) {
            return "a key of elsewhere";
        }
        last = item.key;
        has_last = true;
    }
    if (at != list.len) {
        return "cut off";
    }
    if (list.len > 0) {
        *ret_last = last;
    }
    return NULL;
}
