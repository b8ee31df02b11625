#include "base/page.h"

#include <stdlib.h>

#include "base/error.h"

#define ITEM_HEAD_BYTES 23u

struct page *page_new(size_t bytes_max)
{
    struct page *page = calloc(1, sizeof *page);
    if (page != NULL) {
        buffer_init(&page->items, bytes_max);
    }
    return page;
}

void page_free(struct page *page)
{
    if (page != NULL) {
        buffer_done(&page->items);
        free(page);
    }
}

int page_add(struct page *page, uint64_t owner, struct bytes key, struct bytes value, bool has_value)
{
    if (key.len > UINT16_MAX) {
        return GR_ECORRUPT;
    }
    size_t size = ITEM_HEAD_BYTES + key.len + (has_value ? value.len : 0);
    if (page->items.len == 0 && size > page->items.max_bytes) {
        page->items.max_bytes = size; /* or the scan would never get past it */
    }
    if (size > page->items.max_bytes - page->items.len) {
        return GR_ETOOBIG;
    }
    uint8_t *room = buffer_reserve(&page->items, size);
    if (room == NULL) {
        return GR_ENOMEM;
    }
    struct writer w = writer_of(room, size);
    writer_u64(&w, owner);
    writer_u64(&w, leaf_digest(value));
    writer_u32(&w, (uint32_t)value.len);
    writer_u16(&w, (uint16_t)key.len);
    writer_u8(&w, has_value);
    writer_bytes(&w, key);
    writer_bytes(&w, has_value ? value : BYTES_EMPTY);
    page->items.len += size;
    return 0;
}

unsigned page_count(struct page *page, struct bytes key, struct bytes object)
{
    unsigned leaf = leaf_of(key);
    page->counted[leaf] += leaf_digest(object);
    return leaf;
}

bool page_next(struct reader *r, struct page_item *ret)
{
    struct page_item item = {.owner = reader_u64(r), .digest = reader_u64(r), .value_len = reader_u32(r)};
    size_t key_len = reader_u16(r);
    bool has_value = reader_u8(r) != 0;
    item.key = reader_take(r, key_len);
    item.value = reader_take(r, has_value ? item.value_len : 0);
    if (r->failed) {
        return false;
    }
    *ret = item;
    return true;
}
