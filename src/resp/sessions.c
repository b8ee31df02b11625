/* The table of sessions: numbers that outlive their session, completions, and time. */
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/assert.h"
#include "resp/session_state.h"

/* A token names a session's slot, the slot's generation, the low bits of the command's number and the lane. A stale one
 * is mistaken only after 2^25 reuses of its slot. */
#define LANE_BITS 6
#define NUMBER_BITS 16
#define GENERATION_BITS 25
#define SLOT_BITS 17
_Static_assert(LANE_BITS + NUMBER_BITS + GENERATION_BITS + SLOT_BITS == 64, "a token is 64 bits");
_Static_assert(WRITES_KEYS_MAX <= 1u << LANE_BITS, "lanes fit");

#define NO_SLOT UINT32_MAX

uint64_t session_token(const struct session *session, uint64_t number, unsigned lane)
{
    uint64_t token = session->slot;
    token = token << GENERATION_BITS | session->generation;
    token = token << NUMBER_BITS | (number & UINT16_MAX);
    return token << LANE_BITS | lane;
}

unsigned token_lane(uint64_t token)
{
    return token & ((1u << LANE_BITS) - 1);
}

uint16_t token_number(uint64_t token)
{
    return (uint16_t)(token >> LANE_BITS);
}

struct session *sessions_find(const struct sessions *sessions, uint64_t token)
{
    uint32_t slot = (uint32_t)(token >> (64 - SLOT_BITS));
    uint32_t generation = (uint32_t)(token >> (LANE_BITS + NUMBER_BITS)) & ((1u << GENERATION_BITS) - 1);
    if (slot >= sessions->slots_count || sessions->slots[slot].generation != generation) {
        return NULL;
    }
    return sessions->slots[slot].session;
}

/* Twice as many slots as sessions: one that is gone keeps its slot until its requests have completed, for a deadline
 * at most. */
static uint32_t slots_for(unsigned max)
{
    uint64_t slots = 2 * (uint64_t)max;
    return slots > (1u << SLOT_BITS) ? 1u << SLOT_BITS : (uint32_t)slots;
}

static void put_free_slot(struct sessions *sessions, uint32_t slot)
{
    struct session_slot *entry = &sessions->slots[slot];
    entry->session = NULL;
    entry->generation = (entry->generation + 1) & ((1u << GENERATION_BITS) - 1);
    entry->next_free = NO_SLOT;
    if (sessions->free_first == NO_SLOT) {
        sessions->free_first = slot;
    } else {
        sessions->slots[sessions->free_last].next_free = slot;
    }
    sessions->free_last = slot;
}

static uint32_t take_free_slot(struct sessions *sessions)
{
    uint32_t slot = sessions->free_first;
    if (slot != NO_SLOT) {
        sessions->free_first = sessions->slots[slot].next_free;
    }
    return slot;
}

struct sessions *sessions_new(const struct session_host *host, unsigned max)
{
    struct sessions *sessions = calloc(1, sizeof *sessions);
    uint32_t slots = slots_for(max);
    struct session_slot *table = calloc(slots, sizeof *table);
    if (sessions == NULL || table == NULL) {
        free(sessions);
        free(table);
        return NULL;
    }
    *sessions = (struct sessions){.host = *host,
                                  .budget = {.max_bytes = BUDGET_DEFAULT_BYTES},
                                  .max = max,
                                  .next_id = 1,
                                  .slots = table,
                                  .slots_count = slots,
                                  .free_first = NO_SLOT};
    for (uint32_t i = 0; i < slots; i++) {
        put_free_slot(sessions, i);
    }
    return sessions;
}

/* Free the memory of a session, whatever is under way in it. */
static void session_destroy(struct session *session)
{
    struct call *call;
    while ((call = pipeline_head(&session->pipeline)) != NULL) {
        call->state = CALL_DONE;
        pipeline_pop(&session->pipeline);
        call_free(call);
    }
    parser_done(&session->parser);
    input_done(&session->input);
    buffer_done(&session->filling);
    buffer_done(&session->sending);
    budget_forget(session);
    put_free_slot(session->sessions, session->slot);
    free(session);
}

void sessions_free(struct sessions *sessions)
{
    if (sessions == NULL) {
        return;
    }
    for (uint32_t i = 0; i < sessions->slots_count; i++) {
        if (sessions->slots[i].session != NULL) {
            session_destroy(sessions->slots[i].session);
        }
    }
    while (sessions->spare != NULL) {
        struct call *call = sessions->spare;
        sessions->spare = call->next;
        buffer_done(&call->reply);
        free(call);
    }
    free(sessions->slots);
    free(sessions);
}

unsigned sessions_count(const struct sessions *sessions)
{
    return sessions->count;
}

