#include "resp/client_line.h"

#include <inttypes.h>
#include <strings.h>

#include "resp/text.h"

static const char *flags_of(const struct session *session)
{
    if (session->closing) {
        return "c";
    }
    return session->waiting != NULL ? "b" : "N";
}

void client_line_add(struct buffer *text, const struct session *session)
{
    uint64_t now = session_now_ms(session);
    size_t unsent = session_unsent(session);
    text_add(text, "id=%" PRIu64 " addr=%s laddr=%s fd=-1 name=%s", session->id, session->remote, session->local,
             session->name);
    text_add(text, " age=%" PRIu64 " idle=%" PRIu64 " flags=%s", (now - session->created_ms) / 1000,
             (now - session->active_ms) / 1000, flags_of(session));
    text_add(text, " db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=%zu qbuf-free=%zu", input_len(&session->input),
             input_capacity(&session->input) - input_len(&session->input));
    text_add(text, " argv-mem=%zu multi-mem=0 rbs=0 rbp=0 obl=%zu oll=0 omem=%zu", session->calls_bytes, unsent,
             unsent + session->held_bytes);
    text_add(text, " tot-mem=%zu events=r cmd=%s user=default redir=-1 resp=%u",
             sizeof *session + input_capacity(&session->input) + session->filling.capacity + session->sending.capacity,
             session->last == NULL ? "NULL" : session->last->name, (unsigned)session->proto);
    text_add(text, " lib-name=%s lib-ver=%s\n", session->library, session->library_version);
}

bool client_type_is_known(struct bytes type, bool *ret_is_ours)
{
    static const char *const types[] = {"normal", "master", "slave", "replica", "pubsub"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (type.len == strlen(types[i]) && strncasecmp((const char *)type.data, types[i], type.len) == 0) {
            *ret_is_ours = i == 0;
            return true;
        }
    }
    return false;
}
