#include "node/repair.h"

#include "base/error.h"
#include "node/internal.h"
#include "node/read_merge.h"

int repair_key(struct node *node, uint16_t slot, struct bytes key, uint64_t peer)
{
    return read_start_repair(node, slot, key, peer, false);
}

/* 0: the replica has said what it holds, if only that it holds nothing that could be read. */
static int status_at(const struct read *read, unsigned place)
{
    const struct tally *tally = &read->quorum.tally;
    if (tally->acked >> place & 1) {
        return 0;
    }
    int error = read->quorum.errors[place];
    return error == GR_ENOCOPY || error == GR_ECORRUPT ? 0 : error != 0 ? error : GR_ETIMEOUT;
}

static int status_of_pair(const struct read *read)
{
    int here = status_at(read, 0);
    return here != 0 ? here : status_at(read, 1);
}

static bool own_is_damaged(const struct node *node, const struct read *read)
{
    int own = quorum_place(&read->quorum, node->config.node);
    return own >= 0 && read->quorum.errors[own] == GR_ECORRUPT;
}

/* Will a damaged copy be mended with another's? */
static bool is_mended_elsewhere(const struct node *node, const struct read *read)
{
    for (unsigned i = 0; i < read->quorum.owners; i++) {
        bool holds = (read->quorum.tally.acked >> i & 1) && read->copies[i] != NULL;
        if (holds && read->standings[i] != FILL_DOUBTFUL && read->quorum.nodes[i] != node->config.node) {
            return true;
        }
    }
    return false;
}

/* 0: all owners have. A damaged copy may hold anything: it is waited for if it will be mended; else it says nothing. */
static int status_of_all(const struct node *node, const struct read *read)
{
    bool waits = own_is_damaged(node, read) || is_mended_elsewhere(node, read);
    for (unsigned i = 0; i < read->quorum.owners; i++) {
        bool is_other = read->quorum.nodes[i] != node->config.node;
        bool is_awaited = waits && is_other && read->quorum.errors[i] == GR_ECORRUPT;
        int status = is_awaited ? GR_ECORRUPT : status_at(read, i);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

/* Is it certain that no other owner has the key? */
static bool others_lack_it(const struct node *node, const struct read *read)
{
    for (unsigned i = 0; i < read->quorum.owners; i++) {
        bool lacks = (read->quorum.tally.acked >> i & 1) && read->standings[i] == FILL_WHOLE && read->copies[i] == NULL;
        if (read->quorum.nodes[i] != node->config.node && !lacks) {
            return false;
        }
    }
    return true;
}

/* Only this node has anything. Returns as read_repair. */
static int discard(struct node *node, const struct read *read)
{
    if (own_is_damaged(node, read)) {
        return others_lack_it(node, read) ? discard_copy(node, read->slot, read->key, 0) : GR_EAGAIN;
    }
    return read->digest == 0 ? 0 : discard_copy(node, read->slot, read->key, read->digest);
}

/* The pair cannot tell: all owners are asked, by the node that is in doubt. Returns as read_repair. */
static int ask_all(struct node *node, const struct read *read)
{
    bool decides = own_is_damaged(node, read) || fill_standing(node, read->quorum.partition) == FILL_DOUBTFUL;
    int error = decides ? read_start_repair(node, read->slot, read->key, read->origin.peer, true) : GR_EAGAIN;
    return error == 0 ? 1 : error;
}

/* 1: sync_repaired is called later. */
static int conclude(struct node *node, struct read *read, bool tells)
{
    int error = read->decides ? status_of_all(node, read) : 0;
    if (error != 0) {
        return error;
    }
    int own = read_repair(node, read, tells);
    if (own == GR_ENOENT) {
        own = read->decides ? discard(node, read) : ask_all(node, read);
    }
    return own != 0 || !tells || read->decides ? own : status_of_pair(read);
}

void repair_concluded(struct node *node, struct read *read)
{
    bool tells = read->origin.peer != 0;
    int status = conclude(node, read, tells);
    if (tells && status <= 0) {
        sync_repaired(node, status);
    }
}
