/* What a session and the table of sessions hold; open inside this room only. */
#ifndef GR_RESP_SESSION_STATE_H
#define GR_RESP_SESSION_STATE_H

#include "resp/budget.h"
#include "resp/call.h"
#include "resp/input.h"
#include "resp/parser.h"
#include "resp/pipeline.h"
#include "resp/session.h"
#include "resp/turn.h"
#include "resp/writes.h"

/* While more than this waits to be sent, a session takes no more commands: four times what a socket usually holds. */
#define SESSION_OUTPUT_PAUSE (1u << 20)
/* The most that may wait to be sent, replies of commands that are done but not first in line included: the largest
 * command's worth of values. A reply that would pass it becomes an error. */
#define SESSION_OUTPUT_MAX (64u << 20)
/* What the first replies of a session are taken to need, until they have shown it: four at once fit in the pause bound,
 * and four of the largest values in the bound itself. */
#define SESSION_REPLY_GUESS (256u << 10)
/* A buffer may exceed that by the one reply that is found to be too much: a largest value, and heads and errors. */
#define SESSION_OUTPUT_SLACK (17u << 20)
/* Bytes of commands in flight; past it no more are taken. Two of the largest values. */
#define SESSION_CALLS_BYTES (32u << 20)
/* Buffers keep this much between uses. */
#define SESSION_KEEP_BYTES 16384u
#define SESSION_NAME_MAX 256
#define SESSION_ADDRESS_MAX 64
/* Spare calls kept by the table. */
#define SESSIONS_SPARE_MAX 1024u

enum session_replies { REPLIES_ON, REPLIES_OFF, REPLIES_SKIP_NEXT };

struct session {
    struct sessions *sessions;
    struct session *prev, *next; /* the living, oldest first */
    struct session *wait_prev, *wait_next;
    struct session *memory_prev, *memory_next; /* those that wait for memory */
    struct session *line_prev, *line_next;     /* those that wait for their turn */
    void *context;                             /* the shell's */
    uint64_t id;
    uint32_t slot, generation;
    bool gone;               /* freed, but requests are still open */
    bool closing;            /* takes no more input */
    bool killed;             /* and drops what is under way */
    const char *kill_reason; /* why we did so, when it is worth a line in the log; static */
    bool starved;            /* the shell was told to stop reading */
    bool waits_for_memory;
    bool is_in_line;
    uint8_t proto;
    enum session_replies replies;
    uint32_t requests_open;
    struct input input;
    struct parser parser;
    struct pipeline pipeline;
    struct buffer filling; /* replies written, not yet shown to the shell */
    struct buffer sending; /* shown; does not move */
    size_t sent;           /* of it */
    size_t held_bytes;     /* of replies that are done but not first in line */
    size_t calls_bytes;    /* of commands in flight */
    size_t args_bytes;     /* of their tables of arguments */
    size_t gathered_bytes; /* of values that commands of several keys hold */
    size_t share_bytes;    /* counted in the budget for this session */
    uint32_t unanswered;   /* commands in flight that are not done */
    size_t reply_guess;    /* bytes that a command in flight is taken to answer with */
    struct writes writes;
    struct call *waiting; /* the WAIT under way */
    bool no_evict, no_touch;
    uint64_t created_ms, active_ms;
    uint64_t moved_ms; /* bytes came or left, or a command was answered */
    const struct command_spec *last;
    char name[SESSION_NAME_MAX];
    char library[SESSION_NAME_MAX];
    char library_version[SESSION_NAME_MAX];
    char remote[SESSION_ADDRESS_MAX];
    char local[SESSION_ADDRESS_MAX];
};

struct session_slot {
    struct session *session; /* NULL: free */
    uint32_t generation;
    uint32_t next_free;
};

struct sessions {
    struct session_host host;
    unsigned max;
    unsigned count;
    uint64_t next_id;
    struct session_slot *slots;
    uint32_t slots_count;
    uint32_t free_first, free_last; /* a queue, so that a number is reused as late as possible */
    struct session *living;
    struct session *waiters; /* sessions with a WAIT under way */
    struct budget budget;
    struct turn turn;
    struct call *spare;
    unsigned spare_count;
    uint64_t attacks_total; /* connections closed because HTTP came over them */
    uint64_t connections_total, commands_total, bytes_in, bytes_out, rejected_total;
};

/* Move on as far as possible: write replies that are first in line, start what may start, take more commands. */
void session_advance(struct session *session);

/* Bytes that wait to be sent. */
size_t session_unsent(const struct session *session);

/* Give up on a connection: nothing that is under way is written any more. */
void session_kill(struct session *session);

/* Back to the state after connecting, but for the identity (RESET). */
void session_reset(struct session *session);

struct call *call_new(struct sessions *sessions);
void call_free(struct call *call);

uint64_t session_token(const struct session *session, uint64_t number, unsigned lane);
/* The session a token belongs to; NULL when it is long gone. */
struct session *sessions_find(const struct sessions *sessions, uint64_t token);
unsigned token_lane(uint64_t token);
uint16_t token_number(uint64_t token);

void session_start_waiting(struct session *session, struct call *call);
void session_stop_waiting(struct session *session);

static inline const struct session_host *call_host(const struct call *call)
{
    return &call->session->sessions->host;
}

static inline const struct node *call_node(const struct call *call)
{
    const struct session_host *host = call_host(call);
    return host->node(host->context);
}

static inline uint64_t session_now_ms(const struct session *session)
{
    const struct session_host *host = &session->sessions->host;
    return host->now(host->context).mono_ms;
}

#endif
