/* Commands of several keys; fanout.c does the work. */
#include "resp/error.h"
#include "resp/fanout.h"
#include "resp/handlers.h"
#include "resp/session_state.h"

void resp_mget(struct call *call)
{
    fanout_start(call, FANOUT_VALUES);
}

void resp_mset(struct call *call)
{
    if (call->argc % 2 == 0) {
        call_error(call, "ERR wrong number of arguments for 'mset' command");
        return;
    }
    fanout_start(call, FANOUT_SET);
}

void resp_del(struct call *call)
{
    fanout_start(call, FANOUT_DELETE);
}

void resp_unlink(struct call *call)
{
    fanout_start(call, FANOUT_DELETE);
}

void resp_exists(struct call *call)
{
    fanout_start(call, FANOUT_EXISTS);
}

void resp_touch(struct call *call)
{
    fanout_start(call, FANOUT_EXISTS);
}

static void answer_count(struct call *call, const struct reply *reply)
{
    call_integer(call, (int64_t)reply->number);
}

void resp_dbsize(struct call *call)
{
    if (node_cluster(call_node(call)) == 0) {
        call_error(call, ERROR_NOT_JOINED);
        return;
    }
    call_ask(call, (struct request){.op = OP_COUNT}, answer_count);
}
