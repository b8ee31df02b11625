/* Commands that replace a value: SET and its older forms, GETDEL. */
#include "resp/call.h"
#include "resp/handlers.h"

#define NO_TTL "ERR time to live is not supported yet: use SET without EX, PX, EXAT, PXAT and KEEPTTL"

struct set_options {
    uint8_t flags;
    bool ttl;
};

/* One option at `*index`, moved to its last word. False: a syntax error. */
static bool take_option(const struct call *call, uint32_t *index, struct set_options *options)
{
    static const char *const ttls[] = {"ex", "px", "exat", "pxat"};
    uint8_t conditions = options->flags & (REQUEST_IF_ABSENT | REQUEST_IF_PRESENT);
    if (call_arg_is(call, *index, "nx") && conditions != REQUEST_IF_PRESENT) {
        options->flags |= REQUEST_IF_ABSENT;
        return true;
    }
    if (call_arg_is(call, *index, "xx") && conditions != REQUEST_IF_ABSENT) {
        options->flags |= REQUEST_IF_PRESENT;
        return true;
    }
    if (call_arg_is(call, *index, "get")) {
        options->flags |= REQUEST_RETURN_OLD;
        return true;
    }
    if (call_arg_is(call, *index, "keepttl") && !options->ttl) {
        options->ttl = true;
        return true;
    }
    for (unsigned i = 0; i < sizeof ttls / sizeof ttls[0]; i++) {
        if (call_arg_is(call, *index, ttls[i]) && !options->ttl && *index + 1 < call->argc) {
            options->ttl = true;
            ++*index;
            return true;
        }
    }
    return false;
}

static void answer_set(struct call *call, const struct reply *reply)
{
    if (reply->applied) {
        call_status(call, "OK");
    } else {
        call_null(call);
    }
}

static void answer_old(struct call *call, const struct reply *reply)
{
    if (reply->found) {
        call_bulk(call, reply->value);
    } else {
        call_null(call);
    }
}

static void answer_applied(struct call *call, const struct reply *reply)
{
    call_integer(call, reply->applied);
}

static void ask_set(struct call *call, uint8_t flags, call_answer *answer)
{
    struct request request = {.op = OP_SET, .flags = flags, .key = call_arg(call, 1), .value = call_arg(call, 2)};
    call_ask(call, request, answer);
}

void resp_set(struct call *call)
{
    struct set_options options = {0};
    for (uint32_t i = 3; i < call->argc; i++) {
        if (!take_option(call, &i, &options)) {
            call_syntax_error(call);
            return;
        }
    }
    if (options.ttl) {
        call_error(call, NO_TTL);
        return;
    }
    ask_set(call, options.flags, (options.flags & REQUEST_RETURN_OLD) != 0 ? answer_old : answer_set);
}

void resp_setnx(struct call *call)
{
    ask_set(call, REQUEST_IF_ABSENT, answer_applied);
}

void resp_getset(struct call *call)
{
    ask_set(call, REQUEST_RETURN_OLD, answer_old);
}

void resp_getdel(struct call *call)
{
    call_ask(call, (struct request){.op = OP_DELETE, .flags = REQUEST_RETURN_OLD, .key = call_arg(call, 1)},
             answer_old);
}
