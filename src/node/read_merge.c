#include "node/read_merge.h"

#include "base/error.h"
#include "node/doubt.h"
#include "node/internal.h"
#include "node/parts.h"
#include "node/replica.h"

static bool has_acked(const struct read *read, unsigned place)
{
    return read->quorum.tally.acked >> place & 1;
}

static uint64_t digest_at(const struct read *read, unsigned place)
{
    return object_digest(blob_bytes(read->copies[place]));
}

/* Is there the same copy at an earlier place? Replicas mostly agree, and then one is decoded. */
static bool seen_before(const struct read *read, unsigned place)
{
    for (unsigned i = 0; i < place; i++) { /* at most QUORUM_MAX */
        if (has_acked(read, i) && digest_at(read, i) == digest_at(read, place)) {
            return true;
        }
    }
    return false;
}

static int merge_object(struct node *node, const struct object *object, struct object *merged)
{
    struct object before = *merged;
    if (object_is_absent(&before) || (CANARY(node, CANARY_TOMBSTONE_BLIND) && object_is_tombstone(&before))) {
        *merged = *object;
        return 0;
    }
    if (CANARY(node, CANARY_TOMBSTONE_BLIND) && object_is_tombstone(object)) {
        return 0;
    }
    return object_merge(&before, object, &node->env.scratch, merged);
}

static int merge_copy(struct node *node, const struct read *read, unsigned place, struct object *merged)
{
    struct object decoded;
    int error = object_decode(blob_bytes(read->copies[place]), read->key, &node->env.scratch, &decoded);
    return error == 0 ? merge_object(node, &decoded, merged) : error;
}

static bool is_doubtful(const struct read *read, unsigned place)
{
    return read->standings[place] == FILL_DOUBTFUL;
}

static bool has_own_copy(const struct read *read, unsigned place)
{
    return has_acked(read, place) && read->copies[place] != NULL && !seen_before(read, place);
}

/* Of the copies that are in doubt. */
struct doubts {
    bool left_out;    /* one that may be void was not merged */
    bool own_is_void; /* all of the own copy is */
};

static int merge_doubtful(struct node *node, const struct read *read, unsigned place, enum doubt_use use,
                          struct doubts *doubts, struct object *merged)
{
    struct object object;
    struct doubt_verdict verdict;
    int error = doubt_judge(node, read, place, &object, &verdict);
    if (error != 0) {
        return error;
    }
    switch (doubt_fate_of(use, &verdict, &object, merged)) {
    case DOUBT_MERGED:
        return merge_object(node, &object, merged);
    case DOUBT_LEFT_OUT:
        doubts->left_out = true;
        break;
    case DOUBT_DISCARDED:
        doubts->own_is_void |= read->quorum.nodes[place] == node->config.node;
        break;
    case DOUBT_SKIPPED:
        break;
    }
    return 0;
}

/* First the copies that are in no doubt: of what is void it matters whether there is anything else. */
static int merge_all(struct node *node, const struct read *read, enum doubt_use use, struct doubts *doubts,
                     struct object *ret)
{
    int error = 0;
    object_init(ret, CONFLICT_LWW);
    *doubts = (struct doubts){.left_out = false};
    for (unsigned i = 0; error == 0 && i < read->quorum.tally.asked; i++) {
        if (has_own_copy(read, i) && !is_doubtful(read, i)) {
            error = merge_copy(node, read, i, ret);
        }
    }
    for (unsigned i = 0; error == 0 && read->has_doubts && i < read->quorum.tally.asked; i++) {
        if (has_acked(read, i) && read->copies[i] != NULL && is_doubtful(read, i)) {
            error = merge_doubtful(node, read, i, use, doubts, ret);
        }
    }
    return error;
}

int read_merge(struct node *node, const struct read *read, struct object *ret)
{
    struct doubts doubts;
    return merge_all(node, read, DOUBT_FOR_REPLY, &doubts, ret);
}

