#include "node/read.h"

#include "base/container.h"
#include "base/error.h"
#include "node/forward.h"
#include "node/internal.h"
#include "node/read_merge.h"
#include "node/repair.h"
#include "node/replica.h"
#include "node/write.h"

#include <utlist.h>

#define READ_ARENA_BYTES 256u

static void retire(struct node *node, struct read *read)
{
    timer_stop(&node->timers, &read->timer);
    if (read->lingers) {
        DL_DELETE(node->answered_reads, read);
    }
    for (unsigned i = 0; i < QUORUM_MAX; i++) {
        env_hold(&node->env, read->copies[i]);
        read->copies[i] = NULL;
    }
    if (read->origin.kind == ORIGIN_CLIENT || read->origin.kind == ORIGIN_PEER) {
        node->stats.requests_open--;
    }
    node->read_refused_bytes = read->held_bytes > 0 ? 0 : node->read_refused_bytes;
    node->stats.reads_bytes -= read->held_bytes;
    read->held_bytes = 0;
    pool_give(&node->pools.reads, read);
}

static void fail(struct node *node, struct read *read, int status, struct bytes detail)
{
    struct reply reply = {.status = status, .final = true, .detail = detail};
    read->state = READ_ANSWERED;
    if (read->origin.kind == ORIGIN_WRITE) {
        write_read_done(node, read->origin.token, status, NULL, detail);
    } else if (read->origin.kind != ORIGIN_REPAIR) {
        reply.status = forward_untouched(&read->origin, status);
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
    } else if (read->origin.kind != ORIGIN_REPAIR) {
        answer_client(node, read);
    }
}

/* Nothing more is waited for: what was learnt goes to who lacks it. */
static void conclude(struct node *node, struct read *read)
{
    if (read->origin.kind == ORIGIN_REPAIR) {
        repair_concluded(node, read);
    } else {
        enum repair repair;
        (void)read_repair(node, read, false, &repair); /* the next one goes on */
    }
    retire(node, read);
}

static void ask(struct node *node, struct read *read, unsigned place)
{
    struct quorum *quorum = &read->quorum;
    quorum_sent(quorum, node, place);
    if (quorum->nodes[place] == node->config.node) {
        int error = replica_get_own_hints(node, read->pooled.id, read->key);
        if (error != 0) {
            quorum_fail(quorum, node->config.node, error);
        }
        return;
    }
    struct wire_get *get = &env_send(&node->env, quorum->nodes[place], WIRE_get)->get;
    get->request = read->pooled.id;
    get->digest = read->digest;
    get->key = read->key;
    detector_asked(node, quorum->nodes[place]);
}

/* The next to ask; when all owners that are healthy were, somebody who may keep a hint for another (D4). -1: nobody. */
static int next_place(struct node *node, struct read *read)
{
    int place = quorum_next(&read->quorum, node);
    if (place >= 0 || read->origin.kind == ORIGIN_REPAIR) {
        return place;
    }
    quorum_recruit(&read->quorum, node);
    place = quorum_next(&read->quorum, node);
    if (place < 0 && quorum_last_resort(&read->quorum, node)) {
        place = quorum_next(&read->quorum, node);
    }
    return place;
}

static unsigned missing(const struct read *read)
{
    unsigned have = quorum_copies(&read->quorum) + quorum_pending(&read->quorum);
    unsigned wanted = read->origin.kind == ORIGIN_REPAIR ? RING_REPLICAS_MAX : read->quorum.tally.wanted;
    return have < wanted ? wanted - have : 0;
}

static void timed(struct node *node, struct timer *timer);

/* Ask as many as R takes, given who has answered so far; then wait for the slowest of those asked now as long as it
 * usually takes. */
static void ask_enough(struct node *node, struct read *read)
{
    uint32_t usual_ms = 0;
    while (missing(read) > 0) {
        int place = next_place(node, read);
        if (place < 0) {
            break;
        }
        uint32_t ms = detector_hedge_ms(node, read->quorum.nodes[place]);
        usual_ms = ms > usual_ms ? ms : usual_ms;
        ask(node, read, (unsigned)place);
    }
    uint64_t hedge_at = node->env.now.mono_ms + usual_ms;
    if (usual_ms > 0 && hedge_at < read->deadline_ms && quorum_next(&read->quorum, node) >= 0) {
        timer_set(&node->timers, &read->timer, hedge_at, timed);
    }
}

/* Somebody is slower than usual: the next is asked beside him. */
static void hedge(struct node *node, struct read *read)
{
    int place = quorum_next(&read->quorum, node);
    if (place >= 0) {
        node->stats.reads_hedged++;
        ask(node, read, (unsigned)place);
    }
    timer_set(&node->timers, &read->timer, read->deadline_ms, timed);
}

