#include "sim/trace_words.h"

#include "base/cursor.h"
#include "base/error.h"
#include "node/pool.h"
#include "sim/world.h"

bool trace_is_gossip(const struct wire_message *message)
{
    return message->type == WIRE_gossip || message->type == WIRE_membership || message->type == WIRE_ping ||
           message->type == WIRE_pong;
}

bool trace_is_chatter(const struct wire_message *message)
{
    switch (message->type) {
    case WIRE_gossip:
    case WIRE_membership:
    case WIRE_ping:
    case WIRE_pong:
    case WIRE_rumour:
    case WIRE_roots:
    case WIRE_roots_ack:
    case WIRE_clear:
    case WIRE_clear_ack:
        return true;
    default:
        return false;
    }
}

bool trace_same_message(const struct effect *a, const struct effect *b)
{
    if (a->kind != EFFECT_SEND || b->kind != EFFECT_SEND || a->send.message.type != b->send.message.type) {
        return false;
    }
    const struct wire_message *x = &a->send.message;
    const struct wire_message *y = &b->send.message;
    switch (x->type) {
    case WIRE_put:
        return x->put.owner == y->put.owner && bytes_equal(x->put.key, y->put.key) &&
               bytes_equal(x->put.object, y->put.object);
    case WIRE_get:
        return bytes_equal(x->get.key, y->get.key);
    case WIRE_reap:
        return bytes_equal(x->reap.key, y->reap.key);
    case WIRE_count:
        return true;
    case WIRE_rumour:
        return x->rumour.node == y->rumour.node;
    default:
        return a == b;
    }
}

static const char *op_name(unsigned op)
{
    static const char *const names[] = {"?", "get", "put", "delete", "append", "setrange", "count"};
    return op < sizeof names / sizeof *names ? names[op] : "?";
}

static const char *flags_text(unsigned flags)
{
    if (flags & REQUEST_IF_ABSENT) {
        return " if absent";
    }
    return flags & REQUEST_IF_PRESENT ? " if present" : "";
}

static void say_bytes(struct trace *trace, struct bytes bytes)
{
    trace_say(trace, "%.*s", (int)bytes.len, bytes.data == NULL ? "" : (const char *)bytes.data);
}

/* put k "v" if absent */
static void say_request(struct trace *trace, unsigned op, unsigned flags, struct bytes key, struct bytes value)
{
    trace_say(trace, "%s", op_name(op));
    if (op != OP_COUNT) {
        trace_say(trace, " ");
        say_bytes(trace, key);
    }
    if (value.len > 0) {
        trace_say(trace, " \"");
        say_bytes(trace, value);
        trace_say(trace, "\"");
    }
    trace_say(trace, "%s", flags_text(flags));
}

static const char *wire_error(unsigned error)
{
    return gr_error_name(-(int)error);
}

static void say_get_ack(struct trace *trace, const struct wire_get_ack *ack)
{
    if (ack->error != 0) {
        trace_say(trace, "copy unreadable, %s", wire_error(ack->error));
    } else if (ack->same) {
        trace_say(trace, "the same copy");
    } else {
        trace_say(trace, ack->object.len == 0 ? "no copy" : "copy");
    }
}

static void say_forward_ack(struct trace *trace, const struct wire_forward_ack *ack)
{
    trace_say(trace, "answer %s", ack->error == 0 ? "OK" : wire_error(ack->error));
    if (ack->found && ack->value.len > 0) {
        trace_say(trace, " \"");
        say_bytes(trace, ack->value);
        trace_say(trace, "\"");
    }
}

/* An ack tells the newest version that the replica holds. */
static void say_put_ack(struct trace *trace, const struct world *world, const struct wire_put_ack *ack)
{
    if (ack->error != 0) {
        trace_say(trace, "no ack, %s", wire_error(ack->error));
        return;
    }
    trace_say(trace, "ack ");
    trace_dot(trace, world, (struct dot){.actor = ack->newest_actor, .hlc = ack->newest_hlc});
}

char trace_letter(const struct world *world, uint64_t id)
{
    unsigned node = world_find_machine(world, id);
    return node < world->machines_count ? (char)('a' + node) : '?';
}

/* " for b" of a hint, nothing of an object. */
static void say_owner(struct trace *trace, const struct world *world, uint64_t owner)
{
    if (owner != 0) {
        trace_say(trace, " for %c", trace_letter(world, owner));
    }
}

static void say_put(struct trace *trace, const struct world *world, const struct wire_put *put)
{
    trace_say(trace, "%s ", put->request == 0 ? "repair" : "put");
    say_bytes(trace, put->key);
    trace_say(trace, " ");
    trace_object(trace, world, put->key, put->object);
    say_owner(trace, world, put->owner);
}

