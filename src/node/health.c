#include "node/health.h"

#include "base/assert.h"
#include "node/detector.h"

#define HEDGE_PER_THOUSAND 990u
#define PATIENCE_PER_THOUSAND 970u /* a pause now and then is not how long it usually takes */
#define SILENCES_KNOWN 4u
#define REFRESH_OFTEN_BELOW 64u /* answers; each moves the percentile while there are few */
#define REFRESH_EVERY 16u

void health_init(struct health *health, uint64_t peer, uint64_t now_ms)
{
    *health = (struct health){
        .peer = peer,
        .state = HEALTH_HEARD,
        .heard_ms = now_ms,
        .answered_ms = now_ms,
        .patience_ms = DETECTOR_PATIENCE_NEW_MS,
        .hedge_ms = DETECTOR_HEDGE_NEW_MS,
    };
    latency_init(&health->silences);
    latency_init(&health->answers);
}

static uint32_t clamp(uint32_t value, uint32_t min, uint32_t max)
{
    return value < min ? min : value > max ? max : value;
}

/* Is it time to work out again what is usual? */
static bool is_stale(const struct latency *latency)
{
    return latency->total < REFRESH_OFTEN_BELOW || latency->total % REFRESH_EVERY == 0;
}

static void note_silence(struct health *health, uint64_t silent_ms)
{
    struct latency *silences = &health->silences;
    if (silent_ms > DETECTOR_PATIENCE_MAX_MS) {
        return; /* it was away */
    }
    latency_note(silences, silent_ms);
    if (is_stale(silences) && silences->total >= SILENCES_KNOWN) {
        uint32_t usual_ms = latency_within(silences, PATIENCE_PER_THOUSAND);
        health->patience_ms = clamp(DETECTOR_PATIENCE * usual_ms, DETECTOR_PATIENCE_MIN_MS, DETECTOR_PATIENCE_MAX_MS);
    }
}

bool health_answered(struct health *health, uint64_t ping, bool counts, uint64_t now_ms)
{
    if (counts && health->is_silent) {
        note_silence(health, now_ms - health->asked_ms);
    }
    health->is_silent = false;
    if (health->state == HEALTH_SUSPECT && ping < health->first_probe) {
        return false;
    }
    health->state = HEALTH_HEARD;
    health->heard_ms = now_ms;
    health->answered_ms = now_ms;
    return true;
}

void health_pinged(struct health *health, uint64_t ping)
{
    if (health->state == HEALTH_SUSPECT && health->first_probe == UINT64_MAX) {
        health->first_probe = ping;
    }
}

bool health_talked(struct health *health, uint64_t now_ms)
{
    bool is_missed = health->state == HEALTH_PINGED || health->state == HEALTH_SUSPECT;
    health->heard_ms = now_ms;
    if (!is_missed || now_ms < health->may_ping_ms) {
        return false;
    }
    health->may_ping_ms = now_ms + PING_PAUSE_MS;
    return true;
}

bool health_asked(struct health *health, uint64_t now_ms)
{
    if (health->state != HEALTH_HEARD) {
        return false;
    }
    health->state = HEALTH_ASKED;
    health->is_silent = true;
    health->asked_ms = now_ms;
    return true;
}

void health_took(struct health *health, uint64_t took_ms)
{
    struct latency *answers = &health->answers;
    latency_note(answers, took_ms);
    if (is_stale(answers) && latency_is_known(answers)) {
        uint32_t usual_ms = latency_within(answers, HEDGE_PER_THOUSAND);
        health->hedge_ms = clamp(usual_ms, DETECTOR_HEDGE_MIN_MS, DETECTOR_HEDGE_MAX_MS);
    }
}

uint64_t health_due(const struct health *health)
{
    switch (health->state) {
    case HEALTH_HEARD:
        return health->answered_ms + PROBE_PERIOD_MS;
    case HEALTH_ASKED:
        return health->asked_ms + health->patience_ms / 2;
    case HEALTH_PINGED:
        return health->verdict_ms;
    case HEALTH_SUSPECT:
        return health->probe_ms;
    }
    GR_UNREACHABLE();
}

/* Half of a pause is left to chance, or all who miss a peer would probe it in step. */
static void plan_probe(struct health *health, uint32_t pause_ms, uint64_t now_ms, struct rng *rng)
{
    health->probe_pause_ms = pause_ms;
    health->probe_ms = now_ms + rng_between(rng, pause_ms / 2, pause_ms);
}

static enum health_act ping(struct health *health, uint64_t now_ms)
{
    health_asked(health, now_ms);
    uint64_t patience_end = health->asked_ms + health->patience_ms;
    uint64_t pong_end = now_ms + health->patience_ms / 2;
    health->state = HEALTH_PINGED;
    health->verdict_ms = patience_end > pong_end ? patience_end : pong_end;
    health->may_ping_ms = now_ms + PING_PAUSE_MS;
    return HEALTH_PING;
}

/* G3: has it said something since it was asked, and so has time left? */
static bool may_answer_yet(struct health *health, uint64_t now_ms)
{
    uint64_t last_ms = health->asked_ms + health_patience_talking(health->patience_ms);
    if (health->heard_ms <= health->asked_ms || now_ms >= last_ms) {
        return false;
    }
    health->verdict_ms = last_ms;
    return true;
}

enum health_act health_look(struct health *health, uint64_t now_ms, struct rng *rng)
{
    if (now_ms < health_due(health)) {
        return HEALTH_WAIT;
    }
    switch (health->state) {
    case HEALTH_HEARD:
    case HEALTH_ASKED:
        return ping(health, now_ms);
    case HEALTH_PINGED:
        if (may_answer_yet(health, now_ms)) {
            return HEALTH_WAIT;
        }
        health->state = HEALTH_SUSPECT;
        health->told = false;
        health->first_probe = UINT64_MAX;
        health->may_ping_ms = now_ms;
        plan_probe(health, PROBE_BACKOFF_MIN_MS, now_ms, rng);
        return HEALTH_TELL;
    case HEALTH_SUSPECT:
        plan_probe(health, clamp(2 * health->probe_pause_ms, 0, PROBE_BACKOFF_MAX_MS), now_ms, rng);
        return HEALTH_PING;
    }
    GR_UNREACHABLE();
}

bool health_rumour(struct health *health, uint64_t now_ms)
{
    bool may_ping = health->state == HEALTH_HEARD || health->state == HEALTH_ASKED;
    if (!may_ping || now_ms < health->may_ping_ms) {
        return false;
    }
    ping(health, now_ms);
    return true;
}

void health_excuse(struct health *health, uint64_t now_ms)
{
    if (health->state == HEALTH_ASKED || health->state == HEALTH_PINGED) {
        health->state = HEALTH_ASKED;
        health->asked_ms = now_ms;
    }
}
