/* HELLO: the protocol version, with AUTH and SETNAME in the same breath. */
#include "resp/client_name.h"
#include "resp/facts.h"
#include "resp/handlers.h"
#include "resp/number.h"
#include "resp/session_state.h"

struct hello {
    uint8_t proto;
    bool named;
    struct bytes name;
};

/* The protocol version, if it is given. False: answered. */
static bool read_version(struct call *call, struct hello *hello)
{
    int64_t version = hello->proto;
    if (call->argc > 1 && !number_parse(call_arg(call, 1), &version)) {
        call_error(call, "ERR Protocol version is not an integer or out of range");
        return false;
    }
    if (version < 2 || version > 3) {
        call_error(call, "NOPROTO unsupported protocol version");
        return false;
    }
    hello->proto = (uint8_t)version;
    return true;
}

static bool check_user(struct call *call, struct bytes user)
{
    if (bytes_equal(user, bytes_of_text("default"))) {
        return true;
    }
    call_error(call, "WRONGPASS invalid username-password pair or user is disabled.");
    return false;
}

/* One option at `*index`, moved behind it. False: answered. */
static bool read_option(struct call *call, uint32_t *index, struct hello *hello)
{
    uint32_t left = call->argc - *index - 1;
    if (call_arg_is(call, *index, "auth") && left >= 2) {
        *index += 3;
        return check_user(call, call_arg(call, *index - 2));
    }
    if (call_arg_is(call, *index, "setname") && left >= 1) {
        hello->named = true;
        hello->name = call_arg(call, *index + 1);
        *index += 2;
        if (client_name_is_valid(hello->name)) {
            return true;
        }
        call_error(call, CLIENT_NAME_INVALID);
        return false;
    }
    struct bytes option = call_arg(call, *index);
    call_errorf(call, "ERR Syntax error in HELLO option '%.*s'", option.len > 128 ? 128 : (int)option.len,
                (const char *)option.data);
    return false;
}

static void write_facts(struct call *call)
{
    struct output *out = call_output(call);
    output_map(out, 7);
    output_text(out, "server");
    output_text(out, "redis");
    output_text(out, "version");
    output_text(out, REDIS_VERSION);
    output_text(out, "proto");
    output_integer(out, call->proto);
    output_text(out, "id");
    output_integer(out, (int64_t)call->session->id);
    output_text(out, "mode");
    output_text(out, "cluster");
    output_text(out, "role");
    output_text(out, "master");
    output_text(out, "modules");
    output_array(out, 0);
    call_done(call);
}

void resp_hello(struct call *call)
{
    struct session *session = call->session;
    struct hello hello = {.proto = session->proto};
    if (!read_version(call, &hello)) {
        return;
    }
    for (uint32_t index = 2; index < call->argc;) {
        if (!read_option(call, &index, &hello)) {
            return;
        }
    }
    if (hello.named) {
        client_name_keep(session->name, hello.name);
    }
    session->proto = call->proto = hello.proto;
    write_facts(call);
}
