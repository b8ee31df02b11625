/* What is known of one peer with a link: when it was heard, what was asked of it since, how long it usually takes.
 *
 * A value with four states; detector.c asks it what to do whenever it is due.
 *
 *              asked              half of patience           patience
 *   HEARD --------------> ASKED ------------------> PINGED --------------> SUSPECT <-+ probed
 *      \                                              ^                         \____|
 *       +----------- long without an answer ----------+
 *                                                           answered: from each back to HEARD
 *
 * G1  A question that is only slow to answer (a slow disk) makes nobody suspect: before patience ends the peer is
 *     pinged, and a live process answers that at once.
 * G2  Of all questions open the oldest counts; an answer that came since it was put, to whatever question, clears it.
 *     The time between is one silence, and patience is made from these: of many answers that waited for one pause each
 *     would tell of it.
 * G3  What a peer says unasked shows that it lives, not that it hears: patience is then a third longer, as the answer
 *     may have to wait behind what it is sending, and no more. Of a suspect, and of one pinged in vain so far, it
 *     is a reason to ping: what was asked on a link that has just come back may have been lost.
 */
#ifndef GR_NODE_HEALTH_H
#define GR_NODE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "node/latency.h"

enum health_state {
    HEALTH_HEARD,   /* nothing is open. Due: PROBE_PERIOD_MS after it has answered it is pinged. */
    HEALTH_ASKED,   /* no answer since asked_ms. Due: at half of its patience it is pinged. */
    HEALTH_PINGED,  /* nor has the ping been answered. Due: at the end of its patience it is suspect. */
    HEALTH_SUSPECT, /* not asked for anything. Due: the next probe. */
};

/* What is to be done about a peer that was due. */
enum health_act { HEALTH_WAIT, HEALTH_PING, HEALTH_TELL };

/* How long a peer may leave questions unanswered that speaks meanwhile (G3). */
static inline uint32_t health_patience_talking(uint32_t patience_ms)
{
    return patience_ms + patience_ms / 3;
}

struct health {
    uint64_t peer;
    enum health_state state;
    bool told;         /* SUSPECT, and everybody knows */
    bool is_silent;    /* nothing has been answered since asked_ms */
    uint64_t heard_ms; /* or since when it has a link; likewise */
    uint64_t answered_ms;
    uint64_t asked_ms;       /* the oldest own question since; not in HEARD */
    uint64_t verdict_ms;     /* PINGED: when its patience ends, half of it after the ping at least */
    uint64_t probe_ms;       /* SUSPECT: when to probe next */
    uint64_t first_probe;    /* SUSPECT: earlier pings' answers prove nothing (detector.h H2); UINT64_MAX: none yet */
    uint64_t may_ping_ms;    /* neither rumours nor what it says unasked cause a ping earlier */
    uint64_t may_rumour_ms;  /* nor is one sent about it */
    uint32_t probe_pause_ms; /* SUSPECT: doubles */
    uint32_t patience_ms;
    uint32_t hedge_ms;
    struct latency silences;
    struct latency answers; /* to requests, for the hedge */
};

/* A new link: healthy, and nothing known of it. */
void health_init(struct health *health, uint64_t peer, uint64_t now_ms);

/* It has answered a question: a ping with this number, or another (0). False: it is suspect, and that proves nothing.
 * `counts`: the time that it took may be learnt from. */
bool health_answered(struct health *health, uint64_t ping, bool counts, uint64_t now_ms);

/* A ping has been sent to it. */
void health_pinged(struct health *health, uint64_t ping);

/* It has said something unasked: returns whether to ping it now (G3). */
bool health_talked(struct health *health, uint64_t now_ms);

/* Returns whether this is the oldest open question, so that it may be due sooner than before. */
bool health_asked(struct health *health, uint64_t now_ms);

void health_took(struct health *health, uint64_t took_ms);

/* When it wants health_look; later than the `now_ms` of the last look. */
uint64_t health_due(const struct health *health);

/* Move on if it is due. HEALTH_PING: a ping is to be sent. HEALTH_TELL: it has become suspect. */
enum health_act health_look(struct health *health, uint64_t now_ms, struct rng *rng);

/* A rumour says that it is silent: returns whether to ping it now. */
bool health_rumour(struct health *health, uint64_t now_ms);

/* This node itself has not been looking: what is open is taken as asked just now. */
void health_excuse(struct health *health, uint64_t now_ms);

#endif
