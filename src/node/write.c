#include "node/write.h"

#include "base/container.h"
#include "base/error.h"
#include "node/forward.h"
#include "node/internal.h"
#include "node/read.h"
#include "node/write_apply.h"

#include <utlist.h>

#define WRITE_ARENA_BYTES 512u

static void retire(struct node *node, struct write *write)
{
    GR_ASSERT_EQ(write->stores_open, 0);
    timer_stop(&node->timers, &write->timer);
    lane_withdraw(&write->visitor);
    if (write->lingers) {
        DL_DELETE(node->answered_writes, write);
    }
    env_hold(&node->env, write->object);
    env_hold(&node->env, write->before);
    write->object = write->before = NULL;
    node->stats.requests_open--;
    pool_give(&node->pools.writes, write);
}

/* Who has not got it by now gets it by a hint (W8). */
static void keep_hints(struct node *node, const struct write *write)
{
    for (unsigned i = 0; i < write->quorum.owners; i++) {
        uint64_t owner = write->quorum.nodes[i];
        if (owner != node->config.node && !quorum_covers(&write->quorum, i)) {
            hint_keep(node, owner, write->slot, write->key, write->object);
        }
    }
}

/* Nothing more is waited for. */
static void conclude(struct node *node, struct write *write)
{
    if (write->succeeded) {
        write->succeeded = false;
        keep_hints(node, write);
    }
}

static void retire_if_quiet(struct node *node, struct write *write)
{
    if (write->state != WRITE_ANSWERED) {
        return;
    }
    if (write->timer.place == 0 || quorum_is_settled(&write->quorum)) {
        conclude(node, write);
    }
    if (!write->succeeded && write->stores_open == 0) {
        retire(node, write);
    }
}

/* A hung replica must not fill the pool with writes that have long succeeded: the oldest of them stops waiting. */
static void make_room(struct node *node)
{
    struct write *oldest = node->answered_writes;
    if (oldest == NULL || !pool_is_scarce(&node->pools.writes)) {
        return;
    }
    if (oldest->stores_open > 0) { /* it cannot go yet; the next one in its turn */
        DL_DELETE(node->answered_writes, oldest);
        DL_APPEND(node->answered_writes, oldest);
        return;
    }
    if (oldest->succeeded) {
        origin_copies(node, &oldest->origin, (uint8_t)quorum_copies(&oldest->quorum), true);
        conclude(node, oldest);
    }
    retire(node, oldest);
}

static void become_answered(struct node *node, struct write *write)
{
    write->state = WRITE_ANSWERED;
    burden_drop(node, &write->held_bytes);
}

static void fail(struct node *node, struct write *write, int status, struct bytes detail)
{
    struct reply reply = {.status = status, .final = true, .detail = detail};
    reply.number = status == GR_EOVERTAKEN ? write->floor : 0;
    reply.siblings = status == GR_ECONFLICT ? write->siblings : 0;
    bool minted = status == GR_EBUSY && write->dot.actor != 0; /* replicas may hold it (W3) */
    if (minted || (status == GR_EOVERTAKEN && write->origin.kind == ORIGIN_CLIENT)) {
        reply.status = GR_ETIMEOUT;
    } else if (write->dot.actor == 0) {
        reply.status = forward_untouched(&write->origin, status);
    }
    become_answered(node, write);
    origin_reply(node, &write->origin, &reply);
    retire_if_quiet(node, write);
}

static struct bytes detail_of(struct node *node, struct write *write)
{
    int own = quorum_place(&write->quorum, node->config.node);
    bool own_failed = own >= 0 && (write->quorum.tally.failed >> own & 1);
    if (own_failed && mutation_reads(&write->mutation) && quorum_verdict(&write->quorum) != TALLY_LOST) { /* W6 */
        return bytes_of_text("the key's first owner could not store it, see its log; others may have it");
    }
    return quorum_detail(&write->quorum, node, " writes", &write->arena);
}

