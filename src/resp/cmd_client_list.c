/* CLIENT LIST [TYPE type] [ID id ...] */
#include <utlist.h>

#include "resp/client_line.h"
#include "resp/handlers.h"
#include "resp/number.h"
#include "resp/session_state.h"
#include "resp/text.h"

static struct session *find_by_id(const struct sessions *sessions, uint64_t id)
{
    struct session *session;
    DL_FOREACH(sessions->living, session)
    {
        if (session->id == id) {
            return session;
        }
    }
    return NULL;
}

static void add_all(struct buffer *text, const struct sessions *sessions)
{
    const struct session *session;
    DL_FOREACH(sessions->living, session)
    {
        client_line_add(text, session);
    }
}

/* The ids from argument 3 on. False: answered. */
static bool add_by_id(struct buffer *text, struct call *call)
{
    for (uint32_t i = 3; i < call->argc; i++) {
        int64_t id;
        if (!number_parse(call_arg(call, i), &id)) {
            call_error(call, "ERR Invalid client ID");
            return false;
        }
        const struct session *session = find_by_id(call->session->sessions, (uint64_t)id);
        if (session != NULL) {
            client_line_add(text, session);
        }
    }
    return true;
}

static bool add_by_type(struct buffer *text, struct call *call)
{
    bool ours = false;
    struct bytes type = call_arg(call, 3);
    if (!client_type_is_known(type, &ours)) {
        call_errorf(call, "ERR Unknown client type '%.*s'", type.len > 128 ? 128 : (int)type.len,
                    (const char *)type.data);
        return false;
    }
    if (ours) {
        add_all(text, call->session->sessions);
    }
    return true;
}

/* False: answered. */
static bool add_selected(struct buffer *text, struct call *call)
{
    if (call->argc == 2) {
        add_all(text, call->session->sessions);
        return true;
    }
    if (call->argc == 4 && call_arg_is(call, 2, "type")) {
        return add_by_type(text, call);
    }
    if (call->argc > 3 && call_arg_is(call, 2, "id")) {
        return add_by_id(text, call);
    }
    call_syntax_error(call);
    return false;
}

void resp_client_list(struct call *call)
{
    struct buffer text;
    buffer_init(&text, SESSION_OUTPUT_MAX);
    if (add_selected(&text, call)) {
        output_verbatim(call_output(call), buffer_bytes(&text));
        call_done(call);
    }
    buffer_done(&text);
}