static int encode(const struct read *read, const struct object *merged, struct blob **ret)
{
    *ret = object_is_absent(merged) ? NULL : blob_new(object_encoded_size(merged));
    if (*ret == NULL) {
        return object_is_absent(merged) ? 0 : GR_ENOMEM;
    }
    object_encode(merged, read->key, (*ret)->data);
    return 0;
}

int read_merge_encoded(struct node *node, const struct read *read, struct blob **ret)
{
    struct object merged;
    *ret = NULL;
    int error = read_merge(node, read, &merged);
    return error == 0 ? encode(read, &merged, ret) : error;
}

/* Does the owner lack it, so that it could not say what it has? A stand-in's copy is a hint, and goes its own way. */
static bool is_lacking(const struct read *read, unsigned place)
{
    int error = read->quorum.errors[place];
    return place < read->quorum.owners && !has_acked(read, place) && (error == GR_ECORRUPT || error == GR_ENOCOPY);
}

static bool is_stale(const struct read *read, unsigned place, uint64_t digest)
{
    bool differs = has_acked(read, place) && digest_at(read, place) != digest;
    return place < read->quorum.owners && (differs || is_lacking(read, place));
}

static bool all_agree(const struct read *read)
{
    bool found = false;
    uint64_t digest = 0;
    for (unsigned i = 0; i < read->quorum.tally.asked; i++) {
        if (is_lacking(read, i)) {
            return false;
        }
        if (has_acked(read, i)) {
            if (found && digest_at(read, i) != digest) {
                return false;
            }
            digest = digest_at(read, i);
            found = true;
        }
    }
    return true;
}

/* Returns the first error; the others are sent theirs all the same. */
static int repair_others(struct node *node, const struct read *read, struct blob *merged)
{
    uint64_t digest = object_digest(blob_bytes(merged));
    int error = 0;
    for (unsigned i = 0; i < read->quorum.owners; i++) {
        if (read->quorum.nodes[i] != node->config.node && is_stale(read, i, digest)) {
            node->stats.read_repairs++;
            int status = parts_send(node, read->quorum.nodes[i], read->key, merged);
            error = error == 0 ? status : error;
        }
    }
    return error;
}

/* The own copy comes last, as it may tell how all has ended. */
static int repair_stale(struct node *node, const struct read *read, struct blob *merged, bool tells, enum repair *ret)
{
    int error = repair_others(node, read, merged);
    int own = quorum_place(&read->quorum, node->config.node);
    if (own < 0 || !is_stale(read, (unsigned)own, object_digest(blob_bytes(merged)))) {
        return error;
    }
    node->stats.read_repairs++;
    struct repair_end end = {.tells = tells, .error = error};
    int status = replica_repair_self(node, read->slot, read->key, blob_bytes(merged), end);
    *ret = status == 0 ? REPAIR_UNDER_WAY : REPAIR_DONE;
    return status;
}

/* The own copy is all that there is, and it fails its check, or is void. */
static bool is_left_alone(const struct node *node, const struct read *read, const struct blob *merged,
                          const struct doubts *doubts)
{
    int own = quorum_place(&read->quorum, node->config.node);
    return doubts->own_is_void || (merged == NULL && own >= 0 && read->quorum.errors[own] == GR_ECORRUPT);
}

int read_repair(struct node *node, const struct read *read, bool tells, enum repair *ret)
{
    *ret = REPAIR_DONE;
    if (all_agree(read)) {
        return 0;
    }
    struct object object;
    struct doubts doubts;
    struct blob *merged = NULL;
    enum doubt_use use = read->decides ? DOUBT_FOR_DECISION : DOUBT_FOR_REPAIR;
    int error = merge_all(node, read, use, &doubts, &object);
    error = error == 0 ? encode(read, &object, &merged) : error;
    if (error == 0 && tells && (doubts.left_out || is_left_alone(node, read, merged, &doubts))) {
        *ret = REPAIR_UNDECIDED;
    } else if (error == 0 && merged != NULL) {
        error = repair_stale(node, read, merged, tells, ret);
    }
    env_hold(&node->env, merged);
    return error;
}
