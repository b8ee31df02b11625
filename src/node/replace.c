#include "node/replace.h"

#include "base/error.h"
#include "node/internal.h"

void replace_request(struct node *node, const struct origin *origin, const struct request *request)
{
    (void)request;
    origin_refuse(node, origin, GR_EINVAL, "unknown operation");
}

void replace_check(struct node *node)
{
    (void)node;
}
