/* Counting the answers to one request until it can be decided (paper 4.5).
 *
 * A tally is a value: no I/O, no clock, no memory of its own. write.c and read.c feed it and ask it.
 *
 * T1  acked and failed are disjoint, and both lie within asked.
 * T2  An ack overrides an earlier failure (a slow answer still counts); repeats change nothing.
 */
#ifndef GR_NODE_TALLY_H
#define GR_NODE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#define TALLY_MAX 64u

struct tally {
    uint8_t asked;  /* replicas sent to, in preference order */
    uint8_t wanted; /* answers that decide: W of a put, R of a get */
    uint64_t acked; /* one bit a replica, by its place in the order asked */
    uint64_t failed;
};

enum tally_verdict { TALLY_OPEN, TALLY_MET, TALLY_LOST };

/* Requires 1 <= wanted <= asked <= TALLY_MAX. */
void tally_init(struct tally *tally, unsigned asked, unsigned wanted);

/* One more is asked in the place of one that has failed (sloppy quorum): a LOST tally may reopen. Returns its number.
 */
unsigned tally_ask(struct tally *tally);

void tally_ack(struct tally *tally, unsigned replica);

/* It was given up, and may answer after all. */
void tally_reopen(struct tally *tally, unsigned replica);
void tally_fail(struct tally *tally, unsigned replica);

/* MET once `wanted` have acked, and for good; LOST while too few are left for that; else OPEN. */
enum tally_verdict tally_verdict(const struct tally *tally);

/* Has the replica answered, one way or the other? */
bool tally_has(const struct tally *tally, unsigned replica);

unsigned tally_acks(const struct tally *tally);

/* Has every replica answered? */
bool tally_is_complete(const struct tally *tally);

#endif
