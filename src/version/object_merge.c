/* The one merge (object.h): causal, or by the last writer where both sides agree on that. */
#include "base/error.h"
#include "version/object_context.h"

static struct entry *new_entries(struct arena *arena, uint32_t count)
{
    return arena_alloc(arena, count == 0 ? 1 : count * sizeof(struct entry));
}

static int copy(const struct object *from, struct arena *arena, struct object *ret)
{
    struct entry *entries = new_entries(arena, from->count);
    if (entries == NULL) {
        return GR_ENOMEM;
    }
    if (from->count > 0) {
        memcpy(entries, from->entries, from->count * sizeof *entries);
    }
    *ret = *from;
    ret->entries = entries;
    return 0;
}

/* The order of O2. */
static int compare_entries(const struct entry *a, const struct entry *b)
{
    int order = bytes_compare(a->element, b->element);
    return order != 0 ? order : dot_compare(a->dot, b->dot);
}

/* Write the surviving entries of both to `ret` in order; returns how many. An entry of one side alone survives unless
 * the other side has seen it. */
static uint32_t merge_entries(const struct object *a, const struct object *b, struct entry *ret)
{
    uint32_t i = 0;
    uint32_t j = 0;
    uint32_t count = 0;
    while (i < a->count || j < b->count) {
        int order = j == b->count ? -1 : i == a->count ? 1 : compare_entries(&a->entries[i], &b->entries[j]);
        const struct entry *entry = order <= 0 ? &a->entries[i] : &b->entries[j];
        const struct object *other = order < 0 ? b : a;
        if (order == 0 || !context_covers(&other->context, entry->dot)) {
            ret[count++] = *entry;
        }
        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
    }
    return count;
}

static int merge_causal(const struct object *a, const struct object *b, struct arena *arena, struct object *ret)
{
    struct entry *entries = new_entries(arena, a->count + b->count);
    if (entries == NULL) {
        return GR_ENOMEM;
    }
    ret->type = a->type;
    ret->policy = CONFLICT_SIBLINGS;
    ret->context = a->context;
    ret->entries = entries;
    ret->count = merge_entries(a, b, entries);
    object_join_context(ret, &b->context, a, b);
    return 0;
}

/* Two absent objects of different policies are one with CONFLICT_SIBLINGS, from whichever side it is looked at. */
static const struct object *present_one(const struct object *a, const struct object *b)
{
    if (object_is_absent(a) && object_is_absent(b)) {
        return a->policy == CONFLICT_SIBLINGS ? a : b;
    }
    return object_is_absent(a) ? b : a;
}

static const struct object *newer_one(const struct object *a, const struct object *b)
{
    return dot_compare(context_newest(&a->context), context_newest(&b->context)) >= 0 ? a : b;
}

int object_merge(const struct object *a, const struct object *b, struct arena *arena, struct object *ret)
{
    GR_ASSERT_EQ(a->type, b->type);
    GR_ASSERT(ret != a && ret != b);
    if (object_is_absent(a) || object_is_absent(b)) {
        return copy(present_one(a, b), arena, ret);
    }
    if (a->policy == CONFLICT_LWW && b->policy == CONFLICT_LWW) {
        return copy(newer_one(a, b), arena, ret);
    }
    return merge_causal(a, b, arena, ret);
}
