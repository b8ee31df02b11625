/* How much background work may be done now: delivering hints, comparing and repairing, scrubbing, reaping (paper 6.5:
 * an admission controller fed by what the foreground sees).
 *
 * A bucket of work units, one a key, fills at a rate between PACE_RATE_MIN and PACE_RATE_MAX a second and holds what a
 * period fills. Requests of clients report how long they took; each PACE_PERIOD_MS in which more than one in a hundred
 * took longer than PACE_SLOW_MS halves the rate, each in which none did raises it by a quarter. Without clients it is
 * back at full rate within three seconds.
 *
 * B1  Background work never stops altogether: a ring under load still heals.
 * B2  A piece of work larger than the bucket is let through and paid for afterwards.
 */
#ifndef GR_NODE_PACE_H
#define GR_NODE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_RATE_MIN 200u
#define PACE_RATE_MAX 50000u
#define PACE_PERIOD_MS 100u
#define PACE_SLOW_MS 50u

struct pace {
    uint64_t period_began_ms;
    uint64_t filled_ms;
    uint32_t rate;     /* units a second */
    int64_t level;     /* in thousandths of a unit; below 0: a debt (B2) */
    uint32_t requests; /* of clients, in this period */
    uint32_t slow;     /* of these */
};

void pace_init(struct pace *pace);

/* A client's request has been answered after so long. */
void pace_note_request(struct pace *pace, uint64_t now_ms, uint64_t took_ms);

/* May a piece of work of so many units begin? Takes them if so; whatever its size, if there is no debt. */
bool pace_take(struct pace *pace, uint64_t now_ms, uint32_t units);

/* When to ask again after a refusal: by then the debt is paid, unless the rate falls. Later than `now_ms`. */
uint64_t pace_next(const struct pace *pace, uint64_t now_ms);

#endif
