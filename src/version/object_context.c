#include "version/object_context.h"

/* Who must stay: the actors that hold entries, or the entries would be lost; the newest writer, or its write, perhaps a
 * delete, would be forgotten. When even these are too many, context_add lets the oldest go. */
static void find_needed(const struct object *object, const struct context *other, struct context *ret)
{
    context_clear(ret);
    for (uint32_t i = 0; i < object->count; i++) {
        context_add(ret, object->entries[i].dot);
    }
    struct dot ours = context_newest(&object->context);
    struct dot theirs = context_newest(other);
    context_add(ret, dot_compare(ours, theirs) > 0 ? ours : theirs);
}

/* Who should stay, while there is room: the actors of entries that have just been superseded. Other replicas hold these
 * entries still, and would put them back beside what superseded them. */
static void add_superseded(const struct object *made_of, struct context *ret)
{
    for (uint32_t i = 0; made_of != NULL && i < made_of->count && ret->count < CONTEXT_MAX; i++) {
        context_add(ret, made_of->entries[i].dot);
    }
}

static void remove_uncovered(struct object *object)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < object->count; i++) {
        if (context_covers(&object->context, object->entries[i].dot)) {
            object->entries[kept++] = object->entries[i];
        }
    }
    object->count = kept;
}

unsigned object_join_context(struct object *object, const struct context *other, const struct object *left,
                             const struct object *right)
{
    if (object->context.count + other->count <= CONTEXT_MAX) {
        return context_join(&object->context, other);
    }
    struct context needed;
    find_needed(object, other, &needed);
    add_superseded(left, &needed);
    add_superseded(right, &needed);
    unsigned gone = context_join_keeping(&object->context, other, &needed);
    if (gone > 0) {
        remove_uncovered(object);
    }
    return gone;
}
