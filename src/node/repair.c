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
    bool waits = is_mended_elsewhere(node, read);
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

/* How many other owners certainly do not have the key, and how many have a damaged copy too. */
static unsigned count_others(const struct node *node, const struct read *read, unsigned *ret_damaged)
{
    unsigned lacking = 0;
    *ret_damaged = 0;
    for (unsigned i = 0; i < read->quorum.owners; i++) {
        bool is_other = read->quorum.nodes[i] != node->config.node;
        bool has_acked = (read->quorum.tally.acked >> i & 1) != 0;
        lacking += is_other && has_acked && read->standings[i] == FILL_WHOLE && read->copies[i] == NULL;
        *ret_damaged += is_other && read->quorum.errors[i] == GR_ECORRUPT;
    }
    return lacking;
}

/* Only this node has anything, or others have what is damaged as well: that stays, as an error is not "absent", until a
 * write replaces it. Errors: GR_EBUSY, GR_EAGAIN (to be compared again). */
static int discard(struct node *node, const struct read *read, enum repair *ret)
{
    unsigned damaged;
    bool is_damaged = own_is_damaged(node, read);
    unsigned lacking = count_others(node, read, &damaged);
    if (is_damaged && lacking + damaged + 1 < read->quorum.owners) {
        return GR_EAGAIN;
    }
    if (is_damaged && damaged > 0) {
        *ret = REPAIR_DONE;
        return 0;
    }
    *ret = is_damaged || read->digest != 0 ? REPAIR_UNDER_WAY : REPAIR_DONE;
    return *ret == REPAIR_DONE ? 0 : discard_copy(node, read->slot, read->key, is_damaged ? 0 : read->digest);
}

/* The pair cannot tell: all owners are asked, by the node that is in doubt. Errors: GR_EBUSY, GR_EAGAIN. */
static int ask_all(struct node *node, const struct read *read, enum repair *ret)
{
    *ret = REPAIR_UNDER_WAY;
    bool decides = own_is_damaged(node, read) || fill_standing(node, read->quorum.partition) == FILL_DOUBTFUL;
    return decides ? read_start_repair(node, read->slot, read->key, read->origin.peer, true) : GR_EAGAIN;
}

/* DONE or UNDER_WAY; for a repair that tells nobody the errors are those of parts that did not go. */
static int conclude(struct node *node, const struct read *read, bool tells, enum repair *ret)
{
    int error = read->decides ? status_of_all(node, read) : 0;
    error = error == 0 ? read_repair(node, read, tells, ret) : error;
    if (error != 0) {
        return error;
    }
    if (*ret == REPAIR_UNDECIDED) {
        return read->decides ? discard(node, read, ret) : ask_all(node, read, ret);
    }
    bool is_pair = tells && !read->decides;
    return *ret == REPAIR_DONE && is_pair ? status_of_pair(read) : 0;
}

void repair_concluded(struct node *node, struct read *read)
{
    bool tells = read->origin.peer != 0;
    enum repair repair = REPAIR_DONE;
    int status = conclude(node, read, tells, &repair);
    if (tells && (status != 0 || repair == REPAIR_DONE)) {
        sync_repaired(node, status);
    }
}
