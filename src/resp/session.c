/* Input to commands, commands to output: the life of one connection. */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "resp/dispatch.h"
#include "resp/session_state.h"

size_t session_unsent(const struct session *session)
{
    return session->sending.len - session->sent + session->filling.len;
}

/* S3: the bounds within which a session takes another command. Replies that are still to come count by what the last
 * ones were, so that a pipeline of large reads to a slow client is held back before its values are in memory. */
static bool has_room(const struct session *session)
{
    size_t expected = session->pipeline.count * session->reply_guess;
    return !session->closing && !pipeline_is_full(&session->pipeline) &&
           session_unsent(session) + session->held_bytes + expected < SESSION_OUTPUT_PAUSE &&
           session->calls_bytes <= SESSION_CALLS_BYTES;
}

/* And the bound of all of them together. Whoever could go on but for that waits in line. */
static bool may_take(struct session *session)
{
    if (session->is_in_line || !has_room(session)) {
        return false;
    }
    if (budget_allows(session)) {
        return true;
    }
    if (session->starved || input_len(&session->input) > 0) {
        budget_wait(session);
    }
    return false;
}

static void wake(struct session *session)
{
    const struct session_host *host = &session->sessions->host;
    host->wake_session(host->context, session, session->context);
}

void session_kill(struct session *session)
{
    session->closing = session->killed = true;
    buffer_clear(&session->filling, 0);
    wake(session);
}

void session_reset(struct session *session)
{
    session->proto = 2;
    session->replies = REPLIES_ON;
    session->no_evict = session->no_touch = false;
    session->name[0] = '\0';
}

/* Point the call's arguments into the input. False when out of memory. */
static bool fill_args(struct call *call, const struct parser *parser, const struct input *input)
{
    call->argc = parser->args_count;
    call->args = call->args_inline;
    if (call->argc > CALL_ARGS_INLINE) {
        call->args = malloc(call->argc * sizeof *call->args);
        if (call->args == NULL) {
            call->args = call->args_inline;
            return false;
        }
        call->session->args_bytes += call->argc * sizeof *call->args;
    }
    const uint8_t *data = input_data(input);
    for (uint32_t i = 0; i < call->argc; i++) {
        call->args[i] = bytes_of(data + parser->args[i].offset, parser->args[i].len);
    }
    return true;
}

static void mute_if_asked(struct session *session, struct call *call)
{
    call->muted = session->replies != REPLIES_ON;
    if (session->replies == REPLIES_SKIP_NEXT) {
        session->replies = REPLIES_ON;
    }
}

/* A reply that needs no handler, in its place in the line. */
static void answer_at_once(struct call *call, const char *error)
{
    call->session->pipeline.waiting--;
    call->state = CALL_RUNNING;
    call_error(call, error);
}

/* A new call at the end of the line. NULL (and the connection closes) when out of memory. */
static struct call *push_call(struct session *session)
{
    struct call *call = call_new(session->sessions);
    if (call == NULL) {
        session_kill(session);
        return NULL;
    }
    call->session = session;
    call->proto = session->proto;
    call->args = call->args_inline;
    mute_if_asked(session, call);
    session->unanswered++;
    pipeline_push(&session->pipeline, call);
    return call;
}

/* A web page can make a browser send an HTTP request here, with commands in its body. Its first lines are no commands,
 * and the rest must not become some. */
static bool is_http(const struct call *call)
{
    return call_arg_is(call, 0, "post") || call_arg_is(call, 0, "host:");
}

static void end_http(struct session *session)
{
    session->sessions->attacks_total++;
    session->kill_reason = "possible cross-protocol attack: HTTP came over a connection for Redis clients";
    session_kill(session);
}

static void take_command(struct session *session)
{
    struct call *call = push_call(session);
    if (call == NULL || !fill_args(call, &session->parser, &session->input)) {
        session_kill(session);
        return;
    }
    call->input_bytes = session->parser.at;
    call->chunk = input_hold(&session->input);
    session->calls_bytes += call->input_bytes;
    turn_took(session, call->input_bytes);
    session->sessions->commands_total++;
    if (is_http(call)) {
        end_http(session);
        return;
    }
    char error[DISPATCH_ERROR_MAX];
    const struct command_spec *spec = dispatch_find(call, error);
    if (spec == NULL) {
        answer_at_once(call, error);
        return;
    }
    session->last = call->spec = spec;
    pipeline_note_keys(call);
    if (pipeline_startable(&session->pipeline, call->number) == call) {
        call_run(call);
    }
}

