/* Commands that change a part of a value: APPEND, SETRANGE. */
#include "resp/call.h"
#include "resp/handlers.h"
#include "resp/parser.h"

static void answer_number(struct call *call, const struct reply *reply)
{
    call_integer(call, (int64_t)reply->number);
}

void resp_append(struct call *call)
{
    struct request request = {.op = OP_APPEND, .key = call_arg(call, 1), .value = call_arg(call, 2)};
    call_ask(call, request, answer_number);
}

static void answer_length(struct call *call, const struct reply *reply)
{
    call_integer(call, reply->found ? (int64_t)reply->value.len : 0);
}

void resp_setrange(struct call *call)
{
    struct bytes key = call_arg(call, 1), part = call_arg(call, 3);
    int64_t offset;
    if (!call_number(call, 2, &offset)) {
        return;
    }
    if (offset < 0) {
        call_error(call, "ERR offset is out of range");
    } else if (part.len == 0) {
        call_ask(call, (struct request){.op = OP_GET, .key = key}, answer_length); /* changes nothing */
    } else if ((uint64_t)offset > PARSER_BULK_MAX - part.len) {
        call_error(call, "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    } else {
        struct request request = {.op = OP_SETRANGE, .key = key, .value = part, .offset = (uint64_t)offset};
        call_ask(call, request, answer_number);
    }
}