static void succeed(struct node *node, struct write *write)
{
    struct reply reply = {
        .found = write->result.found,
        .applied = write->result.applied,
        .number = write->result.number,
        .value = write->old,
        .copies = (uint8_t)quorum_copies(&write->quorum),
        .final = !write->result.changes || quorum_is_settled(&write->quorum),
    };
    become_answered(node, write);
    write->succeeded = write->result.changes;
    write->lingers = true;
    DL_APPEND(node->answered_writes, write);
    origin_reply(node, &write->origin, &reply);
}

/* What depends on the value before succeeds with the own copy only (W6). */
static enum tally_verdict verdict_of(const struct node *node, const struct write *write)
{
    const struct tally *tally = &write->quorum.tally;
    int own = quorum_place(&write->quorum, node->config.node);
    enum tally_verdict verdict = quorum_verdict(&write->quorum);
    if (!mutation_reads(&write->mutation) || own < 0) {
        return verdict;
    }
    if (tally->failed >> own & 1) {
        return TALLY_LOST;
    }
    return verdict == TALLY_MET && (tally->acked >> own & 1) == 0 ? TALLY_OPEN : verdict;
}

/* Another replica has answered, one way or the other: what follows? */
static void settle(struct node *node, struct write *write)
{
    if (write->state == WRITE_STORING) {
        enum tally_verdict verdict = verdict_of(node, write);
        if (verdict == TALLY_LOST) {
            fail(node, write, GR_ENOQUORUM, detail_of(node, write));
            return;
        }
        if (verdict == TALLY_MET) {
            succeed(node, write);
        }
    } else if (write->state == WRITE_ANSWERED && write->succeeded) {
        origin_copies(node, &write->origin, (uint8_t)quorum_copies(&write->quorum), quorum_is_settled(&write->quorum));
    }
    retire_if_quiet(node, write);
}

static void deadline(struct node *node, struct timer *timer)
{
    struct write *write = CONTAINER_OF(timer, struct write, timer);
    lane_withdraw(&write->visitor);
    switch (write->state) {
    case WRITE_READING:
    case WRITE_WAITING:
        fail(node, write, GR_ETIMEOUT, bytes_of_text("this node could not read its own copy in time"));
        break;
    case WRITE_STORING:
        fail(node, write, GR_ENOQUORUM, detail_of(node, write));
        break;
    case WRITE_ANSWERED:
        if (write->succeeded) {
            origin_copies(node, &write->origin, (uint8_t)quorum_copies(&write->quorum), true);
        }
        retire_if_quiet(node, write);
        break;
    }
}

static void enter_lane(struct node *node, struct write *write)
{
    write->state = WRITE_WAITING;
    if (lane_enter(node, write->home, write->slot, write->key, &write->visitor) != 0) {
        fail(node, write, GR_EBUSY, bytes_of_text("too many keys are being written"));
    }
}

/* To everybody who has a place and was not asked yet; this node's own part is its store. */
static void send_to_all(struct node *node, struct write *write)
{
    struct quorum *quorum = &write->quorum;
    for (unsigned i = 0; i < quorum->tally.asked; i++) {
        if ((quorum->sent >> i & 1) || tally_has(&quorum->tally, i)) {
            continue;
        }
        quorum_sent(quorum, node, i);
        if (quorum->nodes[i] != node->config.node) {
            struct wire_put *put = &env_send(&node->env, quorum->nodes[i], WIRE_put)->put;
            put->request = write->pooled.id;
            put->owner = quorum->stands_for[i];
            put->key = write->key;
            put->object = blob_bytes(write->object);
            detector_asked(node, quorum->nodes[i]);
        }
    }
}

/* A replica has failed: somebody else takes its part if there is anybody. */
static void replace_failed(struct node *node, struct write *write)
{
    if (write->state == WRITE_STORING || (write->state == WRITE_ANSWERED && write->succeeded)) {
        quorum_recruit(&write->quorum, node);
        quorum_last_resort(&write->quorum, node);
        send_to_all(node, write);
    }
}

static void store_and_send(struct node *node, struct write *write, struct lane *lane, int8_t live_delta)
{
    write->state = WRITE_STORING;
    write->lane = lane;
    write->stores_open++;
    node->stats.stand_in_puts += write->home != 0 && write->reminted == 0;
    lane_store(node, lane, blob_ref(write->object), write->home == 0 ? live_delta : 0, write->pooled.id);
    write->holds_back = node->disk_is_full && mutation_reads(&write->mutation);
    if (!write->holds_back) {
        send_to_all(node, write);
    }
    if (CANARY(node, CANARY_EARLY_ACK)) {
        quorum_ack(&write->quorum, node->config.node);
        settle(node, write);
    }
}

