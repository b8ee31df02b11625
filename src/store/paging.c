#include "store/paging.h"

#include "base/error.h"
#include "store/key.h"

int paging_begin(struct paging *paging, const struct op *op)
{
    struct page *page = page_new(op->scan.bytes_max);
    *paging = (struct paging){.op = op, .page = page};
    if (page == NULL) {
        return GR_ENOMEM;
    }
    page->counts = op->scan.counts;
    return 0;
}

/* A page that is full takes no smaller one either: what it holds must be all there is up to its last item. */
static void add(struct paging *paging, uint64_t owner, struct bytes key, struct bytes value)
{
    if (paging->page->more) {
        return;
    }
    int status = page_add(paging->page, owner, key, value, paging->op->scan.values);
    if (status == GR_ETOOBIG) {
        paging->page->more = true;
    } else {
        paging->status = status;
    }
}

static bool take_object(struct paging *paging, struct bytes stored, struct bytes value)
{
    const struct op *op = paging->op;
    struct bytes key = key_own(false, stored);
    unsigned leaf = op->scan.counts ? page_count(paging->page, key, value) : leaf_of(key);
    if ((op->scan.leaves >> leaf & 1) != 0 && bytes_compare(stored, op_key(op)) >= 0) {
        add(paging, 0, key, value);
    }
    return paging->status == 0 && (op->scan.counts || !paging->page->more);
}

static bool take_hint(struct paging *paging, struct bytes stored, struct bytes value)
{
    if (stored.len >= key_head_len(true)) {
        add(paging, key_owner(stored), key_own(true, stored), value);
    }
    return paging->status == 0 && !paging->page->more;
}

bool paging_take(struct paging *paging, struct bytes stored, struct bytes value)
{
    return paging->op->is_hint ? take_hint(paging, stored, value) : take_object(paging, stored, value);
}

void paging_end(struct paging *paging, int status, struct op *op)
{
    op->status = paging->status != 0 ? paging->status : status;
    if (op->status == 0) {
        op->scan.page = paging->page;
    } else {
        page_free(paging->page);
    }
    paging->page = NULL;
}

struct bytes paging_from(const struct op *op)
{
    return op->scan.counts ? bytes_of(op->key, KEY_SLOT_BYTES) : op_key(op);
}

size_t paging_bound(const struct op *op, uint8_t ret[8])
{
    if (!op->is_hint) {
        key_store_slot(ret, op->slot + 1u);
        return KEY_SLOT_BYTES;
    }
    uint64_t owner = key_owner(op_key(op));
    if (!op->scan.one_owner || owner == UINT64_MAX) {
        return 0;
    }
    key_store_owner(ret, owner + 1);
    return KEY_OWNER_BYTES;
}
