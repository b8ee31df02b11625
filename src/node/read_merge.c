#include "node/read_merge.h"

#include "base/error.h"
#include "node/internal.h"
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
    for (unsigned i = 0; i < place; i++) { /* at most RING_REPLICAS_MAX */
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

static bool is_damaged(const struct read *read, unsigned place)
{
    return !has_acked(read, place) && read->quorum.errors[place] == GR_ECORRUPT;
}

static bool all_agree(const struct read *read)
{
    bool found = false;
    uint64_t digest = 0;
    for (unsigned i = 0; i < read->quorum.tally.asked; i++) {
        if (is_damaged(read, i)) {
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

static void repair_one(struct node *node, const struct read *read, uint64_t peer, struct blob *merged)
{
    node->stats.read_repairs++;
    if (peer == node->config.node) {
        replica_repair_self(node, read->slot, read->key, blob_bytes(merged));
        return;
    }
    struct wire_put *put = &env_send(&node->env, peer, WIRE_put)->put;
    put->request = 0; /* nobody waits for the ack */
    put->key = read->key;
    put->object = blob_bytes(merged);
}

void read_repair(struct node *node, const struct read *read)
{
    struct blob *merged;
    if (all_agree(read) || read_merge_encoded(node, read, &merged) != 0 || merged == NULL) {
        return;
    }
    if (merged->len > WIRE_OBJECT_MAX) {
        env_hold(&node->env, merged);
        return;
    }
    uint64_t digest = object_digest(blob_bytes(merged));
    for (unsigned i = 0; i < read->quorum.tally.asked; i++) {
        if (is_damaged(read, i) || (has_acked(read, i) && digest_at(read, i) != digest)) {
            repair_one(node, read, read->quorum.nodes[i], merged);
        }
    }
    env_hold(&node->env, merged);
}
