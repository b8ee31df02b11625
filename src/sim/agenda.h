/* What is still to happen, in order of (time, sequence): a binary heap by value.
 *
 * A1  Two occurrences at one time come out in the order they went in, so the order never depends on the heap's shape.
 */
#ifndef GR_SIM_AGENDA_H
#define GR_SIM_AGENDA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"

enum occurrence_kind {
    OCCUR_TICK,    /* node wants to be woken */
    OCCUR_ARRIVAL, /* frame `blob` from `peer`; token is the link's generation when it was sent */
    OCCUR_LINKS,   /* time to look which links could be made */
    OCCUR_CONNECT, /* node and peer shake hands */
    OCCUR_HANGUP,  /* node notices that its link to `peer`, generation token, is gone */
    OCCUR_LOADED,  /* disk: token was read; detail is the key */
    OCCUR_WRITTEN, /* disk: the oldest write under way is done */
    OCCUR_COUNTED, /* disk: token was counted; blob holds the partitions asked for */
    OCCUR_SAVED,   /* disk: the node's state in `blob` is kept, or, with a detail, is not */
    OCCUR_SCAN,    /* disk: the moment whose state the scan in `blob` shows */
    OCCUR_SCANNED, /* disk: token was scanned; blob is the page */
    OCCUR_BOOT,    /* node starts */
    OCCUR_STOP,    /* node, draining, looks whether it may stop */
    OCCUR_CLIENT,  /* client number `token` is ready for its next request */
    OCCUR_OVERDUE, /* request number `token` must have been answered by now */
    OCCUR_NEMESIS, /* time for the next fault */
    OCCUR_RELIEF,  /* fault number `token` ends */
};

struct occurrence {
    uint64_t at_us;
    uint64_t sequence; /* set by agenda_add */
    uint8_t kind;
    uint8_t node;
    uint8_t peer;
    uint8_t detail;
    bool late;     /* put off by a machine that hangs or is slow */
    uint32_t life; /* of `node` when this was planned; another life makes it void */
    uint32_t save; /* of the node's saves, which one it is */
    uint64_t token;
    uint64_t owner;    /* of the hint that was read */
    struct blob *blob; /* one reference, or NULL */
};

struct agenda {
    struct occurrence *heap;
    uint32_t count;
    uint32_t capacity;
    uint64_t sequence;
};

void agenda_init(struct agenda *agenda);
void agenda_done(struct agenda *agenda); /* drops the references it holds */

/* Takes the occurrence's reference. */
void agenda_add(struct agenda *agenda, struct occurrence occurrence);

/* The earliest; false when there is none. The caller gets its reference. */
bool agenda_take(struct agenda *agenda, struct occurrence *ret);

/* When the earliest is due; UINT64_MAX when there is none. */
uint64_t agenda_next_us(const struct agenda *agenda);

#endif
