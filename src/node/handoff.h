/* Handing hints over: each to its owner as soon as that answers again (paper 4.6).
 *
 *   a page of the owner's hints is read  ->  each goes as a put, a window at a time, as pace allows
 *   the owner's put_ack                  ->  the hint is removed, unless it has changed since
 *
 * O1  A hint is removed only after the owner has confirmed an object with at least its content.
 * O2  It goes on where it stopped: what was confirmed is not there any more.
 * O3  A hint for a node that is no owner of the key any more goes to all owners there are.
 *     It waits until all of these answer.
 * O4  A hint older than hints_age_ms whose owner is still away goes to all the other owners, if these are healthy and
 *     make up W copies; then it is dropped, and anti-entropy brings it to its owner. Until then it stays. One that
 *     fails its check is dropped. Passes go through the hints of an owner that is away, too, each HANDOFF_AWAY_MS.
 *     While more is kept than hints_bytes_max, every hint counts as old.
 * O5  One pass runs at a time, and none holds up others' hints: it ends when its owner goes away or does not confirm,
 *     when a page cannot be read, and, if its owner is away, as soon as another is back.
 * O6  What cannot be delivered, though those who should take it answer, is counted and stays. While none of an owner's
 *     hints is confirmed, the pauses between its passes double, up to HANDOFF_PAUSE_MAX_MS.
 * O7  So many are on their way at a time as those who take them have room for: the window is halved with each GR_EBUSY,
 *     and grows by one with each that is confirmed, up to HANDOFF_WINDOW. Hints that all owners must confirm would else
 *     be refused together in each pass, for ever, by owners with room for fewer.
 */
#ifndef GR_NODE_HANDOFF_H
#define GR_NODE_HANDOFF_H

#include "base/page.h"
#include "node/lane.h"
#include "node/pool.h"
#include "node/timers.h"
#include "ring/placement.h"
#include "wire/message.h"

struct node;

#define HANDOFF_WINDOW 128u
#define HANDOFF_BYTES (8u << 20)       /* on their way, or one that is bigger: a link closes when it holds too much */
#define HANDOFF_PAGE_BYTES (32u << 10) /* about a window of small hints: what is read in vain is read again */
#define HANDOFF_AGAIN_MS 1000u         /* after a pass that left something; doubled while nothing is confirmed (O6) */
#define HANDOFF_AWAY_MS 60000u
#define HANDOFF_PAUSE_MAX_MS 16000u

enum handoff_state {
    HANDOFF_COUNTING, /* the first scan, through everything: what has an earlier life left? */
    HANDOFF_RESTING,  /* until the timer, or until an owner is back */
    HANDOFF_PASSING,  /* through the hints for `owner` */
};

struct handoff {
    enum handoff_state state;
    struct pool deliveries;
    uint32_t window;   /* so many at a time (O7) */
    size_t bytes_open; /* of their objects */
    struct pool scans; /* of one item: its id names the scan under way */
    bool scan_open;
    struct timer timer;
    uint64_t owner;   /* of the pass; while COUNTING: of the last hint seen */
    uint64_t changes; /* of the owner's queue when the pass began; UINT64_MAX: it had stores open */
    uint64_t seen;    /* hints in this pass */
    uint64_t begun;   /* of these, on their way */
    bool resumes;     /* behind this place */
    uint16_t slot;
    struct buffer after;
};

/* Errors: GR_ENOMEM. */
int handoff_init(struct handoff *handoff);
void handoff_done(struct handoff *handoff);
void handoff_start(struct node *node);

/* An owner is back: its hints may go. */
void handoff_wake(struct node *node);

/* A hint has been stored: there will be something to do. `over`: with it, more is kept than the bound. */
void handoff_expect(struct node *node, bool over);

void handoff_scanned(struct node *node, uint64_t id, int status, const struct page *page);
void handoff_peer_down(struct node *node, uint64_t peer);

/* The owner does not confirm what it is sent: others' hints have their turn. */
void handoff_leave_off(struct node *node, uint64_t owner);

/* A hint for this owner has been confirmed. */
void handoff_confirmed(struct node *node, uint64_t owner);

/* One is done, one way or the other: there is room again. */
void handoff_go_on(struct node *node);

#endif
