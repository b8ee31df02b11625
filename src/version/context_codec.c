/* Contexts as bytes, and the checks on those that come from outside. */
#include "base/error.h"
#include "base/hlc.h"
#include "version/context.h"

const char *context_invalid(const struct context *context)
{
    if (context->count > CONTEXT_MAX) {
        return "more actors than a context may have";
    }
    uint64_t before = 0;
    for (uint32_t i = 0; i < context->count; i++) {
        if (context->dots[i].actor == 0) {
            return "actor 0";
        }
        if (context->dots[i].actor <= before) {
            return "actors out of order";
        }
        if (context->dots[i].hlc >= HLC_END) {
            return "a clock at its end";
        }
        before = context->dots[i].actor;
    }
    return NULL;
}

void context_write(const struct context *context, struct writer *w)
{
    GR_ASSERT_LE(context->count, CONTEXT_MAX);
    writer_u16(w, (uint16_t)context->count);
    for (uint32_t i = 0; i < context->count; i++) {
        writer_u64(w, context->dots[i].actor);
        writer_u64(w, context->dots[i].hlc);
    }
}

int context_read(struct reader *r, struct context *ret)
{
    struct context read;
    read.count = reader_u16(r);
    if (r->failed || read.count > CONTEXT_MAX) {
        return GR_ECORRUPT;
    }
    for (uint32_t i = 0; i < read.count; i++) {
        read.dots[i].actor = reader_u64(r);
        read.dots[i].hlc = reader_u64(r);
    }
    if (r->failed || context_invalid(&read) != NULL) {
        return GR_ECORRUPT;
    }
    ret->count = read.count;
    memcpy(ret->dots, read.dots, read.count * sizeof read.dots[0]);
    return 0;
}

void context_encode(const struct context *context, uint8_t *ret)
{
    struct writer w = writer_of(ret, context_encoded_size(context));
    context_write(context, &w);
}

int context_decode(struct bytes raw, struct context *ret)
{
    struct reader r = reader_of(raw);
    struct context read;
    if (context_read(&r, &read) != 0 || reader_left(&r) > 0) {
        return GR_EINVAL;
    }
    for (uint32_t i = 0; i < read.count; i++) {
        if (read.dots[i].hlc > CONTEXT_HLC_MAX) {
            return GR_EINVAL;
        }
    }
    ret->count = read.count;
    memcpy(ret->dots, read.dots, read.count * sizeof read.dots[0]);
    return 0;
}
