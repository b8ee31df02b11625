#include "sim/trace.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/error.h"
#include "base/hlc.h"
#include "sim/trace_words.h"
#include "sim/world.h"

#define TRACE_TEXT_MAX (256u << 20)

void trace_init(struct trace *trace, const char *const *clients)
{
    *trace = (struct trace){.clients = clients};
    buffer_init(&trace->text, TRACE_TEXT_MAX);
}

void trace_done(struct trace *trace)
{
    buffer_done(&trace->text);
}

void trace_start(struct trace *trace, const struct world *world)
{
    trace->start_us = world->now_us;
    buffer_clear(&trace->text, TRACE_TEXT_MAX);
}

void trace_say(struct trace *trace, const char *format, ...)
{
    char piece[1024];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    size_t used = (size_t)len < sizeof piece ? (size_t)len : sizeof piece - 1;
    int status = buffer_append(&trace->text, bytes_of(piece, used));
    GR_ASSERT_EQ(status, 0);
}

/* An actor's node is known from the first time it is seen: only the node itself can bring it up. */
static const struct trace_actor *actor_of(struct trace *trace, const struct world *world, uint64_t actor)
{
    for (unsigned i = 0; i < trace->actors_count; i++) {
        if (trace->actors[i].actor == actor) {
            return &trace->actors[i];
        }
    }
    for (unsigned node = 0; node < world->machines_count; node++) {
        if (world->machines[node].actor == actor && trace->actors_count < TRACE_ACTORS_MAX) {
            trace->actors[trace->actors_count] =
                (struct trace_actor){.actor = actor, .life = world->machines[node].life, .node = (uint8_t)node};
            return &trace->actors[trace->actors_count++];
        }
    }
    return NULL;
}

/* [a 12], [a 12.3] with the counter, [a2 12] of the second life. Milliseconds are since the start, by whose clock
 * ever. */
void trace_dot(struct trace *trace, const struct world *world, struct dot dot)
{
    const struct trace_actor *actor = actor_of(trace, world, dot.actor);
    struct sim_clock right = {0};
    uint64_t start_ms = sim_clock_read(&right, trace->start_us).wall_ms;
    trace_say(trace, "[%c", actor == NULL ? '?' : 'a' + actor->node);
    if (actor != NULL && actor->life > 1) {
        trace_say(trace, "%u", actor->life);
    }
    trace_say(trace, " %lld", (long long)(hlc_to_ms(dot.hlc) - start_ms));
    unsigned counter = (unsigned)(dot.hlc & ((1u << HLC_COUNTER_BITS) - 1));
    if (counter > 0) {
        trace_say(trace, ".%u", counter);
    }
    trace_say(trace, "]");
}

static void say_decoded(struct trace *trace, const struct world *world, const struct object *object)
{
    if (object->count == 0) {
        trace_say(trace, "deleted ");
        trace_dot(trace, world, context_newest(&object->context));
    }
    for (uint32_t i = 0; i < object->count; i++) {
        const struct entry *entry = &object->entries[i];
        trace_say(trace, "%s\"%.*s\" ", i > 0 ? " and " : "", (int)entry->payload.len,
                  (const char *)entry->payload.data);
        trace_dot(trace, world, entry->dot);
    }
}

void trace_object(struct trace *trace, const struct world *world, struct bytes key, struct bytes raw)
{
    struct arena arena;
    struct object object;
    if (raw.len == 0) {
        trace_say(trace, "nothing");
        return;
    }
    arena_init(&arena, 1024);
    if (object_decode(raw, key, &arena, &object) == 0) {
        say_decoded(trace, world, &object);
    } else {
        trace_say(trace, "garbage");
    }
    arena_done(&arena);
}

