/* GET and what is worked out from a value that was read: STRLEN, GETRANGE, SUBSTR, TYPE. */
#include "resp/call.h"
#include "resp/handlers.h"

static void ask_value(struct call *call, call_answer *answer)
{
    call_ask(call, (struct request){.op = OP_GET, .key = call_arg(call, 1)}, answer);
}

static void answer_value(struct call *call, const struct reply *reply)
{
    if (reply->found) {
        call_bulk(call, reply->value);
    } else {
        call_null(call);
    }
}

void resp_get(struct call *call)
{
    ask_value(call, answer_value);
}

static void answer_length(struct call *call, const struct reply *reply)
{
    call_integer(call, reply->found ? (int64_t)reply->value.len : 0);
}

void resp_strlen(struct call *call)
{
    ask_value(call, answer_length);
}

static void answer_type(struct call *call, const struct reply *reply)
{
    call_status(call, reply->found ? "string" : "none");
}

void resp_type(struct call *call)
{
    ask_value(call, answer_type);
}

/* An index that may count from the end, as one from the front; not below 0. */
static int64_t from_front(int64_t index, int64_t len)
{
    int64_t front = index < 0 ? index + len : index;
    return front < 0 ? 0 : front;
}

static struct bytes part_of(struct bytes value, int64_t start, int64_t end)
{
    int64_t len = (int64_t)value.len;
    if (start < 0 && end < 0 && start > end) {
        return BYTES_EMPTY;
    }
    start = from_front(start, len);
    end = from_front(end, len);
    if (end >= len) {
        end = len - 1;
    }
    return start > end || len == 0 ? BYTES_EMPTY : bytes_of(value.data + start, (size_t)(end - start + 1));
}

static void answer_part(struct call *call, const struct reply *reply)
{
    int64_t start, end;
    if (call_number(call, 2, &start) && call_number(call, 3, &end)) {
        call_bulk(call, reply->found ? part_of(reply->value, start, end) : BYTES_EMPTY);
    }
}

void resp_getrange(struct call *call)
{
    int64_t start, end;
    if (call_number(call, 2, &start) && call_number(call, 3, &end)) {
        ask_value(call, answer_part);
    }
}

void resp_substr(struct call *call)
{
    resp_getrange(call);
}