static void say_listed(struct trace *trace, const struct wire_list_ack *ack)
{
    struct reader r = reader_of(ack->items);
    const char *separator = " ";
    if (ack->error != 0) {
        trace_say(trace, "no list, %s", wire_error(ack->error));
        return;
    }
    trace_say(trace, "keys");
    while (reader_left(&r) > 0 && !r.failed) {
        (void)reader_u64(&r);
        (void)reader_u32(&r);
        struct bytes key = reader_take(&r, reader_u16(&r));
        trace_say(trace, "%s", separator);
        say_bytes(trace, key);
        separator = ",";
    }
}

/* How owners find what differs, and forget what is deleted. */
static void say_upkeep(struct trace *trace, const struct wire_message *message)
{
    switch (message->type) {
    case WIRE_tree:
        trace_say(trace, "ask for the tree of partition %u", message->tree.partition);
        break;
    case WIRE_list:
        trace_say(trace, "ask for the keys of slot %u", message->list.slot);
        break;
    case WIRE_list_ack:
        say_listed(trace, &message->list_ack);
        break;
    case WIRE_reap:
        trace_say(trace, "reap ");
        say_bytes(trace, message->reap.key);
        break;
    default:
        trace_say(trace, "%s", wire_name(message->type));
        break;
    }
}

static void say_message(struct trace *trace, const struct world *world, const struct wire_message *message)
{
    switch (message->type) {
    case WIRE_put:
        say_put(trace, world, &message->put);
        break;
    case WIRE_put_ack:
        say_put_ack(trace, world, &message->put_ack);
        break;
    case WIRE_get:
        trace_say(trace, "get ");
        say_bytes(trace, message->get.key);
        break;
    case WIRE_get_ack:
        say_get_ack(trace, &message->get_ack);
        break;
    case WIRE_forward:
        trace_say(trace, "forward ");
        say_request(trace, message->forward.op, message->forward.flags, message->forward.key, message->forward.value);
        if (message->forward.has_dot) {
            trace_say(trace, " ");
            trace_dot(trace, world, (struct dot){.actor = message->forward.actor, .hlc = message->forward.hlc});
        }
        break;
    case WIRE_forward_ack:
        say_forward_ack(trace, &message->forward_ack);
        break;
    case WIRE_forward_copies:
        trace_say(trace, "copies %u", message->forward_copies.copies);
        break;
    case WIRE_rumour:
        trace_say(trace, "rumour of %c", trace_letter(world, message->rumour.node));
        break;
    case WIRE_refused:
        trace_say(trace, "refused: ");
        say_bytes(trace, message->refused.text);
        break;
    default:
        say_upkeep(trace, message);
        break;
    }
}

static const struct trace_pending *pending_of(const struct trace *trace, unsigned node, bool is_store, uint64_t token)
{
    for (unsigned i = 0; i < trace->pending_count; i++) {
        const struct trace_pending *pending = &trace->pending[i];
        if (pending->node == node && pending->is_store == is_store && pending->token == token) {
            return pending;
        }
    }
    return NULL;
}

/* Which object or hint the answer is about. */
static struct bytes say_under_way(struct trace *trace, const struct world *world, unsigned node, bool is_store,
                                  uint64_t token)
{
    const struct trace_pending *pending = pending_of(trace, node, is_store, token);
    struct bytes key = pending == NULL ? bytes_of_text("?") : keys_bytes(&world->keys, pending->key);
    say_bytes(trace, key);
    say_owner(trace, world, pending == NULL ? 0 : pending->owner);
    return key;
}

static void say_loaded(struct trace *trace, const struct world *world, unsigned node, const struct event *event)
{
    trace_say(trace, "read ");
    struct bytes key = say_under_way(trace, world, node, false, event->loaded.token);
    trace_say(trace, ": ");
    if (event->loaded.status != 0) {
        trace_say(trace, "%s", gr_error_name(event->loaded.status));
    } else {
        trace_object(trace, world, key, blob_bytes(event->loaded.value));
    }
}

static void say_stored(struct trace *trace, const struct world *world, unsigned node, const struct event *event)
{
    trace_say(trace, event->stored.status == 0 ? "stored " : "did not store ");
    if (pool_kind_of(event->stored.token) == POOL_CLOCK) {
        trace_say(trace, "the clock");
    } else if (pool_kind_of(event->stored.token) == POOL_SAVE) {
        trace_say(trace, "its state");
    } else {
        say_under_way(trace, world, node, true, event->stored.token);
    }
    if (event->stored.status != 0) {
        trace_say(trace, ": %s", gr_error_name(event->stored.status));
    }
}

static const char *client_name(const struct trace *trace, const struct world *world, uint64_t token)
{
    unsigned client = token < world->history.count ? world->history.list[token].client : NO_CLIENT;
    return client == NO_CLIENT || trace->clients == NULL ? "a client" : trace->clients[client];
}

