/* Filling the page of a scan, one entry after another in the order of the stored keys: the same for all engines. */
#ifndef GR_STORE_PAGING_H
#define GR_STORE_PAGING_H

#include "store/op.h"

struct paging {
    const struct op *op;
    struct page *page;
    int status;
};

/* Errors: GR_ENOMEM. */
int paging_begin(struct paging *paging, const struct op *op);

/* Take one entry, not in front of where the scan begins unless the slot is counted. False: no other one is wanted.
 * Borrows both. */
bool paging_take(struct paging *paging, struct bytes stored, struct bytes value);

/* Give the page to the operation, or free it if that, or the scan by `status`, has failed. */
void paging_end(struct paging *paging, int status, struct op *op);

/* The first stored key that the scan must look at, borrowed from the operation, and the first behind the last one:
 * returns its length, 0 when there is no such bound. */
struct bytes paging_from(const struct op *op);
size_t paging_bound(const struct op *op, uint8_t ret[8]);

#endif
