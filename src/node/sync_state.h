/* What anti-entropy keeps between steps, for sync*.c, listing.c and mend.c only (sync.h says what it does). */
#ifndef GR_NODE_SYNC_STATE_H
#define GR_NODE_SYNC_STATE_H

#include "base/buffer.h"
#include "node/mend.h"
#include "node/sync.h"
#include "ring/placement.h"
#include "ring/slot.h"

#define SYNC_TICK_MS 1000u           /* how long it rests when nothing is due */
#define SYNC_SETTLE_MS 200u          /* roots that differ are compared again after this: writes were under way */
#define SYNC_PATIENCE_MS 5000u       /* a comparison in which nothing happened for so long has failed */
#define SYNC_RETRY_MS 5000u          /* after a failure */
#define SYNC_FAILED_HERE_MS 1000u    /* after a store that failed here: on a full disk the next will, too */
#define SYNC_UNREADABLE_MS 60000u    /* after one that will not pass by itself: own objects cannot be listed */
#define SYNC_TURN_MS 2000u           /* after this another peer's partitions come first */
#define SYNC_SOON_MS 2000u           /* by then what is shared with a recovered peer is compared */
#define SYNC_BUSY_MS 10u             /* before a full pool is asked again */
#define SYNC_REPAIRS_MAX 64u         /* open at a time */
#define SYNC_REPAIR_BYTES (8u << 20) /* of copies read for them, or one that is bigger */
#define SYNC_PACE_BYTES (64u << 10)  /* a key costs one unit of pace for each of these, and one */
#define SYNC_SLOTS_MAX 8u            /* of one partition, examined at a time */
#define SYNC_PAGE_BYTES (64u << 10)
#define SYNC_LISTINGS_MAX 64u
#define SYNC_PERIOD_MS 600000u /* when the configuration does not say */

/* One partition that this node owns, and one co-owner of it. */
enum sync_pair_state {
    PAIR_RESTS,
    PAIR_ASKED,   /* our root is on its way to the peer, and no word yet that it differs */
    PAIR_DIFFERS, /* it does: to be asked again, or examined */
};

struct sync_pair {
    uint64_t peer;        /* 0: no such pair */
    uint64_t compared_ms; /* when a comparison was last completed; until there was one, when the pair came to be */
    uint64_t due_ms;
    uint64_t once_more_ms; /* before that a comparison does not count for what sync_later is about; 0: nothing is */
    bool compared;         /* since the start */
    enum sync_pair_state state;
    bool dirty; /* known to differ, or filling: what differs is examined without waiting for writes to end */
    bool hasty; /* it was, when the comparison under way took it up */
};

enum sync_phase {
    SYNC_RESTS,
    SYNC_ROOTS,  /* waits for roots_ack */
    SYNC_PAUSES, /* some differ: their roots are compared once more, later */
    SYNC_LEAVES, /* waits for tree_ack of `partition` */
    SYNC_KEYS,   /* slots of `partition` are examined, keys repaired */
    SYNC_STOPS,  /* has failed; the repairs still open end first, so that they count for nothing else */
};

/* The comparison under way. */
struct sync_run {
    enum sync_phase phase;
    uint64_t peer;
    uint64_t request; /* of the question whose answer is waited for */
    uint64_t began_ms;
    uint64_t go_on_ms; /* PAUSES: the end of the pause */
    bool settled;      /* the roots have been compared twice */
    bool failed;       /* something of the partition could not be compared or repaired, */
    bool unreadable;   /* as the own objects could not be listed */
    uint32_t partition;
    uint32_t next_partition; /* those before it have been examined */
    uint32_t next_slot;      /* of the partition, likewise */
    uint32_t repairs_open;
    uint32_t repair_bytes; /* the greatest of those open, and of those since none was */
    struct timer patience;
    uint16_t leaves[RING_SLOTS]; /* of the partition's slots: one bit for each leaf that differs */
};

/* One side of a slot: a page of its list, at a time. */
struct sync_side {
    struct buffer list;  /* key_list.h */
    size_t at;           /* of the first item that was not looked at */
    struct buffer after; /* the last key of the list so far */
    bool resumes;        /* there has been one */
    bool asked;          /* the next page is on its way */
    bool more;           /* behind this page */
    uint64_t ask_ms;     /* not to be asked before */
};

/* A slot being examined: the lists of both sides are merged, and what differs is repaired. */
struct sync_slot {
    struct pooled pooled; /* its id is the token of the own scan, and the request number of the peer's list */
    uint16_t slot;
    uint16_t leaves;
    struct sync_side own;
    struct sync_side theirs;
    struct mend_watch watch; /* of the own scan */
    bool failed;
};

/* A list being read: for a co-owner, or for nobody, to count the leaves of a doubtful slot. */
struct listing {
    struct pooled pooled;
    uint64_t from; /* 0: nobody */
    uint64_t request;
    uint16_t slot;
    struct mend_watch watch;
};

struct sync_state {
    struct sync_pair *pairs; /* by partition and place among its owners; NULL while there is no placement */
    uint32_t partitions;
    unsigned width;       /* pairs a partition */
    uint64_t placed_hash; /* of the log that the pairs were made from */
    bool salvaged;        /* the store has lost objects, and filling has not begun */
    uint64_t last_peer;   /* the next comparison is with one behind it, if any is due */
    uint64_t numbers;     /* of questions */
    uint64_t told_ms;     /* comparison_oldest_ms */
    struct sync_run run;
    struct pool slots;
    struct pool listings;
    uint32_t doubt_cursor; /* slots up to here have been looked at for doubts */
    uint64_t doubt_next_ms;
    struct mend mend;
};

/* sync_due.c */

/* Bring the pairs up to date with the placement. False while there are none. */
bool due_refresh(struct node *node);

/* NULL: not both own the partition, or it does not exist. */
struct sync_pair *due_pair(struct node *node, uint32_t partition, uint64_t peer);

/* The peer whose turn it is, of those that are healthy and have something due; 0: none. `ret_next_ms`: when something
 * will be. */
uint64_t due_peer(struct node *node, uint64_t *ret_next_ms);

/* Is it due, or so soon that its root may go with the others? */
bool due_takes_part(const struct node *node, const struct sync_pair *pair);

/* The pair is equal now, or what differed has been repaired. */
void due_compared(struct node *node, uint16_t partition, struct sync_pair *pair, bool differed);

/* Of a pair that was taken up and not completed: again after `pause_ms`. */
void due_again(struct node *node, struct sync_pair *pair, uint64_t pause_ms);

/* sync.c */

/* Go on as soon as this step is over; or at a given time at the latest. */
void sync_wake(struct node *node);
void sync_wake_at(struct node *node, uint64_t at_ms);

/* A question goes to the peer of the comparison, or its answer has come. */
void sync_asked(struct node *node);
void sync_heard(struct node *node);

/* sync_slot.c */

enum sync_progress { SLOT_WAITS, SLOT_DONE, SLOT_FAILED };

struct sync_slot *slot_begin(struct node *node, uint16_t slot, uint16_t leaves); /* NULL: none is free */
enum sync_progress slot_go_on(struct node *node, struct sync_slot *slot);
void slot_end(struct node *node, struct sync_slot *slot);
void slot_free_all(struct sync_state *state);

/* listing.c */

/* Count the leaves of the next doubtful slot, if there is any and its time has come. */
void listing_check_doubts(struct node *node);

#endif
