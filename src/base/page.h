/* One page of a scan through what an engine keeps: some objects of a slot, or some hints.
 *
 * Items lie one after another, little-endian:
 *   u64 owner | u64 digest | u32 value length | u16 key length | u8 has value | key | value, if there
 *
 * Made by an engine's thread, read by the core; belongs to one of them at a time.
 */
#ifndef GR_BASE_PAGE_H
#define GR_BASE_PAGE_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/leaf.h"

struct page {
    struct buffer items;
    bool more;                /* there is something behind the last item */
    bool counts;              /* the whole slot was read, and what follows is known: */
    uint64_t counted[LEAVES]; /* the sums of its leaves, added up from all its objects, */
    uint64_t kept[LEAVES];    /* and as they are kept: both of the same moment */
};

struct page_item {
    uint64_t owner;  /* of a hint: whom it is kept for; 0: an object */
    uint64_t digest; /* the first 8 bytes of the value as a number: an object's checksum */
    uint32_t value_len;
    struct bytes key;
    struct bytes value; /* empty when values were not asked for */
};

/* An empty page whose items may take up to `bytes_max`, or one item if that is bigger. NULL when out of memory. */
struct page *page_new(size_t bytes_max);
void page_free(struct page *page); /* NULL is allowed */

/* Add an item; has_value says whether its value goes along. Errors: GR_ETOOBIG (the page is full),
 * GR_ECORRUPT (no key is so long), GR_ENOMEM. */
int page_add(struct page *page, uint64_t owner, struct bytes key, struct bytes value, bool has_value);

/* Count an object, whether it becomes an item or not; returns its leaf. */
unsigned page_count(struct page *page, struct bytes key, struct bytes object);

/* The items in order: begin with reader_of(buffer_bytes(&page->items)). False at the end, and when the bytes are not a
 * page's. Borrows them. */
bool page_next(struct reader *r, struct page_item *ret);

#endif
