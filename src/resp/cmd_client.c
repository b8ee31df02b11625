/* CLIENT: what a connection says and asks about itself. */
#include "resp/client_line.h"
#include "resp/client_name.h"
#include "resp/handlers.h"
#include "resp/session_state.h"
#include "resp/text.h"

void resp_client_id(struct call *call)
{
    call_integer(call, (int64_t)call->session->id);
}

void resp_client_setname(struct call *call)
{
    struct bytes name = call_arg(call, 2);
    if (!client_name_is_valid(name)) {
        call_error(call, CLIENT_NAME_INVALID);
        return;
    }
    client_name_keep(call->session->name, name);
    call_status(call, "OK");
}

void resp_client_getname(struct call *call)
{
    if (call->session->name[0] == '\0') {
        call_null(call);
        return;
    }
    call_bulk(call, bytes_of_text(call->session->name));
}

void resp_client_setinfo(struct call *call)
{
    struct bytes value = call_arg(call, 3);
    bool is_name = call_arg_is(call, 2, "lib-name");
    if (!is_name && !call_arg_is(call, 2, "lib-ver")) {
        struct bytes attribute = call_arg(call, 2);
        call_errorf(call, "ERR Unrecognized option '%.*s'", attribute.len > 128 ? 128 : (int)attribute.len,
                    (const char *)attribute.data);
    } else if (!client_name_is_valid(value)) {
        call_errorf(call, "ERR %s cannot contain spaces, newlines or special characters.",
                    is_name ? "lib-name" : "lib-ver");
    } else {
        client_name_keep(is_name ? call->session->library : call->session->library_version, value);
        call_status(call, "OK");
    }
}

/* ON or OFF as argument 2; answers the error otherwise. */
static bool read_switch(struct call *call, bool *ret)
{
    *ret = call_arg_is(call, 2, "on");
    if (*ret || call_arg_is(call, 2, "off")) {
        return true;
    }
    call_syntax_error(call);
    return false;
}

void resp_client_no_evict(struct call *call)
{
    if (read_switch(call, &call->session->no_evict)) {
        call_status(call, "OK");
    }
}

void resp_client_no_touch(struct call *call)
{
    if (read_switch(call, &call->session->no_touch)) {
        call_status(call, "OK");
    }
}

void resp_client_reply(struct call *call)
{
    struct session *session = call->session;
    if (call_arg_is(call, 2, "on")) {
        session->replies = REPLIES_ON;
        call->muted = false;
        call_status(call, "OK");
    } else if (call_arg_is(call, 2, "off")) {
        session->replies = REPLIES_OFF;
        call->muted = true;
        call_done(call);
    } else if (call_arg_is(call, 2, "skip")) {
        if (session->replies == REPLIES_ON) {
            session->replies = REPLIES_SKIP_NEXT;
        }
        call->muted = true;
        call_done(call);
    } else {
        call_syntax_error(call);
    }
}

void resp_client_info(struct call *call)
{
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    client_line_add(&text, call->session);
    output_verbatim(call_output(call), buffer_bytes(&text));
    buffer_done(&text);
    call_done(call);
}

void resp_client_help(struct call *call)
{
    static const char *const lines[] = {"GETNAME",
                                        "    Get the name of this connection.",
                                        "ID",
                                        "    Get the number of this connection.",
                                        "INFO",
                                        "    Describe this connection.",
                                        "KILL <ip:port>",
                                        "    Close the connection from that address.",
                                        "KILL <option> <value> [<option> <value> [...]]",
                                        "    Close connections. Options are:",
                                        "    * ADDR <ip:port>",
                                        "      From that address.",
                                        "    * LADDR <ip:port>",
                                        "      To that address of this node.",
                                        "    * ID <number>",
                                        "      With that number.",
                                        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
                                        "      Of that type; all are NORMAL.",
                                        "    * USER <name>",
                                        "      Of that user; there is only default.",
                                        "    * SKIPME (YES|NO)",
                                        "      Spare this connection (default: yes).",
                                        "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <number> ...]",
                                        "    Describe connections.",
                                        "NO-EVICT (ON|OFF)",
                                        "    Accepted; connections are never evicted.",
                                        "NO-TOUCH (ON|OFF)",
                                        "    Accepted; there are no access times.",
                                        "REPLY (ON|OFF|SKIP)",
                                        "    Turn replies to this connection on or off.",
                                        "SETINFO (LIB-NAME|LIB-VER) <value>",
                                        "    Tell which library this connection uses.",
                                        "SETNAME <name>",
                                        "    Name this connection.",
                                        NULL};
    call_help(call, "CLIENT", lines);
}
