/* A causal context: for each actor the greatest clock value seen, which covers all of that actor's earlier dots
 * (paper 4.4; a version vector).
 *
 * X1  Dots are sorted by actor, one an actor.
 * X2  At most CONTEXT_MAX actors: past that the one with the oldest clock goes, and the caller counts it.
 */
#ifndef GR_VERSION_CONTEXT_H
#define GR_VERSION_CONTEXT_H

#include "base/cursor.h"
#include "base/hlc.h"
#include "version/dot.h"

#define CONTEXT_MAX 32
#define CONTEXT_ENCODED_MAX (2 + CONTEXT_MAX * 16)

/* The latest clock that a client's context may name (the year 6429). Above a made-up later one nothing could be minted
 * for long. */
#define CONTEXT_HLC_MAX HLC_OUTSIDE_MAX

struct context {
    uint32_t count;
    struct dot dots[CONTEXT_MAX];
};

static inline void context_clear(struct context *context)
{
    context->count = 0;
}

/* Does the context include the write named by `dot`? */
bool context_covers(const struct context *context, struct dot dot);

/* Include `dot` and all earlier dots of its actor. True if an older actor had to go (X2). */
bool context_add(struct context *context, struct dot dot);

/* Include everything that `other` includes. Returns how many actors had to go (X2). */
unsigned context_join(struct context *context, const struct context *other);

/* The same, but the actors in `keep` stay: X2 takes the oldest of the others. */
unsigned context_join_keeping(struct context *context, const struct context *other, const struct context *keep);

/* Does `a` include everything that `b` includes? */
bool context_includes(const struct context *a, const struct context *b);

/* The greatest dot in the last-writer order; DOT_NONE for an empty context. */
struct dot context_newest(const struct context *context);

bool context_equal(const struct context *a, const struct context *b);

/* The reason why a context read from outside is not one (X1, X2, actor 0, a clock that nothing can be minted above),
 * or NULL. Static text. */
const char *context_invalid(const struct context *context);

/* Encoded, little-endian, as clients hold it and inside an encoded object: u16 count, then that many (u64 actor,
 * u64 hlc). */
static inline size_t context_encoded_size(const struct context *context)
{
    return 2 + (size_t)context->count * 16;
}

void context_write(const struct context *context, struct writer *w);

/* Errors: GR_ECORRUPT (too short, or context_invalid). */
int context_read(struct reader *r, struct context *ret);

/* Write context_encoded_size bytes to `ret`. */
void context_encode(const struct context *context, uint8_t *ret);

/* Read what a client sent back. Errors: GR_EINVAL (not a context, or a clock above CONTEXT_HLC_MAX). */
int context_decode(struct bytes raw, struct context *ret);

#endif
