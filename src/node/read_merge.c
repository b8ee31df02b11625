#include "node/read_merge.h"

#include "base/error.h"
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

static int merge_copy(struct node *node, const struct read *read, struct blob *copy, struct object *merged)
{
    struct arena *scratch = &node->env.scratch;
    struct object decoded;
    struct object before = *merged;
    int error = object_decode(blob_bytes(copy), read->key, scratch, &decoded);
    if (error != 0) {
        return error;
    }
    if (object_is_absent(&before) || (CANARY(node, CANARY_TOMBSTONE_BLIND) && object_is_tombstone(&before))) {
        *merged = decoded;
        return 0;
    }
    if (CANARY(node, CANARY_TOMBSTONE_BLIND) && object_is_tombstone(&decoded)) {
        return 0;
    }
    return object_merge(&before, &decoded, scratch, merged);
}

int read_merge(struct node *node, const struct read *read, struct object *ret)
{
    object_init(ret, CONFLICT_LWW);
    for (unsigned i = 0; i < read->quorum.tally.asked; i++) {
        if (has_acked(read, i) && read->copies[i] != NULL && !seen_before(read, i)) {
            int error = merge_copy(node, read, read->copies[i], ret);
            if (error != 0) {
                return error;
            }
        }
    }
    return 0;
}

int read_merge_encoded(struct node *node, const struct read *read, struct blob **ret)
{
    struct object merged;
    int error = read_merge(node, read, &merged);
    if (error != 0 || object_is_absent(&merged)) {
        *ret = NULL;
        return error;
    }
    struct blob *blob = blob_new(object_encoded_size(&merged));
    if (blob == NULL) {
        return GR_ENOMEM;
    }
    object_encode(&merged, read->key, blob->data);
    *ret = blob;
    return 0;
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

int read_repair(struct node *node, const struct read *read, bool tells)
{
    struct blob *merged = NULL;
    int error = all_agree(read) ? 0 : read_merge_encoded(node, read, &merged);
    if (error != 0 || merged == NULL) {
        return error;
    }
    int own = repair_stale(node, read, merged, tells);
    env_hold(&node->env, merged);
    return own;
}