static void timed(struct node *node, struct timer *timer)
{
    struct read *read = CONTAINER_OF(timer, struct read, timer);
    if (node->env.now.mono_ms < read->deadline_ms) {
        hedge(node, read);
        return;
    }
    if (read->state != READ_ANSWERED) {
        fail_quorum(node, read);
    }
    conclude(node, read);
}

/* Somebody has answered, or failed. */
static void settle(struct node *node, struct read *read)
{
    bool repairs = read->origin.kind == ORIGIN_REPAIR;
    if (read->state == READ_ASKING && quorum_verdict(&read->quorum) != TALLY_MET) {
        ask_enough(node, read);
    }
    enum tally_verdict verdict = quorum_verdict(&read->quorum);
    if (read->state == READ_ASKING && verdict == TALLY_MET && !repairs) {
        timer_set(&node->timers, &read->timer, read->deadline_ms, timed);
        answer(node, read);
    } else if (read->state == READ_ASKING && verdict == TALLY_LOST && !repairs) {
        fail_quorum(node, read);
    }
    if (quorum_is_settled(&read->quorum) && (read->state == READ_ANSWERED || repairs)) {
        conclude(node, read);
    }
}

/* Would `more` bytes be too much, beside what others hold (D5)? */
static bool exceeds(const struct node *node, const struct read *read, size_t more)
{
    uint64_t max = node->config.reads_bytes_max;
    uint64_t held = node->stats.reads_bytes;
    bool is_alone = held == (read == NULL ? 0 : read->held_bytes);
    return max != 0 && !is_alone && held + more > max;
}

/* As in write.c: a replica that hangs must not fill the pool, or memory, with reads that have long been answered. */
static void make_room(struct node *node, const struct read *read, size_t more)
{
    struct read *oldest = node->answered_reads;
    if (oldest != NULL && read == NULL && pool_is_scarce(&node->pools.reads)) {
        conclude(node, oldest);
    }
    while ((oldest = node->answered_reads) != NULL && oldest != read && exceeds(node, read, more)) {
        conclude(node, oldest);
    }
}

/* Is there no room for one more read, as far as one can tell? There was none for what was refused last. */
static bool is_full(const struct node *node)
{
    return exceeds(node, NULL, node->read_refused_bytes + 1);
}

/* Count one more copy. Errors: GR_EBUSY. */
static int hold(struct node *node, struct read *read, size_t bytes)
{
    if (bytes == 0) {
        return 0;
    }
    make_room(node, read, bytes);
    if (exceeds(node, read, bytes)) {
        node->read_refused_bytes = bytes;
        return GR_EBUSY;
    }
    read->held_bytes += bytes;
    node->stats.reads_bytes += bytes;
    return 0;
}

static struct read *take(struct node *node, const struct origin *origin, struct bytes key)
{
    make_room(node, NULL, node->read_refused_bytes + 1);
    struct read *read = is_full(node) ? NULL : pool_take(&node->pools.reads);
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
    read->key = arena_copy(&read->arena, key);
    if (read->key.data == NULL) {
        pool_give(&node->pools.reads, read);
        return NULL;
    }
    node->stats.gets_coordinated++;
    node->stats.requests_open += origin->kind == ORIGIN_CLIENT || origin->kind == ORIGIN_PEER;
    return read;
}

static void refuse(struct node *node, const struct origin *origin, int status)
{
    node->stats.requests_busy += status == GR_EBUSY;
    if (origin->kind == ORIGIN_WRITE) {
        write_read_done(node, origin->token, status, NULL, BYTES_EMPTY);
        return;
    }
    origin_refuse(node, origin, status, "");
}

/* The own copy first: it costs no message, and the others need only say that theirs is the same. */
static void begin(struct node *node, struct read *read, uint32_t timeout_ms)
{
    int own = quorum_place(&read->quorum, node->config.node);
    read->deadline_ms = node->env.now.mono_ms + timeout_ms;
    timer_set(&node->timers, &read->timer, read->deadline_ms, timed);
    if (own < 0) {
        read->state = READ_ASKING;
        settle(node, read);
        return;
    }
    quorum_sent(&read->quorum, node, (unsigned)own);
    struct effect *effect = env_add(&node->env, EFFECT_LOAD);
    effect->load.token = read->pooled.id;
    effect->load.slot = read->slot;
    effect->load.key = read->key;
}

void read_start(struct node *node, const struct origin *origin, const struct request *request)
{
    if (request->key.len > WIRE_KEY_MAX) {
        refuse(node, origin, GR_ETOOBIG);
        return;
    }
    struct read *read = take(node, origin, request->key);
    if (read == NULL) {
        refuse(node, origin, GR_EBUSY);
        return;
    }
    read->slot = ring_slot(read->key);
    quorum_init(&read->quorum, node, ring_partition(read->slot, node->membership.partitions),
                request->r == 0 ? node->config.r : request->r);
    begin(node, read, request->timeout_ms == 0 ? node->config.request_timeout_ms : request->timeout_ms);
}

