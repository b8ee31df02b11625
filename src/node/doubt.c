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

/* Somebody of whom there is no doubt himself. */
struct witness {
    struct object held;
    uint64_t floor;
    bool is_whole; /* an owner that misses nothing: the others can only say what they know */
};

static int hear(struct node *node, const struct read *read, struct witness *ret, unsigned *ret_count)
{
    *ret_count = 0;
    for (unsigned i = 0; i < read->quorum.tally.asked; i++) {
        if (!(read->quorum.tally.acked >> i & 1) || read->standings[i] == FILL_DOUBTFUL) {
            continue;
        }
        struct witness *witness = &ret[(*ret_count)++];
        object_init(&witness->held, CONFLICT_LWW);
        int error = read->copies[i] == NULL
                        ? 0
                        : object_decode(blob_bytes(read->copies[i]), read->key, &node->env.scratch, &witness->held);
        if (error != 0) {
            return error;
        }
        witness->is_whole = i < read->quorum.owners && read->standings[i] == FILL_WHOLE;
        witness->floor = read->floors[i];
    }
    return 0;
}

/* All together. `ret_heard`: somebody could say something. */
static enum doubt judge(const struct witness *witnesses, unsigned count, struct dot dot, bool *ret_heard)
{
    bool is_none = false;
    *ret_heard = false;
    for (unsigned i = 0; i < count; i++) {
        enum doubt doubt = doubt_of(&witnesses[i].held, witnesses[i].floor, dot);
        *ret_heard |= witnesses[i].is_whole || doubt == DOUBT_KNOWN;
        if (doubt == DOUBT_KNOWN) {
            return DOUBT_KNOWN;
        }
        is_none |= witnesses[i].is_whole && doubt == DOUBT_NONE;
    }
    return *ret_heard && !is_none ? DOUBT_VOID : DOUBT_NONE;
}

static void take_out(const struct witness *witnesses, unsigned count, struct object *object,
                     struct doubt_verdict *ret_verdict)
{
    uint32_t kept = 0;
    *ret_verdict = (struct doubt_verdict){.voids = 0};
    for (uint32_t i = 0; i < object->count; i++) {
        bool heard;
        if (judge(witnesses, count, object->entries[i].dot, &heard) == DOUBT_VOID) {
            ret_verdict->voids++;
        } else {
            object->entries[kept++] = object->entries[i];
            ret_verdict->unsettled |= !heard;
        }
    }
    object->count = kept;
    ret_verdict->all_void = kept == 0 && ret_verdict->voids > 0;
}

int doubt_judge(struct node *node, const struct read *read, unsigned place, struct object *ret,
                struct doubt_verdict *ret_verdict)
{
    struct witness witnesses[QUORUM_MAX];
    unsigned count;
    int error = hear(node, read, witnesses, &count);
    error = error == 0 ? object_decode(blob_bytes(read->copies[place]), read->key, &node->env.scratch, ret) : error;
    if (error == 0) {
        take_out(witnesses, count, ret, ret_verdict);
    }
    return error;
}

void doubt_judge_by(const struct object *held, uint64_t floor, bool is_whole, struct object *object,
                    struct doubt_verdict *ret_verdict)
{
    struct witness witness = {.held = *held, .floor = floor, .is_whole = is_whole};
    take_out(&witness, 1, object, ret_verdict);
}

static bool is_older(const struct object *copy, const struct object *merged)
{
    return dot_compare(context_newest(&copy->context), context_newest(&merged->context)) < 0;
}

/* What is left of a copy that is all void is its context, which ends its entries in other copies too. A
 * last-writer-wins object has nothing but its dot, which would name two things then: that may be said in a reply only.
 */
enum doubt_fate doubt_fate_of(enum doubt_use use, const struct doubt_verdict *verdict, const struct object *copy,
                              const struct object *merged)
{
    if (use == DOUBT_FOR_REPAIR && (verdict->voids > 0 || verdict->unsettled)) {
        return DOUBT_LEFT_OUT;
    }
    if (!verdict->all_void || use == DOUBT_FOR_REPLY) {
        return DOUBT_MERGED;
    }
    if (object_is_absent(merged)) {
        return DOUBT_DISCARDED;
    }
    if (copy->policy == CONFLICT_SIBLINGS) {
        return DOUBT_MERGED;
    }
    return is_older(copy, merged) ? DOUBT_SKIPPED : DOUBT_DISCARDED;
}
