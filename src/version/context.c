#include "version/context.h"

/* Where the actor is or would be. Linear: there are CONTEXT_MAX at most, mostly one to three. */
static uint32_t place_of(const struct context *context, uint64_t actor)
{
    uint32_t i = 0;
    while (i < context->count && context->dots[i].actor < actor) {
        i++;
    }
    return i;
}

static bool has_actor(const struct context *context, uint64_t actor)
{
    uint32_t i = place_of(context, actor);
    return i < context->count && context->dots[i].actor == actor;
}

bool context_covers(const struct context *context, struct dot dot)
{
    uint32_t i = place_of(context, dot.actor);
    return i < context->count && context->dots[i].actor == dot.actor && dot.hlc <= context->dots[i].hlc;
}

/* Two full contexts side by side, before X2 cuts them to size. */
struct wide {
    uint32_t count;
    struct dot dots[2 * CONTEXT_MAX];
};

static void unite(const struct context *a, const struct context *b, struct wide *ret)
{
    uint32_t i = 0;
    uint32_t j = 0;
    ret->count = 0;
    while (i < a->count || j < b->count) {
        struct dot dot;
        if (j == b->count || (i < a->count && a->dots[i].actor < b->dots[j].actor)) {
            dot = a->dots[i++];
        } else if (i == a->count || b->dots[j].actor < a->dots[i].actor) {
            dot = b->dots[j++];
        } else {
            dot = a->dots[i].hlc > b->dots[j].hlc ? a->dots[i] : b->dots[j];
            i++;
            j++;
        }
        ret->dots[ret->count++] = dot;
    }
}

/* The oldest of those not in `keep`; there is one, since `keep` has no more actors than a context may have. */
static uint32_t oldest_beside(const struct wide *wide, const struct context *keep)
{
    uint32_t oldest = wide->count;
    for (uint32_t i = 0; i < wide->count; i++) {
        bool older = oldest == wide->count || dot_compare(wide->dots[i], wide->dots[oldest]) < 0;
        if (older && !has_actor(keep, wide->dots[i].actor)) {
            oldest = i;
        }
    }
    GR_ASSERT_LT(oldest, wide->count);
    return oldest;
}

static void remove_at(struct wide *wide, uint32_t at)
{
    wide->count--;
    for (uint32_t i = at; i < wide->count; i++) {
        wide->dots[i] = wide->dots[i + 1];
    }
}

unsigned context_join_keeping(struct context *context, const struct context *other, const struct context *keep)
{
    GR_ASSERT_LE(context->count, CONTEXT_MAX);
    GR_ASSERT_LE(other->count, CONTEXT_MAX);
    struct wide wide;
    unsigned gone = 0;
    unite(context, other, &wide);
    while (wide.count > CONTEXT_MAX) {
        remove_at(&wide, oldest_beside(&wide, keep));
        gone++;
    }
    context->count = wide.count;
    memcpy(context->dots, wide.dots, wide.count * sizeof wide.dots[0]);
    return gone;
}

unsigned context_join(struct context *context, const struct context *other)
{
    struct context nobody;
    context_clear(&nobody);
    return context_join_keeping(context, other, &nobody);
}

bool context_add(struct context *context, struct dot dot)
{
    GR_ASSERT_NE(dot.actor, 0);
    struct context one;
    one.count = 1;
    one.dots[0] = dot;
    return context_join(context, &one) > 0;
}

bool context_includes(const struct context *a, const struct context *b)
{
    for (uint32_t i = 0; i < b->count; i++) {
        if (!context_covers(a, b->dots[i])) {
            return false;
        }
    }
    return true;
}

bool context_equal(const struct context *a, const struct context *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (!dot_equal(a->dots[i], b->dots[i])) {
            return false;
        }
    }
    return true;
}

struct dot context_newest(const struct context *context)
{
    struct dot newest = DOT_NONE;
    for (uint32_t i = 0; i < context->count; i++) {
        if (dot_compare(context->dots[i], newest) > 0) {
            newest = context->dots[i];
        }
    }
    return newest;
}
