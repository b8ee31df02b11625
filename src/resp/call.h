/* One command in flight: from its arguments to its reply.
 *
 * A handler (resp_get, ...) is given a call. Either it writes its reply through call_output and says call_done, all
 * before it returns; or it asks the node with call_ask and does so in the function it named there.
 *
 * K1  A call is WAITING until the pipeline lets it run, RUNNING until call_done, then DONE until its reply has left.
 * K2  A call asks the node at most FANOUT_LANES things at a time, and is not DONE before all are answered.
 */
#ifndef GR_RESP_CALL_H
#define GR_RESP_CALL_H

#include "node/request.h"
#include "resp/input.h"
#include "resp/output.h"
#include "resp/spec.h"

struct session;
struct fanout;

#define CALL_ARGS_INLINE 6

/* Handles a successful reply of the node. */
typedef void call_answer(struct call *call, const struct reply *reply);

enum call_state { CALL_WAITING, CALL_RUNNING, CALL_DONE };

struct call {
    struct call *next; /* in the list of spare ones */
    struct session *session;
    const struct command_spec *spec; /* NULL: a protocol error */
    uint64_t number;                 /* of the command in its session */
    enum call_state state;
    uint8_t proto;
    bool muted;         /* CLIENT REPLY: the reply is dropped */
    bool keyed, writes; /* touches keys; changes them */
    uint64_t keys_mask; /* one bit of 64 a key, by its hash */
    uint64_t key_hash;  /* of the only key; 0 if there are several */
    struct bytes *args; /* views into the chunk; args[0] is the name */
    uint32_t argc;
    struct bytes args_inline[CALL_ARGS_INLINE];
    struct input_chunk *chunk;
    size_t input_bytes;  /* that the command took */
    struct buffer reply; /* holds the reply while earlier ones are not written */
    struct output output;
    size_t output_mark; /* where the reply begins in output.buffer */
    call_answer *answer;
    struct fanout *fanout;
    uint64_t deadline_ms; /* of WAIT; 0: none */
    uint8_t wait_copies;  /* likewise */
};

/* Arguments as views, name included; index < argc. */
static inline struct bytes call_arg(const struct call *call, uint32_t index)
{
    return call->args[index];
}

/* Is the argument this word, in any case? `word` is lower case. */
bool call_arg_is(const struct call *call, uint32_t index, const char *word);

/* Where to write the reply. */
struct output *call_output(struct call *call);

/* The reply is complete. */
void call_done(struct call *call);

/* The common ends: write the one reply, and done. */
void call_error(struct call *call, const char *text);
void call_errorf(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
void call_syntax_error(struct call *call);
void call_status(struct call *call, const char *text);
void call_integer(struct call *call, int64_t number);
void call_bulk(struct call *call, struct bytes bytes);
void call_null(struct call *call);
/* HELP: "<NAME> <subcommand> ..." and then the lines, which end with NULL. */
void call_help(struct call *call, const char *name, const char *const *lines);

/* An argument as a number; answers the error and returns false if it is none. */
bool call_number(struct call *call, uint32_t index, int64_t *ret);

/* Ask the node: key is argument 1; op and the rest come in `request`. `answer` handles the success and ends the call;
 * failures are answered here. */
void call_ask(struct call *call, struct request request, call_answer *answer);

/* The node's reply to something that the call asked. */
void call_answered(struct call *call, unsigned lane, const struct reply *reply);

/* Submit one request of a call. Errors: as session_host.submit. */
int call_submit(struct call *call, unsigned lane, struct request *request);

/* Run the command; it may be done on return. */
void call_run(struct call *call);

#endif