/* This node cannot read its own copy, so it may not mint on it: another owner coordinates. Nothing was written yet. */
static void go_elsewhere(struct node *node, struct write *write, int status)
{
    node->stats.store_errors++;
    bool may_move = write->origin.kind == ORIGIN_CLIENT && write->home == 0 && write->seen == NULL;
    if (!may_move || write->dot.actor != 0) {
        fail(node, write, write->dot.actor == 0 ? status : GR_ETIMEOUT, bytes_of_text("its copy cannot be read"));
        return;
    }
    uint64_t now_ms = node->env.now.mono_ms;
    struct origin origin = write->origin;
    struct request request = {
        .op = write->mutation.op,
        .flags = write->mutation.flags,
        .r = write->r,
        .w = write->quorum.tally.wanted,
        .policy = write->policy,
        .timeout_ms = write->timer.at_ms > now_ms ? (uint32_t)(write->timer.at_ms - now_ms) : 1,
        .offset = write->mutation.offset,
        .key = write->key,
        .value = write->mutation.value,
    };
    become_answered(node, write);
    retire(node, write); /* its bytes stay until the next step */
    forward_elsewhere(node, &origin, &request);
}

/* What is to be stored, if anything. A plain write needs nothing of a copy that failed its check, and replaces it:
 * under another actor id, as it has not seen what was minted here before (W5). Errors: GR_ECORRUPT, GR_EIO, and those
 * of write_apply. */
static int apply(struct node *node, struct write *write, struct lane *lane, int status, int8_t *ret_live_delta)
{
    status = status == 0 ? write_apply(node, write, lane_object(lane), ret_live_delta) : status;
    if (status != GR_ECORRUPT || !mutation_is_plain(&write->mutation)) {
        return status;
    }
    node->stats.objects_corrupt++;
    lane_note_damage(lane);
    node_renew_actor(node);
    node_renew_stand_in_actor(node);
    status = write_apply(node, write, BYTES_EMPTY, ret_live_delta);
    *ret_live_delta = (int8_t)(*ret_live_delta - 1); /* most copies are live, so this one was, too, as far as we know */
    return status;
}

static void visit(struct node *node, struct lane_visitor *visitor, struct lane *lane, int status)
{
    struct write *write = CONTAINER_OF(visitor, struct write, visitor);
    int8_t live_delta = 0;
    quorum_again(&write->quorum, node);
    quorum_recruit(&write->quorum, node);
    if (status == 0 && !quorum_last_resort(&write->quorum, node)) {
        fail(node, write, GR_ENOQUORUM, detail_of(node, write));
        return;
    }
    status = apply(node, write, lane, status, &live_delta);
    if (status == GR_ECORRUPT || status == GR_EIO) {
        go_elsewhere(node, write, status);
    } else if (status != 0) {
        fail(node, write, status, BYTES_EMPTY);
    } else if (!write->result.changes) {
        succeed(node, write);
        retire_if_quiet(node, write);
    } else {
        store_and_send(node, write, lane, live_delta);
    }
}

/* Errors: GR_ENOMEM, GR_EINVAL (the context). */
static int copy_request(struct write *write, const struct request *request)
{
    arena_clear(&write->arena);
    write->key = arena_copy(&write->arena, request->key);
    write->mutation = (struct mutation){.op = request->op, .flags = request->flags, .offset = request->offset};
    write->mutation.value = arena_copy(&write->arena, request->value);
    if (write->key.data == NULL || write->mutation.value.data == NULL) {
        return GR_ENOMEM;
    }
    if (request->context.len == 0) {
        return 0;
    }
    write->seen = arena_alloc(&write->arena, sizeof *write->seen);
    return write->seen == NULL ? GR_ENOMEM : context_decode(request->context, write->seen);
}

