#include "resp/fanout.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/blob.h"
#include "base/error.h"
#include "base/hash.h"
#include "resp/error.h"
#include "resp/session_state.h"

_Static_assert(FANOUT_LANES <= WRITES_KEYS_MAX, "a command whose keys are followed uses each lane once");

enum lane_state { LANE_FREE, LANE_ASKED, LANE_ANSWERED };

struct lane {
    enum lane_state state;
    uint64_t hash; /* of its key */
    bool found;
    struct blob *value; /* answered before its turn */
};

struct fanout {
    enum fanout_kind kind;
    uint32_t count;        /* keys */
    uint32_t asked;        /* keys asked for */
    uint32_t finished;     /* keys whose turn is over */
    uint32_t open;         /* lanes in state ASKED */
    size_t held_bytes;     /* of values before their turn, and of those written */
    size_t gathered_bytes; /* of held_bytes, what the session counts */
    bool failed;           /* the error is in call->reply */
    int64_t found;
    struct lane lanes[FANOUT_LANES];
};

void fanout_free(struct fanout *fanout)
{
    if (fanout == NULL) {
        return;
    }
    for (unsigned i = 0; i < FANOUT_LANES; i++) {
        blob_unref(fanout->lanes[i].value);
    }
    free(fanout);
}

static uint32_t stride(const struct fanout *fanout)
{
    return fanout->kind == FANOUT_SET ? 2 : 1;
}

static struct request request_for(const struct call *call, const struct fanout *fanout, uint32_t index)
{
    static const enum op ops[] = {
        [FANOUT_VALUES] = OP_GET, [FANOUT_SET] = OP_SET, [FANOUT_DELETE] = OP_DELETE, [FANOUT_EXISTS] = OP_GET};
    uint32_t at = 1 + index * stride(fanout);
    struct request request = {.op = ops[fanout->kind], .key = call_arg(call, at)};
    if (fanout->kind == FANOUT_SET) {
        request.value = call_arg(call, at + 1);
    }
    return request;
}

static bool key_is_under_way(const struct fanout *fanout, uint64_t hash)
{
    for (unsigned i = 0; i < FANOUT_LANES; i++) {
        if (fanout->lanes[i].state == LANE_ASKED && fanout->lanes[i].hash == hash) {
            return true;
        }
    }
    return false;
}

/* The node speaks of one key; the command has more. */
static struct bytes with_partial_note(struct bytes detail, char *text, size_t size)
{
    int len = detail.len > size / 2 ? (int)(size / 2) : (int)detail.len;
    snprintf(text, size, "%.*s%sother keys of this command may have been written", len, (const char *)detail.data,
             len > 0 ? "; " : "");
    return bytes_of_text(text);
}

/* Replace whatever was gathered by the error. */
static void fail(struct call *call, const struct reply *reply)
{
    struct fanout *fanout = call->fanout;
    if (fanout->failed) {
        return;
    }
    fanout->failed = true;
    buffer_clear(&call->reply, SESSION_KEEP_BYTES);
    struct reply told = *reply;
    char detail[512];
    if (call->writes && fanout->count > 1) {
        told.detail = with_partial_note(reply->detail, detail, sizeof detail);
    }
    error_write(&call->output, call->spec, &told);
}

static void fail_with(struct call *call, const char *text)
{
    call->fanout->failed = true;
    buffer_clear(&call->reply, SESSION_KEEP_BYTES);
    call->output.failed = false;
    output_error(&call->output, text);
}

/* Ask for keys while the window and the keys under way allow. */
static void ask_more(struct call *call)
{
    struct fanout *fanout = call->fanout;
    while (!fanout->failed && fanout->asked < fanout->count && fanout->asked - fanout->finished < FANOUT_LANES) {
        struct request request = request_for(call, fanout, fanout->asked);
        uint64_t hash = hash_bytes(request.key);
        if (call->writes && key_is_under_way(fanout, hash)) {
            return;
        }
        unsigned lane = fanout->asked % FANOUT_LANES;
        int status = call_submit(call, lane, &request);
        if (status != 0) {
            fail(call, &(struct reply){.status = status});
            return;
        }
        fanout->lanes[lane].state = LANE_ASKED;
        fanout->lanes[lane].hash = hash;
        fanout->asked++;
        fanout->open++;
    }
}

