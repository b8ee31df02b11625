#include "resp/budget.h"

#include <utlist.h>

#include "resp/session_state.h"

/* Held in fact, without what is expected. */
static size_t held_bytes(const struct session *session)
{
    return input_held(&session->input) + session->filling.capacity + session->sending.capacity + session->held_bytes +
           session->gathered_bytes + session->args_bytes + session->parser.args_capacity * sizeof *session->parser.args;
}

static size_t share_of(const struct session *session)
{
    return held_bytes(session) + session->unanswered * session->reply_guess;
}

static bool is_exhausted(const struct budget *budget)
{
    return budget->used_bytes >= budget->max_bytes;
}

static size_t hard_bytes(const struct budget *budget)
{
    return budget->max_bytes + budget->max_bytes / 4;
}

static void set_share(struct session *session, size_t share)
{
    struct budget *budget = &session->sessions->budget;
    budget->used_bytes += share - session->share_bytes;
    session->share_bytes = share;
}

void budget_account(struct session *session)
{
    set_share(session, share_of(session));
}

static bool is_small(const struct session *session)
{
    return session->unanswered == 0 && held_bytes(session) < BUDGET_SMALL_BYTES &&
           session->reply_guess <= SESSION_REPLY_GUESS;
}

bool budget_allows(const struct session *session)
{
    const struct budget *budget = &session->sessions->budget;
    return !is_exhausted(budget) || budget->favourite == session || is_small(session);
}

bool budget_refuses_reply(const struct session *session, size_t size)
{
    const struct budget *budget = &session->sessions->budget;
    return held_bytes(session) + size > BUDGET_SMALL_BYTES && budget->used_bytes + size > hard_bytes(budget);
}

void budget_wait(struct session *session)
{
    if (!session->waits_for_memory) {
        session->waits_for_memory = true;
        DL_APPEND2(session->sessions->budget.waiting, session, memory_prev, memory_next);
    }
}

static void stop_waiting(struct session *session)
{
    if (session->waits_for_memory) {
        session->waits_for_memory = false;
        DL_DELETE2(session->sessions->budget.waiting, session, memory_prev, memory_next);
    }
}

void budget_leave(struct session *session)
{
    struct budget *budget = &session->sessions->budget;
    stop_waiting(session);
    if (budget->favourite == session) {
        budget->favourite = NULL;
    }
}

void budget_forget(struct session *session)
{
    budget_leave(session);
    set_share(session, 0);
}

/* The first in line may go past the bound. */
static void choose_favourite(struct sessions *sessions)
{
    struct budget *budget = &sessions->budget;
    if (is_exhausted(budget) && budget->favourite == NULL && budget->waiting != NULL &&
        budget->used_bytes < hard_bytes(budget)) {
        budget->favourite = budget->waiting;
        budget->favourite_since_ms = sessions->host.now(sessions->host.context).mono_ms;
    }
}

bool sessions_share(struct sessions *sessions)
{
    struct session *session, *next;
    bool any = false;
    choose_favourite(sessions);
    DL_FOREACH_SAFE2(sessions->budget.waiting, session, next, memory_next)
    {
        if (budget_allows(session)) {
            any = true;
            stop_waiting(session);
            session_advance(session);
        }
        if (next == NULL || is_exhausted(&sessions->budget)) {
            break;
        }
    }
    return any;
}

static void end_turn(struct budget *budget, uint64_t now_ms)
{
    const struct session *session = budget->favourite;
    uint64_t since_ms = budget->favourite_since_ms;
    if (session == NULL) {
        return;
    }
    uint64_t moved_ms = session->moved_ms > since_ms ? session->moved_ms : since_ms;
    if (now_ms - since_ms >= BUDGET_TURN_MS || now_ms - moved_ms >= BUDGET_PAUSE_MS || !is_exhausted(budget) ||
        is_small(session)) {
        budget->favourite = NULL;
    }
}

/* One at a time: what it gives back may be enough. */
static void close_stalled(struct sessions *sessions, uint64_t now_ms)
{
    struct session *session, *worst = NULL;
    DL_FOREACH(sessions->living, session)
    {
        bool stalled = !session->killed && !is_small(session) && now_ms - session->moved_ms >= BUDGET_STALL_MS;
        if (stalled && (worst == NULL || session->share_bytes > worst->share_bytes)) {
            worst = session;
        }
    }
    if (worst != NULL) {
        sessions->budget.closed_total++;
        worst->kill_reason = "it held memory for long that others wait for, and moved nothing";
        session_kill(worst);
    }
}

void budget_tick(struct sessions *sessions, uint64_t now_ms)
{
    end_turn(&sessions->budget, now_ms);
    if (is_exhausted(&sessions->budget)) {
        close_stalled(sessions, now_ms);
    }
}