static struct write *take(struct node *node, const struct origin *origin, const struct request *request)
{
    make_room(node);
    size_t held_bytes = 0;
    int busy = burden_take(node, &held_bytes, burden_of(request));
    struct write *write = busy != 0 ? NULL : pool_take(&node->pools.writes);
    if (write == NULL) {
        burden_drop(node, &held_bytes);
        node->stats.requests_busy++;
        origin_refuse(node, origin, GR_EBUSY, "");
        return NULL;
    }
    struct pooled pooled = write->pooled;
    struct arena arena = write->arena;
    *write = (struct write){.pooled = pooled, .origin = *origin, .held_bytes = held_bytes, .arena = arena};
    if (arena.block_bytes == 0) {
        arena_init(&write->arena, WRITE_ARENA_BYTES);
    }
    write->visitor.visit = visit;
    node->stats.requests_open++;
    node->stats.puts_coordinated++;
    int error = copy_request(write, request);
    if (error != 0) {
        fail(node, write, error, bytes_of_text("the request could not be taken up"));
        return NULL;
    }
    return write;
}

static uint32_t timeout_of(const struct node *node, const struct request *request)
{
    return request->timeout_ms == 0 ? node->config.request_timeout_ms : request->timeout_ms;
}

/* Where this node's copy belongs (W7). */
static uint64_t home_of(const struct node *node, const struct quorum *quorum)
{
    int own = quorum_place(quorum, node->config.node);
    return own < 0 ? quorum->nodes[0] : quorum->stands_for[own];
}

/* A client's context leaves standing what it does not cover. Of what is in doubt a quorum says first whether it is
 * there: the write would carry it to all owners (doubt.h Z3). */
static bool keeps_doubtful(const struct node *node, const struct write *write)
{
    uint16_t partition = write->quorum.partition;
    bool in_doubt = write->home != 0 ? fill_doubts_hints(node) && hints_touch(node, partition)
                                     : fill_standing(node, partition) == FILL_DOUBTFUL;
    return write->seen != NULL && in_doubt;
}

void write_start(struct node *node, const struct origin *origin, const struct request *request)
{
    if (request->value.len > WIRE_VALUE_MAX || request->key.len > WIRE_KEY_MAX) {
        origin_refuse(node, origin, GR_ETOOBIG, "");
        return;
    }
    struct write *write = take(node, origin, request);
    if (write == NULL) {
        return;
    }
    write->policy = request->policy;
    write->slot = ring_slot(write->key);
    write->r = request->r == 0 ? node->config.r : request->r;
    quorum_init(&write->quorum, node, ring_partition(write->slot, node->membership.partitions),
                request->w == 0 ? node->config.w : request->w);
    quorum_recruit(&write->quorum, node);
    write->home = home_of(node, &write->quorum);
    if (!quorum_last_resort(&write->quorum, node)) {
        fail(node, write, GR_ENOQUORUM, detail_of(node, write));
        return;
    }
    uint32_t timeout_ms = timeout_of(node, request);
    timer_set(&node->timers, &write->timer, node->env.now.mono_ms + timeout_ms, deadline);
    if (mutation_reads(&write->mutation) || keeps_doubtful(node, write)) {
        write->state = WRITE_READING;
        struct origin self = {.kind = ORIGIN_WRITE, .token = write->pooled.id};
        struct request read = {.op = OP_GET, .key = write->key, .r = write->r};
        read.timeout_ms = timeout_ms - timeout_ms / 4; /* leaves time to write, and the read can say who failed */
        read_start(node, &self, &read);
    } else {
        enter_lane(node, write);
    }
}

void write_read_done(struct node *node, uint64_t id, int status, struct blob *before, struct bytes detail)
{
    struct write *write = pool_find(&node->pools.writes, id);
    if (write == NULL || write->state != WRITE_READING) {
        return;
    }
    if (status != 0) {
        fail(node, write, status, detail);
        return;
    }
    write->before = blob_ref(before);
    if (burden_take(node, &write->held_bytes, write->held_bytes + blob_bytes(before).len) != 0) {
        node->stats.requests_busy++;
        fail(node, write, GR_EBUSY, BYTES_EMPTY);
        return;
    }
    enter_lane(node, write);
}