static void write_value(struct call *call, bool found, struct bytes value)
{
    if (found) {
        output_bulk(&call->output, value);
    } else {
        output_null(&call->output);
    }
}

/* The lane of the key whose turn it is has been answered. */
static void finish_lane(struct call *call, struct lane *lane)
{
    struct fanout *fanout = call->fanout;
    fanout->found += lane->found;
    if (fanout->kind == FANOUT_VALUES && !fanout->failed) {
        write_value(call, lane->found, blob_bytes(lane->value));
    }
    blob_unref(lane->value);
    *lane = (struct lane){0};
    fanout->finished++;
}

static void finish_lanes(struct call *call)
{
    struct fanout *fanout = call->fanout;
    while (fanout->finished < fanout->count) {
        struct lane *lane = &fanout->lanes[fanout->finished % FANOUT_LANES];
        if (lane->state != LANE_ANSWERED) {
            return;
        }
        finish_lane(call, lane);
    }
}

static void end_if_complete(struct call *call)
{
    struct fanout *fanout = call->fanout;
    if (fanout->open > 0 || (!fanout->failed && fanout->finished < fanout->count)) {
        return;
    }
    call->session->gathered_bytes -= fanout->gathered_bytes;
    budget_account(call->session); /* it is the reply now */
    if (!fanout->failed && fanout->kind == FANOUT_SET) {
        output_status(&call->output, "OK");
    } else if (!fanout->failed && fanout->kind != FANOUT_VALUES) {
        output_integer(&call->output, fanout->found);
    }
    call_done(call);
}

/* A value that comes before its turn is copied; one whose turn it is as well, to keep one path. */
static void keep_value(struct call *call, struct lane *lane, const struct reply *reply)
{
    struct fanout *fanout = call->fanout;
    lane->found = reply->found;
    if (fanout->kind != FANOUT_VALUES || !reply->found) {
        return;
    }
    if (budget_refuses_reply(call->session, reply->value.len)) {
        fail_with(call, ERROR_REPLY_NO_MEMORY);
        return;
    }
    fanout->held_bytes += reply->value.len;
    lane->value = fanout->held_bytes > SESSION_OUTPUT_MAX ? NULL : blob_copy(reply->value);
    if (lane->value == NULL) {
        fail_with(call, ERROR_REPLY_TOO_LARGE);
        return;
    }
    fanout->gathered_bytes += reply->value.len;
    call->session->gathered_bytes += reply->value.len;
}

void fanout_answered(struct call *call, unsigned lane, const struct reply *reply)
{
    struct fanout *fanout = call->fanout;
    GR_ASSERT(lane < FANOUT_LANES && fanout->lanes[lane].state == LANE_ASKED);
    fanout->lanes[lane].state = LANE_ANSWERED;
    fanout->open--;
    if (reply->status != 0) {
        fail(call, reply);
    } else if (!fanout->failed) {
        keep_value(call, &fanout->lanes[lane], reply);
    }
    finish_lanes(call);
    ask_more(call);
    end_if_complete(call);
}

void fanout_start(struct call *call, enum fanout_kind kind)
{
    struct fanout *fanout = calloc(1, sizeof *fanout);
    if (fanout == NULL) {
        call_error(call, ERROR_NO_MEMORY);
        return;
    }
    fanout->kind = kind;
    fanout->count = (call->argc - 1) / stride(fanout);
    call->fanout = fanout;
    call->output = output_of(&call->reply, call->proto);
    call->output_mark = 0;
    if (kind == FANOUT_VALUES) {
        output_array(&call->output, fanout->count);
    }
    ask_more(call);
    end_if_complete(call);
}
