#include "resp/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/assert.h"
#include "base/error.h"
#include "resp/error.h"
#include "resp/fanout.h"
#include "resp/number.h"
#include "resp/session_state.h"
#include "wire/messages.h"

struct call *call_new(struct sessions *sessions)
{
    struct call *call = sessions->spare;
    if (call != NULL) {
        sessions->spare = call->next;
        sessions->spare_count--;
        return call;
    }
    call = calloc(1, sizeof *call);
    if (call != NULL) {
        buffer_init(&call->reply, SESSION_OUTPUT_MAX + SESSION_OUTPUT_SLACK);
    }
    return call;
}

void call_free(struct call *call)
{
    struct sessions *sessions = call->session->sessions;
    if (call->args != call->args_inline) {
        free(call->args);
    }
    input_chunk_release(call->chunk);
    fanout_free(call->fanout);
    if (sessions->spare_count >= SESSIONS_SPARE_MAX) {
        buffer_done(&call->reply);
        free(call);
        return;
    }
    struct buffer reply = call->reply;
    buffer_clear(&reply, SESSION_KEEP_BYTES / 16);
    *call = (struct call){.reply = reply, .next = sessions->spare};
    sessions->spare = call;
    sessions->spare_count++;
}

bool call_arg_is(const struct call *call, uint32_t index, const char *word)
{
    struct bytes arg = call_arg(call, index);
    return arg.len == strlen(word) && strncasecmp((const char *)arg.data, word, arg.len) == 0;
}

/* A call that is first in line writes where the shell will look; others keep their reply. */
struct output *call_output(struct call *call)
{
    if (call->output.buffer == NULL) {
        struct session *session = call->session;
        bool first = pipeline_head(&session->pipeline) == call;
        call->output = output_of(first ? &session->filling : &call->reply, call->proto);
        call->output_mark = call->output.buffer->len;
    }
    return &call->output;
}

/* Undo what the call has written. */
static void take_back(struct call *call)
{
    call->output.buffer->len = call->output_mark;
    call->output.failed = false;
    if (call->output_mark == 0) {
        buffer_clear(call->output.buffer, SESSION_KEEP_BYTES);
    }
}

static bool reply_is_too_much(const struct call *call)
{
    const struct session *session = call->session;
    size_t kept = call->output.buffer == &call->reply ? call->reply.len : 0;
    return call->output.failed || session_unsent(session) + session->held_bytes + kept > SESSION_OUTPUT_MAX;
}

/* A large reply is believed at once, small ones little by little. */
static void note_size(struct session *session, size_t size)
{
    size_t half = session->reply_guess / 2;
    session->reply_guess = size > half ? size : half;
}

void call_done(struct call *call)
{
    GR_ASSERT_EQ(call->state, CALL_RUNNING);
    struct output *out = call_output(call);
    size_t size = out->buffer->len - call->output_mark;
    bool is_error = size > 0 && out->buffer->data[call->output_mark] == '-';
    if (call->muted) {
        take_back(call);
    } else if (reply_is_too_much(call)) {
        take_back(call);
        output_error(out, ERROR_REPLY_TOO_LARGE);
    } else if (budget_refuses_reply(call->session, size)) {
        take_back(call);
        output_error(out, ERROR_REPLY_NO_MEMORY);
    }
    call->session->unanswered--;
    if (!is_error) { /* which says nothing about the values that were asked for, nor are there fewer next time */
        note_size(call->session, size); /* a dropped one counts as well: the next may be as large */
    }
    if (out->buffer == &call->reply) {
        call->session->held_bytes += call->reply.len;
    }
    call->state = CALL_DONE;
}

void call_error(struct call *call, const char *text)
{
    output_error(call_output(call), text);
    call_done(call);
}

void call_errorf(struct call *call, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    call_error(call, text);
}

void call_syntax_error(struct call *call)
{
    call_error(call, "ERR syntax error");
}

void call_status(struct call *call, const char *text)
{
    output_status(call_output(call), text);
    call_done(call);
}

void call_integer(struct call *call, int64_t number)
{
    output_integer(call_output(call), number);
    call_done(call);
}

void call_bulk(struct call *call, struct bytes bytes)
{
    output_bulk(call_output(call), bytes);
    call_done(call);
}

void call_null(struct call *call)
{
    output_null(call_output(call));
    call_done(call);
}

void call_help(struct call *call, const char *name, const char *const *lines)
{
    struct output *out = call_output(call);
    size_t count = 0;
    while (lines[count] != NULL) {
        count++;
    }
    char title[96];
    snprintf(title, sizeof title, "%s <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", name);
    output_array(out, count + 3);
    output_status(out, title);
    for (size_t i = 0; i < count; i++) {
        output_status(out, lines[i]);
    }
    output_status(out, "HELP");
    output_status(out, "    Print this help.");
    call_done(call);
}

bool call_number(struct call *call, uint32_t index, int64_t *ret)
{
    if (number_parse(call_arg(call, index), ret)) {
        return true;
    }
    call_error(call, "ERR value is not an integer or out of range");
    return false;
}

int call_submit(struct call *call, unsigned lane, struct request *request)
{
    struct session *session = call->session;
    const struct session_host *host = call_host(call);
    request->token = session_token(session, call->number, lane);
    int status = host->submit(host->context, request);
    if (status == 0) {
        session->requests_open++;
    }
    return status;
}

static void answer_failure(struct call *call, const struct reply *reply)
{
    error_write(call_output(call), call->spec, reply);
    call_done(call);
}

void call_ask(struct call *call, struct request request, call_answer *answer)
{
    call->answer = answer;
    int status = call_submit(call, 0, &request);
    if (status != 0) {
        answer_failure(call, &(struct reply){.status = status});
    }
}

static void note_write(struct call *call, unsigned lane, const struct reply *reply)
{
    if (call->writes) {
        uint32_t keys = call->fanout == NULL ? 1 : (call->argc - 1) / call->spec->keys.step;
        writes_note(&call->session->writes, call->number, keys, lane, reply);
    }
}

void call_answered(struct call *call, unsigned lane, const struct reply *reply)
{
    note_write(call, lane, reply);
    if (call->fanout != NULL) {
        fanout_answered(call, lane, reply);
    } else if (reply->status != 0) {
        answer_failure(call, reply);
    } else {
        call->answer(call, reply);
    }
}

/* May the node be asked for keys at all? */
static bool refuse_unjoined(struct call *call)
{
    if (!call->keyed || node_cluster(call_node(call)) != 0) {
        return false;
    }
    call_error(call, ERROR_NOT_JOINED);
    return true;
}

static bool refuse_long_key(struct call *call)
{
    uint32_t first = 0, last = 0;
    if (!call->keyed || !command_key_range(call->spec, call->argc, &first, &last)) {
        return false;
    }
    for (uint32_t i = first; i <= last; i += call->spec->keys.step) {
        if (call_arg(call, i).len > WIRE_KEY_MAX) {
            call_error(call, ERROR_KEY_TOO_LONG);
            return true;
        }
    }
    return false;
}

void call_run(struct call *call)
{
    GR_ASSERT_EQ(call->state, CALL_WAITING);
    call->state = CALL_RUNNING;
    call->session->pipeline.waiting--;
    if (!refuse_unjoined(call) && !refuse_long_key(call)) {
        call->spec->run(call);
    }
}
