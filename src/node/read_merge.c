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

/* What is merged for. */
enum use {
    USE_REPLY,    /* without what is void (doubt.h Z2) */
    USE_REPAIR,   /* without copies that may be (Z3) */
    USE_DECISION, /* all owners have spoken (Z4) */
};

/* Of the copies that are in doubt. */
struct doubts {
    bool left_out;    /* one that may be void was not merged */
    bool own_is_void; /* all of the own copy is */
};

/* What is left of one that is void is its context, which ends its entries in other copies too. A last-writer-wins
 * object has nothing but its dot, which would name two things then. */
static bool takes_context(enum use use, const struct object *object)
{
    return use == USE_REPLY || object->policy == CONFLICT_SIBLINGS;
}

static int merge_doubtful(struct node *node, const struct read *read, unsigned place, enum use use,
                          struct doubts *doubts, struct object *merged)
{
    struct object object;
    struct doubt_verdict verdict;
    int error = doubt_judge(node, read, place, &object, &verdict);
    bool is_own = read->quorum.nodes[place] == node->config.node;
    if (error != 0) {
        return error;
    }
    if (use == USE_REPAIR && (verdict.voids > 0 || verdict.unsettled)) {
        doubts->left_out = true;
        return 0;
    }
    bool loses =
        object_is_absent(merged) || dot_compare(context_newest(&merged->context), context_newest(&object.context)) <= 0;
    bool goes =
        verdict.all_void && use == USE_DECISION && loses && (object_is_absent(merged) || !takes_context(use, &object));
    doubts->own_is_void |= is_own && goes;
    bool is_nothing = verdict.all_void && (goes || !takes_context(use, &object));
    return is_nothing ? 0 : merge_object(node, &object, merged);
}

/* First the copies that are in no doubt: of what is void it matters whether there is anything else. */
static int merge_all(struct node *node, const struct read *read, enum use use, struct doubts *doubts,
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
    return merge_all(node, read, USE_REPLY, &doubts, ret);
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

/* Returns what read_repair does. */
static int repair_stale(struct node *node, const struct read *read, struct blob *merged, bool tells)
{
    uint64_t digest = object_digest(blob_bytes(merged));
    int own = 0;
    for (unsigned i = 0; i < read->quorum.owners; i++) {
        if (!is_stale(read, i, digest)) {
            continue;
        }
        node->stats.read_repairs++;
        if (read->quorum.nodes[i] == node->config.node) {
            own = replica_repair_self(node, read->slot, read->key, blob_bytes(merged), tells);
        } else {
            int error = parts_send(node, read->quorum.nodes[i], read->key, merged);
            own = own == 0 ? error : own;
        }
    }
    return own;
}

/* The own copy is all that there is, and it fails its check, or is void. */
static bool is_left_alone(const struct node *node, const struct read *read, const struct blob *merged,
                          const struct doubts *doubts)
{
    int own = quorum_place(&read->quorum, node->config.node);
    return doubts->own_is_void || (merged == NULL && own >= 0 && read->quorum.errors[own] == GR_ECORRUPT);
}

int read_repair(struct node *node, const struct read *read, bool tells)
{
    if (all_agree(read)) {
        return 0;
    }
    struct object object;
    struct doubts doubts;
    struct blob *merged = NULL;
    int error = merge_all(node, read, read->decides ? USE_DECISION : USE_REPAIR, &doubts, &object);
    error = error == 0 ? encode(read, &object, &merged) : error;
    if (error == 0 && tells && (doubts.left_out || is_left_alone(node, read, merged, &doubts))) {
        error = GR_ENOENT;
    }
    if (error == 0 && merged != NULL) {
        error = repair_stale(node, read, merged, tells);
    }
    env_hold(&node->env, merged);
    return error;
}
