#include "node/repair.h"

#include "base/error.h"
#include "node/internal.h"
#include "node/read_merge.h"

int repair_key(struct node *node, uint16_t slot, struct bytes key, uint64_t peer)
{
    return read_start_repair(node, slot, key, peer);
}

/* Has the replica said what it holds, if only that it holds nothing that could be read? */
static int status_at(const struct read *read, unsigned place)
{
    const struct tally *tally = &read->quorum.tally;
    if (tally->acked >> place & 1) {
        return 0;
    }
    int error = read->quorum.errors[place];
    return error == GR_ENOCOPY || error == GR_ECORRUPT ? 0 : error != 0 ? error : GR_ETIMEOUT;
}

void repair_concluded(struct node *node, struct read *read)
{
    bool tells = read->origin.peer != 0;
    int own = read_repair(node, read, tells);
    if (!tells || own > 0) {
        return;
    }
    int here = status_at(read, 0);
    int there = status_at(read, 1);
    sync_repaired(node, own != 0 ? own : here != 0 ? here : there);
}