static void session_init(struct session *session, struct sessions *sessions, uint32_t slot)
{
    session->sessions = sessions;
    session->slot = slot;
    session->generation = sessions->slots[slot].generation;
    session->id = sessions->next_id++;
    session->reply_guess = SESSION_REPLY_GUESS;
    session_reset(session);
    input_init(&session->input);
    parser_init(&session->parser);
    buffer_init(&session->filling, SESSION_OUTPUT_MAX + SESSION_OUTPUT_SLACK);
    buffer_init(&session->sending, SESSION_OUTPUT_MAX + SESSION_OUTPUT_SLACK);
    session->created_ms = session->active_ms = session->moved_ms = session_now_ms(session);
}

struct session *session_new(struct sessions *sessions, const char *remote, const char *local, void *context)
{
    struct session *session = sessions->count >= sessions->max ? NULL : calloc(1, sizeof *session);
    uint32_t slot = session == NULL ? NO_SLOT : take_free_slot(sessions);
    if (slot == NO_SLOT) {
        free(session);
        sessions->rejected_total++;
        return NULL;
    }
    session_init(session, sessions, slot);
    session->context = context;
    snprintf(session->remote, sizeof session->remote, "%s", remote);
    snprintf(session->local, sizeof session->local, "%s", local);
    sessions->slots[slot].session = session;
    DL_APPEND(sessions->living, session);
    sessions->count++;
    sessions->connections_total++;
    return session;
}

/* What nobody will read; what requests under way point to stays. */
static void drop_what_is_done(struct session *session)
{
    struct call *call;
    for (uint64_t i = 0; (call = pipeline_at(&session->pipeline, i)) != NULL; i++) {
        if (call->state == CALL_DONE) {
            buffer_done(&call->reply);
        }
    }
    session->held_bytes = 0;
    buffer_done(&session->filling);
    buffer_done(&session->sending);
    parser_done(&session->parser);
    input_done(&session->input);
    budget_account(session);
    budget_leave(session);
    turn_leave(session);
}

void session_free(struct session *session)
{
    struct sessions *sessions = session->sessions;
    GR_ASSERT(!session->gone);
    session_stop_waiting(session);
    DL_DELETE(sessions->living, session);
    sessions->count--;
    session->gone = session->closing = session->killed = true;
    drop_what_is_done(session);
    if (session->requests_open == 0) {
        session_destroy(session);
    }
}

void sessions_complete(struct sessions *sessions, const struct reply *reply)
{
    struct session *session = sessions_find(sessions, reply->token);
    if (session == NULL) {
        return;
    }
    GR_ASSERT_LT(0, session->requests_open);
    session->requests_open--;
    if (session->gone) {
        if (session->requests_open == 0) {
            session_destroy(session);
        }
        return;
    }
    struct call *call = pipeline_find(&session->pipeline, token_number(reply->token));
    GR_ASSERT(call != NULL && call->state == CALL_RUNNING);
    session->moved_ms = session_now_ms(session);
    call_answered(call, token_lane(reply->token), reply);
    session_advance(session);
}

void session_start_waiting(struct session *session, struct call *call)
{
    session->waiting = call;
    DL_APPEND2(session->sessions->waiters, session, wait_prev, wait_next);
}

void session_stop_waiting(struct session *session)
{
    if (session->waiting != NULL) {
        session->waiting = NULL;
        DL_DELETE2(session->sessions->waiters, session, wait_prev, wait_next);
    }
}

/* Answer a WAIT whose time has come. */
static void settle_wait(struct session *session, uint64_t now_ms)
{
    struct call *call = session->waiting;
    bool final = false;
    uint8_t copies = writes_copies(&session->writes, &final);
    bool late = call->deadline_ms != 0 && now_ms >= call->deadline_ms;
    if (copies >= call->wait_copies || final || late) {
        session_stop_waiting(session);
        call_integer(call, copies);
        session_advance(session);
    }
}

void sessions_copies(struct sessions *sessions, uint64_t token, uint8_t copies, bool final)
{
    struct session *session = sessions_find(sessions, token);
    if (session == NULL || session->gone) {
        return;
    }
    writes_progress(&session->writes, token_number(token), token_lane(token), copies, final);
    if (session->waiting != NULL) {
        settle_wait(session, session_now_ms(session));
    }
}

void sessions_tick(struct sessions *sessions)
{
    struct session *session, *next;
    uint64_t now_ms = sessions->host.now(sessions->host.context).mono_ms;
    DL_FOREACH_SAFE2(sessions->waiters, session, next, wait_next)
    {
        settle_wait(session, now_ms);
    }
    budget_tick(sessions, now_ms);
}

void sessions_set_memory(struct sessions *sessions, size_t max_bytes)
{
    sessions->budget.max_bytes = max_bytes;
}

size_t sessions_memory(const struct sessions *sessions)
{
    return sessions->budget.used_bytes;
}

uint64_t sessions_wake_at(const struct sessions *sessions)
{
    const struct session *session;
    uint64_t wake_at = UINT64_MAX;
    DL_FOREACH2(sessions->waiters, session, wait_next)
    {
        uint64_t deadline = session->waiting->deadline_ms;
        if (deadline != 0 && deadline < wake_at) {
            wake_at = deadline;
        }
    }
    return wake_at;
}
