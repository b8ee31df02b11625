/* Which members answer, as this node sees it: its own view and nobody else's (paper 4.8.3).
 *
 * Real traffic is the heartbeat: a question was put to the peer, and none at all has been answered since, for longer
 * than this peer ever takes. A link that is gone, a process that hangs and a machine that thrashes look alike.
 * A member that has answered nothing for PROBE_PERIOD_MS is pinged, so a silent ring notices too.
 *
 * health.h has the states of one peer: heard, asked, pinged, suspect. A peer without a link is down, and not listed.
 *
 * H1  Only own questions left unanswered make a peer suspect; a rumour is only a reason to probe it at once.
 * H2  Any answer of a peer shows that it hears us. What it says unasked shows that it lives: one that only talks is
 *     suspect too, later (health.h G3). A suspect is cleared by the answer to a ping sent since: where a cut is mended
 *     one way may be back long before the other, with answers from before the cut. But whatever a suspect says causes
 *     a ping at once, so one that hears us is back a round trip later.
 * H3  How long it may take is the peer's own: DETECTOR_PATIENCE times how long it is usually silent at most (the 97th
 *     percentile), within bounds. Half-way it is pinged: a slow disk delays an answer, but no pong.
 * H4  A slow peer stays healthy, and is asked last (detector_hedge_ms tells how slow).
 * H5  Time in which this node itself did not run (stopped, or its reactor busy) is nobody's silence: when the timer
 *     fires DETECTOR_LATE_MS late, the answers may be waiting in our own sockets, and patience begins anew.
 * H6  There is one timer, set anew when a question opens that is due before it; messages heard leave it alone.
 * H7  While peer_suspected runs, all who fell silent in this step are suspect already, and the list stays as it is.
 * H8  Links to others than members are not probed, nor do they become suspect.
 */
#ifndef GR_NODE_DETECTOR_H
#define GR_NODE_DETECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "node/timers.h"
#include "wire/message.h"

struct node;

#define PROBE_PERIOD_MS 1000u
#define PROBE_BACKOFF_MIN_MS 250u /* the first pause; each next one is twice as long, half of it is left to chance */
#define PROBE_BACKOFF_MAX_MS 4000u
#define DETECTOR_PATIENCE 4u
#define DETECTOR_PATIENCE_MIN_MS 150u  /* a busy machine's pauses are no failure */
#define DETECTOR_PATIENCE_NEW_MS 300u  /* of a peer that has answered too little to know */
#define DETECTOR_PATIENCE_MAX_MS 1000u /* of a peer that has always been slow */
#define DETECTOR_LATE_MS 50u           /* no timer of a node that runs freely fires so late */
#define DETECTOR_HEDGE_MIN_MS 2u
#define DETECTOR_HEDGE_NEW_MS 20u /* of a peer that has answered too little to know */
#define DETECTOR_HEDGE_MAX_MS 250u
#define RUMOUR_PERIOD_MS 1000u /* about one suspect none is sent more often, nor after another's */
#define PING_PAUSE_MS 100u     /* rumours, or what a suspect says, cause no more than one ping in this time */

struct health;

struct detector {
    struct health *list; /* of the peers with a link, sorted by id; at most PEERS_MAX */
    uint32_t count;
    uint32_t capacity;
    uint64_t pings;     /* sent */
    bool judging;       /* H7 */
    struct timer timer; /* set while there are peers */
};

void detector_init(struct detector *detector);
void detector_done(struct detector *detector);

/* A link is there, or gone. A new link begins healthy and with no memory of the old one's slowness. Out of memory the
 * peer is not listed: it counts as healthy for as long as it has a link. */
void detector_peer_up(struct node *node, uint64_t peer);
void detector_peer_down(struct node *node, uint64_t peer);

/* A message of the peer has come (H2); called for each. Calls peer_recovered (step.h) if it was suspect and answers. */
void detector_heard(struct node *node, uint64_t peer, const struct wire_message *message);

/* A message that wants an answer goes to the peer. Calls peer_suspected (step.h), later, if nothing is heard. */
void detector_asked(struct node *node, uint64_t peer);

/* An answer has come that took so long: what the hedge is made from. Pings are left out: they would make requests look
 * fast. Nor does a time count in which this node itself may have stood still (H5). */
void detector_took(struct node *node, uint64_t peer, uint64_t took_ms);

/* Has it a link, and is it not suspect? This node itself: true. */
bool detector_is_healthy(const struct node *node, uint64_t peer);

/* The same, for what must not err: false also of a peer that is not listed. */
bool detector_hears(const struct node *node, uint64_t peer);

/* The 99th percentile of the peer's answers of late, within bounds; 0 for this node itself. Later than that another is
 * asked beside it. */
uint32_t detector_hedge_ms(const struct node *node, uint64_t peer);

void ping_recv(struct node *node, uint64_t from, const struct wire_ping *message);
void pong_recv(struct node *node, uint64_t from, const struct wire_pong *message);
void rumour_recv(struct node *node, uint64_t from, const struct wire_rumour *message);

#endif
