/* Which members answer, as this node sees it: its own view and nobody else's (dynamo.md 4.8.3; placement.md 2).
 *
 * Real traffic is the heartbeat: a question was put to the peer, and nothing at all has been heard of it since, for
 * longer than this peer ever takes. A link that is gone, a process that hangs and a machine that thrashes look alike.
 * A member that nothing was heard of for PROBE_PERIOD_MS is pinged, so a silent ring notices too.
 *
 *             nothing heard for patience after a question
 *   HEALTHY -----------------------------------------------> SUSPECT      (probed, backing off with jitter)
 *      ^                any message of the peer                 |
 *      +-------------------------------------------------------+          a peer without a link is DOWN
 *
 * H1  Only own questions left unanswered make a peer suspect; a rumour is only a reason to probe it at once.
 * H2  Any message from a peer clears it.
 * H3  How long it may take is the peer's own: DETECTOR_PATIENCE times its usual slowest answer, within bounds.
 * H4  A slow peer stays healthy, and is asked last (detector_hedge_ms tells how slow).
 */
#ifndef GR_NODE_DETECTOR_H
#define GR_NODE_DETECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "node/timers.h"
#include "wire/message.h"

struct node;

#define PROBE_PERIOD_MS 1000u
#define PROBE_BACKOFF_MAX_MS 4000u
#define DETECTOR_PATIENCE_MIN_MS 150u  /* a busy machine's pauses are no failure */
#define DETECTOR_PATIENCE_MAX_MS 1000u /* of a peer that has always been slow */
#define DETECTOR_HEDGE_MIN_MS 2u
#define DETECTOR_HEDGE_MAX_MS 250u

struct health; /* what is known of one peer */

struct detector {
    struct health *list; /* of the peers with a link, sorted by id */
    uint32_t count;
    uint32_t capacity;
    struct timer timer; /* the next probe, or the next end of patience */
};

void detector_init(struct detector *detector);
void detector_done(struct detector *detector);

/* A link is there, or gone. A new link begins healthy and with no memory of the old one's slowness. */
void detector_peer_up(struct node *node, uint64_t peer);
void detector_peer_down(struct node *node, uint64_t peer);

/* A message of the peer has come (H2). Calls peer_recovered (step.h) if it was suspect. */
void detector_heard(struct node *node, uint64_t peer);

/* A message that wants an answer goes to the peer. Calls peer_suspected (step.h), later, if nothing is heard. */
void detector_asked(struct node *node, uint64_t peer);

/* An answer has come that took so long: what "usual" is made from. */
void detector_took(struct node *node, uint64_t peer, uint64_t took_ms);

/* Has it a link, and is it not suspect? This node itself: true. */
bool detector_is_healthy(const struct node *node, uint64_t peer);

/* The 99th percentile of the peer's answers of late, within bounds; 0 for this node itself. Later than that another is
 * asked beside it. */
uint32_t detector_hedge_ms(const struct node *node, uint64_t peer);

void ping_recv(struct node *node, uint64_t from, const struct wire_ping *message);
void pong_recv(struct node *node, uint64_t from, const struct wire_pong *message);
void rumour_recv(struct node *node, uint64_t from, const struct wire_rumour *message);

#endif