/* Clients come first. */
static bool has_room_for_repair(const struct node *node)
{
    const struct pool *reads = &node->pools.reads;
    return !pool_is_scarce(reads) && reads->free_count > 1 && !exceeds(node, NULL, node->config.reads_bytes_max / 2);
}

int read_start_repair(struct node *node, uint16_t slot, struct bytes key, uint64_t peer, bool decides)
{
    struct origin origin = {.kind = ORIGIN_REPAIR, .peer = peer};
    struct read *read = has_room_for_repair(node) ? take(node, &origin, key) : NULL;
    if (read == NULL) {
        return GR_EBUSY;
    }
    uint16_t partition = ring_partition(slot, node->membership.partitions);
    read->slot = slot;
    read->decides = decides;
    if (peer == 0 || decides) {
        quorum_init(&read->quorum, node, partition, RING_REPLICAS_MAX);
    } else {
        quorum_init_pair(&read->quorum, node, partition, peer);
    }
    begin(node, read, node->config.request_timeout_ms);
    return 0;
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

static void note_standing(struct read *read, unsigned place, enum fill_standing standing, uint64_t floor)
{
    read->standings[place] = (uint8_t)standing;
    read->floors[place] = floor;
    read->has_doubts |= standing == FILL_DOUBTFUL && read->copies[place] != NULL;
}

/* There is no room for a copy (D5). A repair goes on without it, and tells so; of a read that has been answered only a
 * late copy is lost. False if so. */
static bool give_up(struct node *node, struct read *read)
{
    if (read->state == READ_ANSWERED || read->origin.kind == ORIGIN_REPAIR) {
        return false;
    }
    node->stats.requests_busy++;
    fail(node, read, GR_EBUSY, BYTES_EMPTY);
    retire(node, read);
    return true;
}

static void take_own_copy(struct node *node, struct read *read, int status, struct blob *value)
{
    int place = quorum_place(&read->quorum, node->config.node);
    if (status == 0 && value != NULL) {
        status = check_copy(node, blob_bytes(value), read->key);
    }
    node->stats.store_errors += status != 0 && status != GR_EBUSY;
    if (status == 0 && value == NULL && fill_is_filling(node, read->quorum.partition)) {
        status = GR_ENOCOPY;
    }
    if (status != 0) {
        quorum_fail(&read->quorum, node->config.node, status);
        return;
    }
    read->copies[place] = blob_ref(value);
    read->digest = object_digest(blob_bytes(value));
    note_standing(read, (unsigned)place, fill_standing(node, read->quorum.partition),
                  floor_of(node, read->quorum.partition));
    quorum_ack(&read->quorum, node->config.node);
}

bool read_wants_load(const struct node *node, uint64_t id)
{
    return pool_find(&node->pools.reads, id) != NULL && !is_full(node);
}

void read_loaded(struct node *node, uint64_t id, int status, struct blob *value)
{
    struct read *read = pool_find(&node->pools.reads, id);
    if (read == NULL) {
        return; /* its deadline came first */
    }
    status = status == 0 ? hold(node, read, blob_bytes(value).len) : status;
    if (status == GR_EBUSY && give_up(node, read)) {
        return;
    }
    take_own_copy(node, read, status, value);
    if (read->state == READ_LOADING) {
        read->state = READ_ASKING;
        settle(node, read);
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
        return read->copies[place] == NULL ? GR_EPROTO : 0; /* it was given no digest */
    }
    if (message->object.len == 0) {
        return 0;
    }
    int error = hold(node, read, message->object.len);
    error = error == 0 ? check_copy(node, message->object, read->key) : error;
    if (error == 0) {
        read->copies[place] = blob_copy(message->object);
        error = read->copies[place] == NULL ? GR_ENOMEM : 0;
    }
    return error;
}

void get_ack_recv(struct node *node, uint64_t from, const struct wire_get_ack *message)
{
    struct read *read = pool_find(&node->pools.reads, message->request);
    if (read == NULL || read->state < READ_ASKING || !quorum_may_ack(&read->quorum, from)) {
        return;
    }
    unsigned place = (unsigned)quorum_place(&read->quorum, from);
    detector_took(node, from, quorum_took_ms(&read->quorum, node, place));
    int error = take_copy(node, read, place, message);
    if (error == GR_EBUSY && message->error == 0 && give_up(node, read)) {
        return;
    }
    if (error != 0) {
        quorum_fail(&read->quorum, from, error);
    } else {
        note_standing(read, place, message->standing, message->floor);
        quorum_ack(&read->quorum, from);
    }
    settle(node, read);
}

void read_peer_down(struct node *node, uint64_t peer, int error)
{
    uint32_t cursor = 0;
    struct read *read;
    while ((read = pool_next(&node->pools.reads, &cursor)) != NULL) {
        if (quorum_awaits(&read->quorum, peer)) {
            quorum_fail(&read->quorum, peer, error);
            settle(node, read);
        }
    }
}
