/* Everything clients asked and were told, in order of asking: what the checkers of client-visible rules judge.
 *
 * Each write has a value that names it (its number), so a read tells whose write it saw. Keys where APPEND is used see
 * no SETRANGE and the other way round, so the last name in a value is the last writer's.
 */
#ifndef GR_SIM_HISTORY_H
#define GR_SIM_HISTORY_H

#include "node/request.h"

#define NO_WRITE UINT32_MAX
#define WRITE_NAME_BYTES 10u /* "w0000002a;" */

enum outcome {
    OUTCOME_OPEN,    /* no answer yet */
    OUTCOME_REPLIED, /* status and the rest are what the reply said */
    OUTCOME_LOST,    /* its node died first */
};

/* The names of all writes in a value, in their order: a piece of history.names. */
struct names {
    uint32_t first, count;
};

struct operation {
    uint64_t asked_us;
    uint64_t replied_us;
    uint64_t number;
    struct dot dot; /* of an acknowledged write: its version that W owners had */
    int status;
    uint32_t life;      /* of the node it was asked of */
    uint32_t saw;       /* the write whose value was read; NO_WRITE */
    struct names names; /* of that value */
    uint32_t siblings;
    uint8_t op;    /* enum op */
    uint8_t flags; /* REQUEST_ flags */
    uint8_t key, node, client;
    uint8_t outcome; /* enum outcome */
    uint8_t copies;
    bool found, applied;
    bool copies_final;
};

struct history {
    struct operation *list;
    uint32_t count;
    uint32_t capacity;
    uint32_t *names;
    uint32_t names_count;
    uint32_t names_capacity;
};

void history_init(struct history *history);
void history_done(struct history *history);

/* Room for one more; returns its number. */
uint32_t history_add(struct history *history, const struct operation *operation);

/* Put the name of write `number` at `ret`. */
void history_name(uint32_t number, uint8_t ret[WRITE_NAME_BYTES]);

/* Keep the names in a value. */
struct names history_keep_names(struct history *history, struct bytes value);

/* The write named last in a value, NO_WRITE if none is. */
uint32_t history_last_name(struct bytes value);

/* The write named last before that one. */
uint32_t history_name_before(struct bytes value);

static inline bool operation_is_write(const struct operation *operation)
{
    return operation->op >= OP_SET && operation->op <= OP_SETRANGE;
}

/* Did the reply say that the write took place? */
bool operation_was_acknowledged(const struct operation *operation);

/* Did the reply promise that nothing was written? */
bool operation_was_refused(const struct operation *operation);

#endif