/* Stored here: now the others may have it. */
static void go_out(struct node *node, struct write *write)
{
    if (write->holds_back && write->state == WRITE_STORING) {
        quorum_recruit(&write->quorum, node); /* some may have gone meanwhile */
        quorum_last_resort(&write->quorum, node);
        send_to_all(node, write);
    }
    write->holds_back = false;
}

/* Nobody else has it: a store that finds the disk full leaves nothing. */
static void refuse_held(struct node *node, struct write *write, int status)
{
    if (write->state != WRITE_STORING) {
        retire_if_quiet(node, write);
    } else if (status == GR_ENOSPC) {
        fail(node, write, status, bytes_of_text("the disk of the key's first owner is full; nothing was done"));
    } else {
        fail(node, write, GR_ENOQUORUM, bytes_of_text("the key's first owner could not store it, see its log"));
    }
}

void write_stored(struct node *node, uint64_t id, int status)
{
    struct write *write = pool_find(&node->pools.writes, id);
    GR_ASSERT(write != NULL); /* a write is not given back while its store is open */
    GR_ASSERT_LT(0, write->stores_open);
    write->stores_open--;
    lane_stored(node, write->lane, status);
    if (write->stores_open > 0 || write->state == WRITE_WAITING) {
        retire_if_quiet(node, write);
        return; /* minted anew: the store that counts is a later one */
    }
    if (status != 0) {
        node->stats.store_errors++;
        node_renew_actor(node); /* W5 */
        node_renew_stand_in_actor(node);
    }
    if (status == 0) {
        go_out(node, write);
        quorum_ack(&write->quorum, node->config.node);
    } else if (write->holds_back) {
        refuse_held(node, write, status);
        return;
    } else {
        quorum_fail(&write->quorum, node->config.node, status);
        replace_failed(node, write);
    }
    settle(node, write);
}

/* A replica holds a greater dot (W2, W4). */
static void overtaken(struct node *node, struct write *write, uint64_t by)
{
    write->reminted++;
    write->floor = by;
    node->stats.writes_reminted++;
    if (write->origin.has_dot) {
        fail(node, write, GR_EOVERTAKEN, BYTES_EMPTY);
    } else {
        enter_lane(node, write);
    }
}

static bool may_remint(const struct node *node, const struct write *write)
{
    return write->state == WRITE_STORING && write->reminted < WRITE_REMINTS_MAX && !mutation_reads(&write->mutation) &&
           !CANARY(node, CANARY_NO_REMINT);
}

void put_ack_recv(struct node *node, uint64_t from, const struct wire_put_ack *message)
{
    struct write *write = pool_find(&node->pools.writes, message->request);
    if (write == NULL || write->state < WRITE_STORING || !quorum_may_ack(&write->quorum, from)) {
        return;
    }
    unsigned place = (unsigned)quorum_place(&write->quorum, from);
    detector_took(node, from, quorum_took_ms(&write->quorum, node, place));
    struct dot newest = {.actor = message->newest_actor, .hlc = message->newest_hlc};
    int error = newest.hlc > HLC_OUTSIDE_MAX ? GR_EPROTO : -(int)message->error; /* no replica stores such a dot */
    hlc_follow(&node->clock, newest.hlc, node->env.now.wall_ms);
    if (error != 0) {
        quorum_fail(&write->quorum, from, error);
        if (quorum_verdict(&write->quorum) == TALLY_LOST) {
            replace_failed(node, write);
        }
    } else if (write->policy == CONFLICT_LWW && dot_compare(newest, write->dot) < 0) {
        return; /* of an earlier dot of this write */
    } else if (write->policy == CONFLICT_LWW && dot_compare(newest, write->dot) > 0 && may_remint(node, write)) {
        overtaken(node, write, newest.hlc);
        return;
    } else {
        quorum_ack(&write->quorum, from);
    }
    settle(node, write);
}

void write_peer_down(struct node *node, uint64_t peer, int error)
{
    uint32_t cursor = 0;
    struct write *write;
    while ((write = pool_next(&node->pools.writes, &cursor)) != NULL) {
        if (write->state >= WRITE_STORING && quorum_awaits(&write->quorum, peer)) {
            quorum_fail(&write->quorum, peer, error);
            replace_failed(node, write);
            settle(node, write);
        }
    }
}
