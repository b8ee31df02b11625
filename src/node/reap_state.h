/* What a node remembers of its sweeps; for the files of reaping only.
 *
 *   RESTING   until the next slot or the next pass                                  -> SCANNING
 *   SCANNING  a page of the slot's keys and digests is being read                   -> LOOKING, RESTING
 *   LOOKING   what may be a tombstone by its length is looked at, in its lane       -> OWNERS, SCANNING, RESTING
 *   OWNERS    the other owners are asked whether they hold the same                 -> MEMBERS, SCANNING, RESTING
 *   MEMBERS   all members are asked whether they are clear; then those proven a second time are removed
 *                                                                                   -> SCANNING, RESTING
 *
 * One batch of one slot at a time. The timer is the end of a rest, or of the patience with answers.
 */
#ifndef GR_NODE_REAP_STATE_H
#define GR_NODE_REAP_STATE_H

#include "base/blob.h"
#include "base/buffer.h"
#include "node/lane.h"
#include "node/pool.h"
#include "node/reap.h"
#include "ring/placement.h"
#include "ring/slot.h"

struct node;

#define REAP_PAGE_BYTES (64u << 10)
#define REAP_ANSWER_MS 2000u   /* patience with answers */
#define REAP_PAUSE_MAX_MS 100u /* between two slots */
#define REAP_PASS_MIN_MS 1000u
#define REAP_QUESTIONS 64u /* that wait for the clock to be kept; further ones are told that it is not clear */
#define REAP_PROOFS 65536u /* 1.5 MiB; room for as many tombstones between their two proofs */

enum reap_phase { REAP_RESTING, REAP_SCANNING, REAP_LOOKING, REAP_OWNERS, REAP_MEMBERS };

/* One that is asked about, or is being removed. */
struct tombstone {
    struct pooled pooled;
    uint16_t slot;
    bool dropped;     /* no tombstone, or not the same everywhere, or too early */
    bool asked;       /* owners are being asked about it */
    uint8_t answered; /* OWNERS: one bit for each place among the owners that has answered */
    uint64_t digest;
    uint64_t hlc;      /* its newest dot */
    uint64_t floor;    /* what members are asked to mint above before it goes; 0: this is the first proof */
    bool waits;        /* for the floor to be kept */
    bool ordered;      /* by another owner */
    uint64_t began_ms; /* being removed, with all that it waited for */
    struct blob *key;
    struct lane *lane; /* while the store that removes it is open */
    struct lane_visitor visitor;
    struct tombstone *next; /* in the queue for a lane */
    struct tombstone *prev;
};

/* That a tombstone was proven once. A place of the table has one; until that is removed or proven in vain, others whose
 * digest leads there wait. */
struct proof {
    uint64_t digest; /* 0: none */
    uint64_t epoch;  /* of all members, as they told it then, and the membership */
    uint64_t proven_ms;
};

/* Whether this node is clear, asked by a member or by itself. */
struct clear_question {
    uint64_t from;
    uint64_t request;
    uint64_t log_hash;
    uint64_t hlc;
    uint16_t slot;
};

struct reap_state {
    enum reap_phase phase;
    struct pool tombstones;
    struct tombstone *queue; /* to be removed when a lane is free */
    unsigned in_lanes;
    unsigned lanes_max;
    unsigned orders_max;
    unsigned orders;      /* of others, not ended yet, */
    size_t orders_bytes;  /* and their keys */
    uint64_t second_ms;   /* when it began, */
    unsigned ordered;     /* and removals that this node has ordered in it */
    struct proof *proofs; /* REAP_PROOFS */
    bool proofs_used;
    uint32_t clean[RING_SLOTS]; /* 1 + trees.touched as of the last time it was found free of tombstones; 0: never */

    uint64_t pass_began_ms;
    uint32_t pause_ms; /* between the slots of this pass */
    uint32_t slot;     /* the next, or the one in hand */
    bool resumes;      /* in the midst of it, behind `after` */
    bool more;         /* there is more of it behind this batch */
    bool found;        /* in this slot: tombstones, or something that hides whether there are */
    uint32_t touched;  /* as of the beginning of this slot */
    struct buffer after;
    uint64_t scan;  /* id of the scan under way; 0: none */
    uint64_t scans; /* so far */

    struct tombstone *batch[REAP_BATCH];
    unsigned batch_count;
    unsigned waiting; /* visits, or answers, still to come */
    unsigned owed;    /* work done that pace has not been asked for */

    uint64_t request;                      /* MEMBERS: of the question */
    uint8_t members[RING_MEMBERS_MAX / 8]; /* MEMBERS: who has not answered, by place in the placement */
    uint64_t epoch;                        /* what they have told, summed up */
    uint64_t links;                        /* of this node: changes when one goes down */

    uint64_t clock_kept; /* the store has this one, or a greater one */
    uint64_t clock;      /* it is storing this one, */
    uint64_t keeping;    /* under this id; 0: it is not */
    uint64_t keepings;   /* so far */
    struct clear_question questions[REAP_QUESTIONS];
    unsigned questions_count;
};

/* reap_sweep.c */
/* How long after the first proof the second may be. */
uint64_t reap_after(const struct node *node);
/* The batch in hand has been dealt with. `well`: asked and answered; else the slot is left for the next pass. */
void reap_go_on(struct node *node, bool well);
/* Give those back that were dropped. */
void reap_sift_batch(struct node *node);
/* Give up what is in hand. */
void reap_drop_batch(struct node *node);

/* reap_proof.c */
/* May the tombstone be asked about now? Not while an earlier proof is young, or another has its place in the table. */
bool reap_may_ask(const struct node *node, uint64_t digest);
void reap_forget_proofs(struct reap_state *state);
/* Ask about the batch in hand; ends with reap_go_on. */
void reap_prove(struct node *node);
/* The answers have not come in time. */
void reap_prove_late(struct node *node);

/* reap_remove.c */
/* A free item for a key, or NULL. */
struct tombstone *reap_take(struct node *node, uint16_t slot, struct bytes key);
void reap_give(struct node *node, struct tombstone *tombstone);
/* Is it an encoded tombstone? Then 1, and its newest dot is told; else 0, or why that is not known: GR_ECORRUPT,
 * GR_ENOMEM. */
int reap_is_tombstone(struct node *node, struct bytes key, struct bytes object, uint64_t *ret_hlc);
/* Of tombstones that this node has found itself. */
unsigned reap_own_items(const struct reap_state *state);
/* Remove it here if it still is what was proven (P2, P3). Takes the item over. */
void reap_remove(struct node *node, struct tombstone *tombstone);

/* reap_clock.c */
bool reap_clock_is_kept(const struct node *node, uint64_t hlc);
/* Have the store keep the clock; then the question is answered. False: too many wait. */
bool reap_await_clock(struct node *node, const struct clear_question *question);

/* reap_clear.c */
/* Answer a question, now or when the clock is kept. */
void reap_answer(struct node *node, const struct clear_question *question);
void reap_send_answer(struct node *node, const struct clear_question *question, bool clear);
bool reap_hears_all(const struct node *node);
/* Is something under way here for a key of the slot that may hold an object? */
bool reap_is_busy(const struct node *node, uint16_t slot);
/* May this node say "clear"? Its clock follows `hlc`. */
bool reap_is_clear(struct node *node, uint16_t slot, uint64_t log_hash, uint64_t hlc);
/* Another number after a link was lost, or a hint for an owner of the slot was kept, if only for a moment. */
uint64_t reap_epoch(const struct node *node, uint16_t slot);

#endif