void trace_event(struct trace *trace, const struct world *world, unsigned node, const struct event *event)
{
    switch (event->kind) {
    case EVENT_TICK:
        trace_say(trace, "time is up");
        break;
    case EVENT_PEER_UP:
        trace_say(trace, "%c is up", trace_letter(world, event->peer));
        break;
    case EVENT_PEER_DOWN:
        trace_say(trace, "%c is down", trace_letter(world, event->peer));
        break;
    case EVENT_MESSAGE:
        say_message(trace, world, event->message.body);
        trace_say(trace, " from %c", trace_letter(world, event->message.from));
        break;
    case EVENT_LOADED:
        say_loaded(trace, world, node, event);
        break;
    case EVENT_STORED:
        say_stored(trace, world, node, event);
        break;
    case EVENT_COUNTED:
        trace_say(trace, "counted %llu", (unsigned long long)event->counted.keys);
        break;
    case EVENT_SCANNED:
        trace_say(trace, "scanned");
        break;
    case EVENT_REQUEST:
        say_request(trace, event->request->op, event->request->flags, event->request->key, event->request->value);
        trace_say(trace, " from %s", client_name(trace, world, event->request->token));
        break;
    }
}

/* What a successful reply is good for depends on the question. */
static void say_success(struct trace *trace, const struct operation *operation, const struct reply *reply)
{
    if (operation->op == OP_GET) {
        if (reply->found) {
            trace_say(trace, "\"");
            say_bytes(trace, reply->value);
            trace_say(trace, "\"");
        } else {
            trace_say(trace, "nothing");
        }
    } else if (operation->op == OP_SET || operation->op == OP_DELETE) {
        bool done = operation->op == OP_SET ? reply->applied : reply->found;
        trace_say(trace, done ? "OK, copies %u" : "not done", reply->copies);
    } else {
        trace_say(trace, "%llu", (unsigned long long)reply->number);
    }
}

static void say_reply(struct trace *trace, const struct world *world, const struct reply *reply)
{
    trace_say(trace, "answer %s ", client_name(trace, world, reply->token));
    if (reply->status == 0) {
        say_success(trace, &world->history.list[reply->token], reply);
        return;
    }
    trace_say(trace, "%s", gr_error_name(reply->status));
    if (reply->siblings > 1) {
        trace_say(trace, ", %u values", reply->siblings);
    }
    if (reply->detail.len > 0) {
        trace_say(trace, ": ");
        say_bytes(trace, reply->detail);
    }
}

static void say_store(struct trace *trace, const struct world *world, const struct effect *effect)
{
    bool removes = effect->store.value == NULL;
    trace_say(trace, removes ? "remove " : effect->store.owner == 0 ? "store " : "keep ");
    say_bytes(trace, effect->store.key);
    say_owner(trace, world, effect->store.owner);
    if (!removes) {
        trace_say(trace, " ");
        trace_object(trace, world, effect->store.key, blob_bytes(effect->store.value));
    }
}

void trace_effect(struct trace *trace, const struct world *world, unsigned node, const struct effect *effect)
{
    (void)node;
    switch (effect->kind) {
    case EFFECT_SEND:
        say_message(trace, world, &effect->send.message);
        break;
    case EFFECT_LOAD:
        trace_say(trace, "read ");
        say_bytes(trace, effect->load.key);
        say_owner(trace, world, effect->load.owner);
        break;
    case EFFECT_STORE:
        say_store(trace, world, effect);
        break;
    case EFFECT_SCAN:
        trace_say(trace, effect->scan.hints ? "scan hints" : "scan slot %u", effect->scan.slot);
        break;
    case EFFECT_MEND:
        trace_say(trace, effect->mend.clock == 0 ? "mend the leaves of slot %u" : "keep the clock", effect->mend.slot);
        break;
    case EFFECT_REPLY:
        say_reply(trace, world, &effect->reply);
        break;
    case EFFECT_COPIES:
        trace_say(trace, "copies %u", effect->copies.copies);
        break;
    case EFFECT_SAVE:
        trace_say(trace, effect->save.token != 0 ? "keep its state" : "keep its state at once");
        break;
    case EFFECT_JOINED:
        trace_say(trace, "joined");
        break;
    case EFFECT_REFUSED:
        trace_say(trace, "give up: ");
        say_bytes(trace, effect->text);
        break;
    case EFFECT_HEALTH:
        trace_say(trace, effect->health.healthy ? "answers again" : "silent");
        break;
    case EFFECT_COUNT:
        trace_say(trace, "count");
        break;
    }
}

void trace_forget(struct trace *trace, unsigned node, const struct event *event)
{
    if (event->kind != EVENT_LOADED && event->kind != EVENT_STORED) {
        return;
    }
    bool is_store = event->kind == EVENT_STORED;
    uint64_t token = is_store ? event->stored.token : event->loaded.token;
    const struct trace_pending *pending = pending_of(trace, node, is_store, token);
    if (pending != NULL) {
        trace->pending[pending - trace->pending] = trace->pending[--trace->pending_count];
    }
}
