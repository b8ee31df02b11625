/* GRAMME REPLACE and GRAMME SCRUB: what an operator has a node do. */
#include "resp/error.h"
#include "resp/handlers.h"
#include "resp/session_state.h"

#define ID_DIGITS 16u

/* An id as GRAMME STATUS writes it: 16 hex digits. 0: it is none. */
static uint64_t parse_id(struct bytes text)
{
    uint64_t id = 0;
    if (text.len != ID_DIGITS) {
        return 0;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool is_letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (!is_letter && (c < '0' || c > '9')) {
            return 0;
        }
        id = id << 4 | (is_letter ? (c & 7u) + 9u : c & 15u);
    }
    return id;
}

static void answer_replaced(struct call *call, const struct reply *reply)
{
    (void)reply;
    call_status(call, "OK");
}

void resp_gramme_replace(struct call *call)
{
    uint64_t old = parse_id(call_arg(call, 2));
    uint64_t new = parse_id(call_arg(call, 3));
    if (old == 0 || new == 0) {
        call_error(call, "ERR a node id has 16 hex digits: GRAMME STATUS shows those of the members, and a node that "
                         "is refused tells its own");
    } else if (node_cluster(call_node(call)) == 0) {
        call_error(call, ERROR_NOT_JOINED);
    } else {
        call_ask(call, (struct request){.op = OP_REPLACE, .offset = old, .number = new}, answer_replaced);
    }
}

static void answer_scrub(struct call *call, const struct reply *reply)
{
    call_status(call, reply->applied ? "Scrub started" : "Scrub already running");
}

void resp_gramme_scrub(struct call *call)
{
    if (node_cluster(call_node(call)) == 0) {
        call_error(call, ERROR_NOT_JOINED);
        return;
    }
    call_ask(call, (struct request){.op = OP_SCRUB}, answer_scrub);
}