static void protocol_error(struct session *session)
{
    char text[sizeof session->parser.error + 32];
    snprintf(text, sizeof text, "ERR Protocol error: %s", session->parser.error);
    struct call *call = push_call(session);
    if (call != NULL) {
        answer_at_once(call, text);
    }
    session->closing = true;
}

/* Take one command from the input, if a whole one is there and it is this session's turn. */
static bool take_next(struct session *session)
{
    struct input *input = &session->input;
    if (input_len(input) == 0 || !turn_allows(session)) {
        return false;
    }
    switch (parser_run(&session->parser, input_data(input), input_len(input))) {
    case PARSER_MORE:
        return false;
    case PARSER_COMMAND:
        if (session->parser.args_count > 0) {
            take_command(session);
        }
        input_consume(input, parser_next(&session->parser));
        return true;
    case PARSER_ERROR:
        protocol_error(session);
        return false;
    case PARSER_NOMEM:
    default:
        session_kill(session);
        return false;
    }
}

/* Move a finished reply to where the shell will look. */
static bool flush_reply(struct session *session, struct call *call)
{
    if (call->output.buffer != &call->reply || call->reply.len == 0) {
        return true;
    }
    session->held_bytes -= call->reply.len;
    if (session->filling.len == 0 && call->reply.len > SESSION_KEEP_BYTES) {
        struct buffer spare = session->filling;
        session->filling = call->reply;
        call->reply = spare;
        return true;
    }
    return buffer_append(&session->filling, buffer_bytes(&call->reply)) == 0;
}

/* S1: replies leave from the head of the line only. */
static void flush_done(struct session *session)
{
    struct call *call;
    while ((call = pipeline_head(&session->pipeline)) != NULL && call->state == CALL_DONE) {
        if (!session->killed && !flush_reply(session, call)) {
            session_kill(session);
        }
        session->calls_bytes -= call->input_bytes;
        session->args_bytes -= call->args == call->args_inline ? 0 : call->argc * sizeof *call->args;
        pipeline_pop(&session->pipeline);
        call_free(call);
    }
}

static void start_waiting_calls(struct session *session)
{
    uint64_t from = 0;
    struct call *call;
    while (!session->killed && (call = pipeline_startable(&session->pipeline, from)) != NULL) {
        from = call->number + 1;
        call_run(call);
    }
}

void session_advance(struct session *session)
{
    do {
        flush_done(session);
        start_waiting_calls(session);
        flush_done(session);
        budget_account(session);
    } while (!session->killed && may_take(session) && take_next(session));
    input_trim(&session->input);
    budget_account(session);
    if (session->killed) {
        buffer_clear(&session->filling, 0);
    }
    bool may_read = session->starved && may_take(session);
    if (session_unsent(session) > 0 || may_read || session_is_closing(session)) {
        session->starved = session->starved && !may_read;
        wake(session);
    }
}

uint8_t *session_input(struct session *session, size_t *ret_size)
{
    session->starved = !session->closing;
    if (!may_take(session)) {
        return NULL;
    }
    session->starved = false;
    uint8_t *place = input_reserve(&session->input, ret_size);
    budget_account(session);
    return place;
}

void session_received(struct session *session, size_t count)
{
    input_received(&session->input, count);
    session->sessions->bytes_in += count;
    session->active_ms = session->moved_ms = session_now_ms(session);
    session_advance(session);
}

struct bytes session_output(struct session *session)
{
    if (session->sent == session->sending.len && session->filling.len > 0) {
        struct buffer empty = session->sending;
        buffer_clear(&empty, SESSION_KEEP_BYTES);
        session->sending = session->filling;
        session->filling = empty;
        session->sent = 0;
        budget_account(session);
    }
    size_t left = session->sending.len - session->sent;
    return left == 0 ? BYTES_EMPTY : bytes_of(session->sending.data + session->sent, left);
}

void session_sent(struct session *session, size_t count)
{
    GR_ASSERT_LE(count, session->sending.len - session->sent);
    session->sent += count;
    session->sessions->bytes_out += count;
    if (session->sent == session->sending.len) {
        buffer_clear(&session->sending, SESSION_KEEP_BYTES);
        session->sent = 0;
        budget_account(session);
    }
    if (count > 0) {
        session->moved_ms = session_now_ms(session);
    }
    if (session->starved || input_len(&session->input) > 0) {
        session_advance(session);
    }
}

bool session_is_closing(const struct session *session)
{
    return session->killed || (session->closing && session->pipeline.count == 0);
}

bool session_is_killed(const struct session *session, const char **ret_reason)
{
    if (session->killed) {
        *ret_reason = session->kill_reason;
    }
    return session->killed;
}
