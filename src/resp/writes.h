/* How many copies hold a session's last write: what WAIT answers.
 *
 * The last write is the latest command in the order of the connection that changed something. A command of several keys
 * counts as held by as many copies as its least copied key.
 */
#ifndef GR_RESP_WRITES_H
#define GR_RESP_WRITES_H

#include "node/request.h"

/* Keys of one command that are followed one by one, as many as may be asked for at a time; a larger command keeps what
 * was known when it was acknowledged. */
#define WRITES_KEYS_MAX 32u

struct writes {
    uint64_t number; /* of the command */
    bool any;        /* there was a write */
    bool large;      /* more keys than are followed */
    uint8_t keys;    /* followed so far */
    uint8_t least;   /* of a large command: fewest copies of a key */
    struct {
        uint8_t lane;
        uint8_t copies;
        bool final;
    } list[WRITES_KEYS_MAX];
};

/* A write of command `number` with `keys` keys was answered. */
void writes_note(struct writes *writes, uint64_t number, uint32_t keys, unsigned lane, const struct reply *reply);

/* More copies hold it. Other commands than the last are ignored. */
void writes_progress(struct writes *writes, uint16_t number, unsigned lane, uint8_t copies, bool final);

/* Copies known to hold the last write; `ret_final`: it will not become more. */
uint8_t writes_copies(const struct writes *writes, bool *ret_final);

#endif
