/* Small commands about the connection itself. */
#include <stdio.h>

#include "resp/handlers.h"
#include "resp/session_state.h"

void resp_ping(struct call *call)
{
    if (call->argc > 2) {
        call_error(call, "ERR wrong number of arguments for 'ping' command");
    } else if (call->argc == 2) {
        call_bulk(call, call_arg(call, 1));
    } else {
        call_status(call, "PONG");
    }
}

void resp_echo(struct call *call)
{
    call_bulk(call, call_arg(call, 1));
}

void resp_auth(struct call *call)
{
    if (call->argc > 3) {
        call_syntax_error(call);
    } else if (call->argc == 2) {
        call_error(call, "ERR AUTH <password> called without any password configured for the default user. "
                         "Are you sure your configuration is correct?");
    } else if (bytes_equal(call_arg(call, 1), bytes_of_text("default"))) {
        call_status(call, "OK");
    } else {
        call_error(call, "WRONGPASS invalid username-password pair or user is disabled.");
    }
}

void resp_select(struct call *call)
{
    int64_t index;
    if (!call_number(call, 1, &index)) {
        return;
    }
    if (index != 0) {
        call_error(call, "ERR DB index is out of range");
        return;
    }
    call_status(call, "OK");
}

void resp_quit(struct call *call)
{
    call->session->closing = true;
    call_status(call, "OK");
}

void resp_reset(struct call *call)
{
    session_reset(call->session);
    call->proto = 2;
    call->muted = false;
    call_status(call, "RESET");
}

/* Every node takes reads and writes for every key: these change nothing. */
void resp_readonly(struct call *call)
{
    call_status(call, "OK");
}

void resp_readwrite(struct call *call)
{
    call_status(call, "OK");
}

void resp_asking(struct call *call)
{
    call_status(call, "OK");
}

void resp_time(struct call *call)
{
    const struct session_host *host = call_host(call);
    uint64_t now_us = host->wall_us(host->context);
    char text[32];
    struct output *out = call_output(call);
    output_array(out, 2);
    snprintf(text, sizeof text, "%llu", (unsigned long long)(now_us / 1000000));
    output_text(out, text);
    snprintf(text, sizeof text, "%llu", (unsigned long long)(now_us % 1000000));
    output_text(out, text);
    call_done(call);
}
