/* CLIENT KILL address, or CLIENT KILL filter value ... */
#include <utlist.h>

#include "resp/client_line.h"
#include "resp/handlers.h"
#include "resp/number.h"
#include "resp/session_state.h"

struct filter {
    uint64_t id; /* 0: any */
    struct bytes remote, local;
    bool by_remote, by_local;
    bool skip_me;
    bool none; /* asks for what no connection is */
};

static bool matches(const struct filter *filter, const struct session *session)
{
    return !filter->none && !session->killed && (filter->id == 0 || filter->id == session->id) &&
           (!filter->by_remote || bytes_equal(filter->remote, bytes_of_text(session->remote))) &&
           (!filter->by_local || bytes_equal(filter->local, bytes_of_text(session->local)));
}

/* Returns how many. This connection is closed behind its reply, others at once. */
static unsigned kill_matching(struct call *call, const struct filter *filter)
{
    unsigned count = 0;
    struct session *session, *next;
    DL_FOREACH_SAFE(call->session->sessions->living, session, next)
    {
        if (!matches(filter, session) || (filter->skip_me && session == call->session)) {
            continue;
        }
        count++;
        if (session == call->session) {
            session->closing = true;
        } else {
            session_kill(session);
        }
    }
    return count;
}

static bool read_yes_no(struct call *call, uint32_t index, bool *ret)
{
    *ret = call_arg_is(call, index, "yes");
    if (*ret || call_arg_is(call, index, "no")) {
        return true;
    }
    call_syntax_error(call);
    return false;
}

static bool read_id(struct call *call, uint32_t index, uint64_t *ret)
{
    int64_t id = 0;
    if (!number_parse(call_arg(call, index), &id) || id <= 0) {
        call_error(call, "ERR client-id should be greater than 0");
        return false;
    }
    *ret = (uint64_t)id;
    return true;
}

static bool read_type(struct call *call, uint32_t index, struct filter *filter)
{
    bool ours = false;
    struct bytes type = call_arg(call, index);
    if (!client_type_is_known(type, &ours)) {
        call_errorf(call, "ERR Unknown client type '%.*s'", type.len > 128 ? 128 : (int)type.len,
                    (const char *)type.data);
        return false;
    }
    filter->none = filter->none || !ours;
    return true;
}

static bool read_user(struct call *call, uint32_t index)
{
    struct bytes user = call_arg(call, index);
    if (bytes_equal(user, bytes_of_text("default"))) {
        return true;
    }
    call_errorf(call, "ERR No such user '%.*s'", user.len > 128 ? 128 : (int)user.len, (const char *)user.data);
    return false;
}

/* The filter at `index` and its value behind it. False: answered. */
static bool read_filter(struct call *call, uint32_t index, struct filter *filter)
{
    uint32_t value = index + 1;
    if (value >= call->argc) {
        call_syntax_error(call);
        return false;
    }
    if (call_arg_is(call, index, "id")) {
        return read_id(call, value, &filter->id);
    }
    if (call_arg_is(call, index, "type")) {
        return read_type(call, value, filter);
    }
    if (call_arg_is(call, index, "user")) {
        return read_user(call, value);
    }
    if (call_arg_is(call, index, "skipme")) {
        return read_yes_no(call, value, &filter->skip_me);
    }
    if (call_arg_is(call, index, "addr")) {
        filter->by_remote = true;
        filter->remote = call_arg(call, value);
        return true;
    }
    if (call_arg_is(call, index, "laddr")) {
        filter->by_local = true;
        filter->local = call_arg(call, value);
        return true;
    }
    call_syntax_error(call);
    return false;
}

static void kill_by_address(struct call *call)
{
    struct filter filter = {.by_remote = true, .remote = call_arg(call, 2)};
    if (kill_matching(call, &filter) == 0) {
        call_error(call, "ERR No such client");
        return;
    }
    call_status(call, "OK");
}

void resp_client_kill(struct call *call)
{
    if (call->argc == 3) {
        kill_by_address(call);
        return;
    }
    struct filter filter = {.skip_me = true};
    for (uint32_t i = 2; i < call->argc; i += 2) {
        if (!read_filter(call, i, &filter)) {
            return;
        }
    }
    call_integer(call, (int64_t)kill_matching(call, &filter));
}
