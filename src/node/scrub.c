#include "node/scrub.h"

#include "base/error.h"
#include "node/internal.h"

void scrub_init(struct scrub *scrub)
{
    *scrub = (struct scrub){.slot = 0};
}

void scrub_done(struct scrub *scrub)
{
    (void)scrub;
}

void scrub_request(struct node *node, const struct origin *origin)
{
    origin_refuse(node, origin, GR_EINVAL, "unknown operation");
}

void scrub_scanned(struct node *node, uint64_t id, int status, const struct page *page)
{
    (void)node, (void)id, (void)status, (void)page;
}
