#include "node/read.h"

#include "base/container.h"
#include "base/error.h"
#include "node/internal.h"
#include "node/read_merge.h"
#include "node/write.h"

#include <utlist.h>

#define READ_ARENA_BYTES 256u

static void retire(struct node *node, struct read *read)
{
    timer_stop(&node->timers, &read->timer);
    if (read->lingers) {
        DL_DELETE(node->answered_reads, read);
    }
    for (unsigned i = 0; i < RING_REPLICAS_MAX; i++) {
        env_hold(&node->env, read->copies[i]);
        read->copies[i] = NULL;
    }
    if (read->origin.kind != ORIGIN_WRITE) {
        node->stats.requests_open--;
    }
    pool_give(&node->pools.reads, read);
}

static void fail(struct node *node, struct read *read, int status, struct bytes detail)
{
    struct reply reply = {.status = status, .final = true, .detail = detail};
    read->state = READ_ANSWERED;
    if (read->origin.kind == ORIGIN_WRITE) {
        write_read_done(node, read->origin.token, status, NULL, detail);
    } else {
        origin_reply(node, &read->origin, &reply);
    }
}

static void fail_quorum(struct node *node, struct read *read)
{
    fail(node, read, GR_ENOQUORUM, quorum_detail(&read->quorum, node, " reads", &read->arena));
}

static void answer_write(struct node *node, struct read *read)
{
    struct blob *merged = NULL;
    int error = read_merge_encoded(node, read, &merged);
    write_read_done(node, read->origin.token, error, merged, BYTES_EMPTY);
    env_hold(&node->env, merged);
}

static void answer_client(struct node *node, struct read *read)
{
    struct object merged;
    struct reply reply = {.final = true};
    reply.status = read_merge(node, read, &merged);
    reply.siblings = reply.status == 0 ? object_values(&merged) : 0;
    if (reply.siblings > 1) {
        reply.status = GR_ECONFLICT;
    } else if (reply.siblings == 1) {
        reply.found = true;
        reply.value = merged.entries[0].payload;
    }
    origin_reply(node, &read->origin, &reply);
}

static void answer(struct node *node, struct read *read)
{
    read->state = READ_ANSWERED;
    read->lingers = true;
    DL_APPEND(node->answered_reads, read);
    if (read->origin.kind == ORIGIN_WRITE) {
        answer_write(node, read);
    } else {
        answer_client(node, read);
    }
}

static void settle(struct node *node, struct read *read)
{
    enum tally_verdict verdict = tally_verdict(&read->quorum.tally);
    if (read->state != READ_ANSWERED && verdict == TALLY_MET) {
        answer(node, read);
    } else if (read->state != READ_ANSWERED && verdict == TALLY_LOST) {
        fail_quorum(node, read);
    }
    if (tally_is_complete(&read->quorum.tally)) {
        read_repair(node, read);
        retire(node, read);
    }
}

static void deadline(struct node *node, struct timer *timer)
{
    struct read *read = CONTAINER_OF(timer, struct read, timer);
    if (read->state != READ_ANSWERED) {
        fail_quorum(node, read);
    }
    read_repair(node, read);
    retire(node, read);
}

/* As in write.c: a replica that hangs must not fill the pool with reads that have long been answered. */
static void make_room(struct node *node)
{
    struct read *oldest = node->answered_reads;
    if (oldest != NULL && pool_is_scarce(&node->pools.reads)) {
        read_repair(node, oldest);
        retire(node, oldest);
    }
}

static struct read *take(struct node *node, const struct origin *origin, const struct request *request)
{
    make_room(node);
    struct read *read = pool_take(&node->pools.reads);
    if (read == NULL) {
        return NULL;
    }
    struct pooled pooled = read->pooled;
    struct arena arena = read->arena;
    *read = (struct read){.pooled = pooled, .origin = *origin, .arena = arena};
    if (arena.block_bytes == 0) {
        arena_init(&read->arena, READ_ARENA_BYTES);
    }
    arena_clear(&read->arena);
    read->key = arena_copy(&read->arena, request->key);
    if (read->key.data == NULL) {
        pool_give(&node->pools.reads, read);
        return NULL;
    }
    node->stats.gets_coordinated++;
    node->stats.requests_open += origin->kind != ORIGIN_WRITE;
    return read;
}

static void refuse(struct node *node, const struct origin *origin, int status)
{
    if (origin->kind == ORIGIN_WRITE) {
        write_read_done(node, origin->token, status, NULL, BYTES_EMPTY);
        return;
    }
    node->stats.requests_busy += status == GR_EBUSY;
    origin_refuse(node, origin, status, "");
}

