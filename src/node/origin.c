#include "node/origin.h"

#include "base/error.h"
#include "node/internal.h"

static void reply_to_peer(struct node *node, const struct origin *origin, const struct reply *reply)
{
    struct wire_forward_ack *ack = &env_send(&node->env, origin->peer, WIRE_forward_ack)->forward_ack;
    ack->request = origin->token;
    ack->hlc = origin->name.hlc;
    ack->error = (uint16_t)-reply->status;
    ack->found = reply->found;
    ack->applied = reply->applied;
    ack->copies = reply->copies;
    ack->final = reply->final;
    ack->siblings = reply->siblings;
    ack->number = reply->number;
    ack->value = reply->value;
    ack->detail = reply->detail;
}

/* Of a lost quorum, too, nobody knows what came of it. */
static int unsure(int status)
{
    return status == 0 || status == GR_ENOQUORUM ? status : GR_ETIMEOUT;
}

void origin_reply(struct node *node, const struct origin *origin, const struct reply *reply)
{
    GR_ASSERT(origin->kind == ORIGIN_CLIENT || origin->kind == ORIGIN_PEER);
    if (reply->status != 0) {
        node->stats.requests_failed++;
    }
    if (origin->kind == ORIGIN_PEER) {
        reply_to_peer(node, origin, reply);
        return;
    }
    pace_note_request(&node->pace, node->env.now.mono_ms, node->env.now.mono_ms - origin->asked_ms);
    struct effect *effect = env_add(&node->env, EFFECT_REPLY);
    effect->reply = *reply;
    effect->reply.token = origin->token;
    effect->reply.status = origin->is_unsure ? unsure(reply->status) : reply->status;
}

void origin_copies(struct node *node, const struct origin *origin, uint8_t copies, bool final)
{
    if (origin->kind == ORIGIN_PEER) {
        struct wire_message *message = env_send(&node->env, origin->peer, WIRE_forward_copies);
        message->forward_copies.request = origin->token;
        message->forward_copies.copies = copies;
        message->forward_copies.final = final;
        return;
    }
    struct effect *effect = env_add(&node->env, EFFECT_COPIES);
    effect->copies.token = origin->token;
    effect->copies.copies = copies;
    effect->copies.final = final;
}

void origin_refuse(struct node *node, const struct origin *origin, int status, const char *detail)
{
    struct reply reply = {.status = status, .final = true, .detail = bytes_of_text(detail)};
    origin_reply(node, origin, &reply);
}
