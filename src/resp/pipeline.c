#include "resp/pipeline.h"

#include "base/assert.h"
#include "base/hash.h"
#include "resp/call.h"

_Static_assert((PIPELINE_MAX & (PIPELINE_MAX - 1)) == 0, "numbers wrap around the ring");

static struct call *at(const struct pipeline *pipeline, uint64_t number)
{
    return pipeline->calls[number % PIPELINE_MAX];
}

void pipeline_push(struct pipeline *pipeline, struct call *call)
{
    GR_ASSERT_LT(pipeline->count, PIPELINE_MAX);
    call->number = pipeline->first + pipeline->count;
    call->state = CALL_WAITING;
    pipeline->calls[call->number % PIPELINE_MAX] = call;
    pipeline->count++;
    pipeline->waiting++;
}

struct call *pipeline_head(const struct pipeline *pipeline)
{
    return pipeline->count == 0 ? NULL : at(pipeline, pipeline->first);
}

void pipeline_pop(struct pipeline *pipeline)
{
    GR_ASSERT(pipeline->count > 0 && at(pipeline, pipeline->first)->state == CALL_DONE);
    pipeline->calls[pipeline->first % PIPELINE_MAX] = NULL;
    pipeline->first++;
    pipeline->count--;
}

struct call *pipeline_at(const struct pipeline *pipeline, uint64_t place)
{
    return place < pipeline->count ? at(pipeline, pipeline->first + place) : NULL;
}

struct call *pipeline_find(const struct pipeline *pipeline, uint16_t number)
{
    uint16_t distance = (uint16_t)(number - (uint16_t)pipeline->first);
    return distance < pipeline->count ? at(pipeline, pipeline->first + distance) : NULL;
}

static bool share_a_key(const struct call *a, const struct call *b)
{
    if (a->key_hash != 0 && b->key_hash != 0) {
        return a->key_hash == b->key_hash;
    }
    return (a->keys_mask & b->keys_mask) != 0;
}

static bool waits_for(const struct call *call, const struct call *earlier)
{
    unsigned orders = call->spec == NULL ? 0u : call->spec->orders;
    if ((orders & COMMAND_ORDER_AFTER_ALL) != 0) {
        return true;
    }
    if (earlier->spec != NULL && (earlier->spec->orders & COMMAND_ORDER_BARRIER) != 0) {
        return true;
    }
    return call->keyed && earlier->keyed && (call->writes || earlier->writes) && share_a_key(call, earlier);
}

static bool may_start(const struct pipeline *pipeline, const struct call *call)
{
    for (uint64_t number = pipeline->first; number < call->number; number++) {
        const struct call *earlier = at(pipeline, number);
        if (earlier->state != CALL_DONE && waits_for(call, earlier)) {
            return false;
        }
    }
    return true;
}

struct call *pipeline_startable(const struct pipeline *pipeline, uint64_t from)
{
    if (pipeline->waiting == 0) {
        return NULL;
    }
    uint64_t end = pipeline->first + pipeline->count;
    for (uint64_t number = from > pipeline->first ? from : pipeline->first; number < end; number++) {
        struct call *call = at(pipeline, number);
        if (call->state == CALL_WAITING && may_start(pipeline, call)) {
            return call;
        }
    }
    return NULL;
}

void pipeline_note_keys(struct call *call)
{
    uint32_t first = 0, last = 0;
    call->keyed = call->spec != NULL && command_key_range(call->spec, call->argc, &first, &last);
    if (!call->keyed) {
        return;
    }
    call->writes = (call->spec->flags & COMMAND_WRITE) != 0;
    uint64_t hash = 0;
    for (uint32_t i = first; i <= last; i += call->spec->keys.step) {
        hash = hash_bytes(call_arg(call, i));
        call->keys_mask |= UINT64_C(1) << (hash % 64);
    }
    call->key_hash = first == last ? hash : 0;
}
