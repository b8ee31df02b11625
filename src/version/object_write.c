/* One write to a register: a put or a delete, under either policy. */
#include "base/error.h"
#include "version/object_context.h"

/* Does `entry` outlive the write? Not if the writer has seen it, and not if it says the same as the new value: then the
 * write is a retry, or agrees, and two entries would be a conflict about nothing. */
static bool outlives(const struct entry *entry, const struct bytes *value, const struct context *seen)
{
    if (seen == NULL || context_covers(seen, entry->dot)) {
        return false;
    }
    return value == NULL || !bytes_equal(entry->payload, *value);
}

/* What outlives the write, then the new value: its dot is the greatest, so O2 holds. */
static uint32_t write_entries(const struct object *old, struct dot dot, const struct bytes *value,
                              const struct context *seen, struct entry *ret)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < old->count; i++) {
        if (outlives(&old->entries[i], value, seen)) {
            ret[count++] = old->entries[i];
        }
    }
    if (value != NULL) {
        ret[count++] = (struct entry){.element = BYTES_EMPTY, .payload = *value, .dot = dot};
    }
    return count;
}

static unsigned write_sibling(const struct object *old, const struct context *written, const struct bytes *value,
                              const struct context *seen, struct object *ret)
{
    ret->context = old->context;
    ret->count = write_entries(old, written->dots[0], value, seen, ret->entries);
    /* The new dot first: O1 must hold when `seen` crowds actors out. */
    unsigned gone = object_join_context(ret, written, old, NULL);
    return gone + (seen == NULL ? 0 : object_join_context(ret, seen, old, NULL));
}

int object_write(const struct object *old, enum conflict_policy policy, struct dot dot, const struct bytes *value,
                 const struct context *seen, struct arena *arena, struct object *ret, unsigned *ret_dropped)
{
    GR_ASSERT(ret != old);
    GR_ASSERT_EQ(old->type, OBJECT_REGISTER);
    GR_ASSERT(dot_compare(dot, context_newest(&old->context)) > 0);
    GR_ASSERT(seen == NULL || dot_compare(dot, context_newest(seen)) > 0);
    struct entry *entries = arena_alloc(arena, (seen == NULL ? 1 : old->count + 1) * sizeof *entries);
    if (entries == NULL) {
        return GR_ENOMEM;
    }
    object_init(ret, policy);
    ret->entries = entries;
    struct context written;
    context_clear(&written);
    context_add(&written, dot);
    unsigned gone = 0;
    if (policy == CONFLICT_LWW) {
        ret->context = written;
        ret->count = write_entries(old, dot, value, NULL, entries);
    } else {
        gone = write_sibling(old, &written, value, seen, ret);
    }
    if (ret_dropped != NULL) {
        *ret_dropped = gone;
    }
    return 0;
}