static bool is_told(const struct trace *trace, const struct effect *effect)
{
    switch (effect->kind) {
    case EFFECT_SAVE:
        return effect->save.token != 0;
    case EFFECT_HEALTH:
        return false;
    case EFFECT_SCAN:
        return trace->chatters;
    case EFFECT_SEND:
        return trace->chatters ? !trace_is_gossip(&effect->send.message) : !trace_is_chatter(&effect->send.message);
    default:
        return true;
    }
}

/* Does the event by itself say something, whatever follows from it? */
static bool is_news(const struct trace *trace, const struct event *event)
{
    switch (event->kind) {
    case EVENT_TICK:
        return false;
    case EVENT_SCANNED:
        return trace->chatters;
    case EVENT_MESSAGE:
        return trace->chatters || !trace_is_chatter(event->message.body);
    default:
        return true;
    }
}

static bool decides(const struct trace *trace, const struct event *event, const struct effect *effects, unsigned count)
{
    if (event->kind == EVENT_MESSAGE && trace_is_gossip(event->message.body)) {
        return false;
    }
    bool told = is_news(trace, event);
    for (unsigned i = 0; i < count && !told; i++) {
        told = is_told(trace, &effects[i]);
    }
    return told;
}

/* The same message to several peers is told once, with all their names. */
static bool told_before(const struct effect *effects, unsigned place)
{
    for (unsigned i = 0; i < place; i++) {
        if (trace_same_message(&effects[i], &effects[place])) {
            return true;
        }
    }
    return false;
}

static void say_receivers(struct trace *trace, const struct world *world, const struct effect *effects, unsigned count,
                          unsigned place)
{
    const char *separator = " to ";
    for (unsigned i = place; i < count; i++) {
        if (trace_same_message(&effects[i], &effects[place])) {
            trace_say(trace, "%s%c", separator, trace_letter(world, effects[i].send.peer));
            separator = ",";
        }
    }
}

static void say_effects(struct trace *trace, const struct world *world, unsigned node, const struct effect *effects,
                        unsigned count)
{
    const char *separator = " -> ";
    for (unsigned i = 0; i < count; i++) {
        if (is_told(trace, &effects[i]) && !told_before(effects, i)) {
            trace_say(trace, "%s", separator);
            trace_effect(trace, world, node, &effects[i]);
            if (effects[i].kind == EFFECT_SEND) {
                say_receivers(trace, world, effects, count, i);
            }
            separator = "; ";
        }
    }
}

/* Keys of loads and stores are noted even when nothing is said. */
static void note_pending(struct trace *trace, const struct world *world, unsigned node, const struct effect *effect)
{
    bool is_store = effect->kind == EFFECT_STORE;
    if (!is_store && effect->kind != EFFECT_LOAD) {
        return;
    }
    GR_ASSERT_LT(trace->pending_count, TRACE_PENDING_MAX);
    struct bytes bytes = is_store ? effect->store.key : effect->load.key;
    for (unsigned key = 0; key < world->keys.count; key++) {
        if (bytes_equal(keys_bytes(&world->keys, key), bytes)) {
            trace->pending[trace->pending_count++] =
                (struct trace_pending){.token = is_store ? effect->store.token : effect->load.token,
                                       .owner = is_store ? effect->store.owner : effect->load.owner,
                                       .node = (uint8_t)node,
                                       .key = (uint8_t)key,
                                       .is_store = is_store};
        }
    }
}

void trace_step(struct trace *trace, const struct world *world, unsigned node, const struct event *event)
{
    unsigned count;
    const struct effect *effects = node_effects(world->machines[node].node, &count);
    if (!trace->muted && decides(trace, event, effects, count)) {
        trace_say(trace, "%5llu %c  ", (unsigned long long)((world->now_us - trace->start_us) / 1000), 'a' + (int)node);
        trace_event(trace, world, node, event);
        say_effects(trace, world, node, effects, count);
        trace_say(trace, "\n");
    }
    trace_forget(trace, node, event);
    for (unsigned i = 0; i < count; i++) {
        note_pending(trace, world, node, &effects[i]);
    }
}