void read_start(struct node *node, const struct origin *origin, const struct request *request)
{
    if (request->key.len > WIRE_KEY_MAX) {
        refuse(node, origin, GR_ETOOBIG);
        return;
    }
    struct read *read = take(node, origin, request);
    if (read == NULL) {
        refuse(node, origin, GR_EBUSY);
        return;
    }
    read->slot = ring_slot(read->key);
    quorum_init(&read->quorum, node, ring_partition(read->slot, node->membership.partitions),
                request->r == 0 ? node->config.r : request->r);
    if (tally_verdict(&read->quorum.tally) == TALLY_LOST) {
        fail_quorum(node, read);
        retire(node, read);
        return;
    }
    uint32_t timeout_ms = request->timeout_ms == 0 ? node->config.request_timeout_ms : request->timeout_ms;
    timer_set(&node->timers, &read->timer, node->env.now.mono_ms + timeout_ms, deadline);
    struct effect *effect = env_add(&node->env, EFFECT_LOAD);
    effect->load.token = read->pooled.id;
    effect->load.slot = read->slot;
    effect->load.key = read->key;
}

static void ask_others(struct node *node, struct read *read)
{
    read->state = READ_ASKING;
    for (unsigned i = 0; i < read->quorum.tally.asked; i++) {
        if (!tally_has(&read->quorum.tally, i)) {
            struct wire_get *get = &env_send(&node->env, read->quorum.nodes[i], WIRE_get)->get;
            get->request = read->pooled.id;
            get->digest = read->digest;
            get->key = read->key;
        }
    }
}

/* Does it decode? Counts it if not. */
static int check_copy(struct node *node, struct bytes copy, struct bytes key)
{
    struct object decoded;
    int error = object_decode(copy, key, &node->env.scratch, &decoded);
    if (error == 0 && context_newest(&decoded.context).hlc > HLC_OUTSIDE_MAX) {
        error = GR_ECORRUPT; /* no sound clock has made it */
    }
    node->stats.objects_corrupt += error == GR_ECORRUPT;
    return error;
}

static void take_own_copy(struct node *node, struct read *read, int status, struct blob *value)
{
    int place = quorum_place(&read->quorum, node->config.node);
    if (status == 0 && value != NULL) {
        status = check_copy(node, blob_bytes(value), read->key);
    }
    if (status != 0) {
        node->stats.store_errors++;
        quorum_fail(&read->quorum, node->config.node, status);
        return;
    }
    if (place >= 0) {
        read->copies[place] = blob_ref(value);
        read->digest = object_digest(blob_bytes(value));
        quorum_ack(&read->quorum, node->config.node);
    }
}

void read_loaded(struct node *node, uint64_t id, int status, struct blob *value)
{
    struct read *read = pool_find(&node->pools.reads, id);
    if (read == NULL) {
        return; /* its deadline came first */
    }
    take_own_copy(node, read, status, value);
    if (tally_verdict(&read->quorum.tally) == TALLY_OPEN) {
        ask_others(node, read);
        return;
    }
    settle(node, read); /* R = 1 asks nobody; LOST if the own copy was needed */
    if (pool_find(&node->pools.reads, id) != NULL) {
        retire(node, read);
    }
}

static int take_copy(struct node *node, struct read *read, unsigned place, const struct wire_get_ack *message)
{
    if (message->error != 0) {
        return -(int)message->error;
    }
    if (message->same) {
        int own = quorum_place(&read->quorum, node->config.node);
        read->copies[place] = own < 0 ? NULL : blob_ref(read->copies[own]);
        return 0;
    }
    if (message->object.len == 0) {
        return 0;
    }
    int error = check_copy(node, message->object, read->key);
    if (error == 0) {
        read->copies[place] = blob_copy(message->object);
        error = read->copies[place] == NULL ? GR_ENOMEM : 0;
    }
    return error;
}

void get_ack_recv(struct node *node, uint64_t from, const struct wire_get_ack *message)
{
    struct read *read = pool_find(&node->pools.reads, message->request);
    if (read == NULL || read->state < READ_ASKING || !quorum_awaits(&read->quorum, from)) {
        return;
    }
    int error = take_copy(node, read, (unsigned)quorum_place(&read->quorum, from), message);
    if (error != 0) {
        quorum_fail(&read->quorum, from, error);
    } else {
        quorum_ack(&read->quorum, from);
    }
    settle(node, read);
}

void read_peer_down(struct node *node, uint64_t peer)
{
    uint32_t cursor = 0;
    struct read *read;
    while ((read = pool_next(&node->pools.reads, &cursor)) != NULL) {
        if (quorum_awaits(&read->quorum, peer)) {
            quorum_fail(&read->quorum, peer, GR_EUNREACHABLE);
            settle(node, read);
        }
    }
}
