/* WAIT: until enough copies hold the connection's last write, as far as they will. */
#include "resp/handlers.h"
#include "resp/number.h"
#include "resp/session_state.h"

/* Nothing was written: every copy holds it. */
static void answer_without_write(struct call *call)
{
    const struct placement *placement = node_placement(call_node(call));
    call_integer(call, placement == NULL ? 0 : (int64_t)placement_replicas(placement));
}

static bool read_arguments(struct call *call, int64_t *ret_copies, int64_t *ret_timeout_ms)
{
    if (!call_number(call, 1, ret_copies)) {
        return false;
    }
    if (!number_parse(call_arg(call, 2), ret_timeout_ms)) {
        call_error(call, "ERR timeout is not an integer or out of range");
        return false;
    }
    if (*ret_timeout_ms < 0) {
        call_error(call, "ERR timeout is negative");
        return false;
    }
    return true;
}

void resp_wait(struct call *call)
{
    int64_t wanted, timeout_ms;
    struct session *session = call->session;
    if (!read_arguments(call, &wanted, &timeout_ms)) {
        return;
    }
    if (!session->writes.any) {
        answer_without_write(call);
        return;
    }
    bool final = false;
    uint8_t copies = writes_copies(&session->writes, &final);
    if (copies >= wanted || final) {
        call_integer(call, copies);
        return;
    }
    call->wait_copies = wanted > UINT8_MAX ? UINT8_MAX : (uint8_t)wanted;
    call->deadline_ms = timeout_ms == 0 ? 0 : session_now_ms(session) + (uint64_t)timeout_ms;
    session_start_waiting(session, call);
}
