/* Loads that wait for the next turn of the loop, first come first served.
 *
 * A load that is answered from memory is done by the reactor itself, and what follows from it at once: copying and
 * checking a megabyte takes a millisecond. So a turn has a share, in bytes, as it is known only afterwards how much a
 * key holds; what is beyond it waits here, as a key without a value. */
#ifndef GR_SERVER_LOAD_LINE_H
#define GR_SERVER_LOAD_LINE_H

#include "store/engine.h"

struct waiting_load {
    struct waiting_load *next;
    uint64_t token;
    uint64_t since_ms;
    struct engine_key at; /* the key's bytes are behind this */
};

struct load_line {
    struct waiting_load *first, *last; /* NULL: nobody waits */
};

/* At the end of the line. The key is copied. Errors: GR_ENOMEM. */
int load_line_join(struct load_line *line, uint64_t token, const struct engine_key *at, uint64_t now_ms);

/* The first leaves, to be freed with free(); there is one. */
struct waiting_load *load_line_leave(struct load_line *line);

void load_line_done(struct load_line *line);

static inline bool load_line_is_empty(const struct load_line *line)
{
    return line->first == NULL;
}

#endif
