/* Copies that a salvage has brought up (fill.h U4), judged by what the other owners of the key say in one read.
 *
 * Where the removal of a tombstone is lost with a file, the value under it is there again. It looks like a write that
 * reached nobody else. What tells them apart: whoever forgot the deletion has a floor at or above its dot (floor.h).
 *
 * Z1  An entry of a doubtful copy is void if an owner that misses nothing does not know of it, holds no value as old,
 *     and has forgotten deletions as young, and if nobody who is not in doubt knows of it.
 * Z2  A reply leaves out what is void.
 * Z3  Nobody is sent a doubtful copy, nor a merge with one in it, but when all it holds is known elsewhere, or younger
 *     than what was forgotten. A write that keeps something of its base goes by what a quorum says of that (write.h).
 *     An owner that is sent a doubtful hint leaves out what is void, and takes nothing while it cannot tell.
 * Z4  The node that is in doubt decides when all other owners have said what they hold: what is void goes, from its
 *     own copy too (discard.h); the rest is repaired like any copy. Where no owner is free of doubt, nothing is void.
 */
#ifndef GR_NODE_DOUBT_H
#define GR_NODE_DOUBT_H

#include "node/read.h"
#include "version/object.h"

struct node;

enum doubt {
    DOUBT_KNOWN, /* it is held, or superseded by what is held */
    DOUBT_NONE,  /* not known, but no deletion of it can have been forgotten */
    DOUBT_VOID,  /* perhaps it was deleted, and that forgotten */
};

/* What an owner that misses nothing, `held` its copy (absent: it has none), says of a dot. */
enum doubt doubt_of(const struct object *held, uint64_t floor, struct dot dot);

/* A doubtful copy as others show it: */
struct doubt_verdict {
    uint32_t voids; /* entries that are void */
    bool unsettled; /* of some entry nobody could say anything */
    bool all_void;  /* it has entries, and all are void */
};

/* Judge the copy at a place of the read, and take what is void out of it. Its context stays, so that a merge with it
 * ends the same elsewhere. The result borrows the copy. Errors: of object_decode. */
int doubt_judge(struct node *node, const struct read *read, unsigned place, struct object *ret,
                struct doubt_verdict *ret_verdict);

/* The same by one witness alone: the owner of the copy `held` (absent: it has none), that misses nothing if `is_whole`.
 * What is void is taken out of `object`, likewise. */
void doubt_judge_by(const struct object *held, uint64_t floor, bool is_whole, struct object *object,
                    struct doubt_verdict *ret_verdict);

/* What copies are merged for. */
enum doubt_use {
    DOUBT_FOR_REPLY,    /* without what is void (Z2) */
    DOUBT_FOR_REPAIR,   /* without copies that may be (Z3) */
    DOUBT_FOR_DECISION, /* all owners have spoken (Z4) */
};

/* What becomes of a doubtful copy. */
enum doubt_fate {
    DOUBT_MERGED,    /* what is left of it is merged */
    DOUBT_LEFT_OUT,  /* it has to be decided first */
    DOUBT_SKIPPED,   /* there is nothing in it that is not superseded */
    DOUBT_DISCARDED, /* nothing of it stays: it goes where it is */
};

/* `copy` without what is void; `merged`: what there is besides. */
enum doubt_fate doubt_fate_of(enum doubt_use use, const struct doubt_verdict *verdict, const struct object *copy,
                              const struct object *merged);

#endif
