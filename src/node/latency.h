/* How long one peer's answers took of late, in milliseconds: a histogram of few buckets, two to an octave, so exact up
 * to 4 ms and right to a third above. Once it is full every count is halved: what is old counts half, then a quarter.
 *
 * A value: no clock, no memory of its own.
 */
#ifndef GR_NODE_LATENCY_H
#define GR_NODE_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#define LATENCY_BUCKETS 22u /* the last one takes all from 1536 ms */
#define LATENCY_FULL 1024u
#define LATENCY_KNOWN 16u /* with fewer answers nothing is usual yet */

struct latency {
    uint16_t total;
    uint16_t counts[LATENCY_BUCKETS];
};

void latency_init(struct latency *latency);
void latency_note(struct latency *latency, uint64_t took_ms);

/* Have there been enough answers to speak of a usual time? */
bool latency_is_known(const struct latency *latency);

/* What at least `per_thousand` of a thousand answers did not exceed, rounded up to the end of a bucket; 0 if there were
 * none. */
uint32_t latency_within(const struct latency *latency, uint32_t per_thousand);

#endif
