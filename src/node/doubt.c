#include "node/doubt.h"

#include "base/error.h"
#include "node/internal.h"

/* A value that was there before has not been deleted since. A tombstone says nothing: it may have come up too. */
static bool has_value_as_old(const struct object *held, uint64_t hlc)
{
    for (uint32_t i = 0; i < held->count; i++) {
        if (held->entries[i].dot.hlc <= hlc) {
            return true;
        }
    }
    return false;
}

enum doubt doubt_of(const struct object *held, uint64_t floor, struct dot dot)
{
    if (!object_is_absent(held) && object_includes(held, dot)) {
        return DOUBT_KNOWN;
    }
    return dot.hlc > floor || has_value_as_old(held, dot.hlc) ? DOUBT_NONE : DOUBT_VOID;
}

/* What those say of whom there is no doubt themselves. */
struct witnesses {
    struct object held[QUORUM_MAX];
    uint64_t floors[QUORUM_MAX];
    bool whole[QUORUM_MAX]; /* an owner that misses nothing: the others can only say what they know */
    unsigned count;
};

static int hear(struct node *node, const struct read *read, struct witnesses *ret)
{
    ret->count = 0;
    for (unsigned i = 0; i < read->quorum.tally.asked; i++) {
        if (!(read->quorum.tally.acked >> i & 1) || read->standings[i] == FILL_DOUBTFUL) {
            continue;
        }
        struct object *held = &ret->held[ret->count];
        object_init(held, CONFLICT_LWW);
        int error = read->copies[i] == NULL
                        ? 0
                        : object_decode(blob_bytes(read->copies[i]), read->key, &node->env.scratch, held);
        if (error != 0) {
            return error;
        }
        ret->whole[ret->count] = i < read->quorum.owners && read->standings[i] == FILL_WHOLE;
        ret->floors[ret->count] = read->floors[i];
        ret->count++;
    }
    return 0;
}

/* All together. `ret_heard`: somebody could say something. */
static enum doubt judge(const struct witnesses *witnesses, struct dot dot, bool *ret_heard)
{
    bool is_none = false;
    *ret_heard = false;
    for (unsigned i = 0; i < witnesses->count; i++) {
        enum doubt doubt = doubt_of(&witnesses->held[i], witnesses->floors[i], dot);
        *ret_heard |= witnesses->whole[i] || doubt == DOUBT_KNOWN;
        if (doubt == DOUBT_KNOWN) {
            return DOUBT_KNOWN;
        }
        is_none |= witnesses->whole[i] && doubt == DOUBT_NONE;
    }
    return *ret_heard && !is_none ? DOUBT_VOID : DOUBT_NONE;
}

int doubt_judge(struct node *node, const struct read *read, unsigned place, struct object *ret,
                struct doubt_verdict *ret_verdict)
{
    struct witnesses witnesses;
    *ret_verdict = (struct doubt_verdict){.voids = 0};
    int error = hear(node, read, &witnesses);
    error = error == 0 ? object_decode(blob_bytes(read->copies[place]), read->key, &node->env.scratch, ret) : error;
    if (error != 0) {
        return error;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ret->count; i++) {
        bool heard;
        if (judge(&witnesses, ret->entries[i].dot, &heard) == DOUBT_VOID) {
            ret_verdict->voids++;
        } else {
            ret->entries[kept++] = ret->entries[i];
            ret_verdict->unsettled |= !heard;
        }
    }
    ret->count = kept;
    ret_verdict->all_void = kept == 0 && ret_verdict->voids > 0;
    return 0;
}
