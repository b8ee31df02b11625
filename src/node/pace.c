#include "node/pace.h"

#define UNIT 1000             /* of pace.level; so the rate is also what one millisecond adds */
#define PERIODS_MAX 64u       /* more without a slow request raise the rate from least to most */
#define ELAPSED_MAX_MS 60000u /* more fills any bucket, or pays any usual debt */

void pace_init(struct pace *pace)
{
    *pace = (struct pace){.rate = PACE_RATE_MAX};
}

static void fill(struct pace *pace, uint64_t now_ms)
{
    uint64_t elapsed_ms = now_ms > pace->filled_ms ? now_ms - pace->filled_ms : 0;
    elapsed_ms = elapsed_ms < ELAPSED_MAX_MS ? elapsed_ms : ELAPSED_MAX_MS;
    int64_t level_max = (int64_t)pace->rate * PACE_PERIOD_MS;
    pace->level += (int64_t)(elapsed_ms * pace->rate);
    pace->level = pace->level < level_max ? pace->level : level_max;
    pace->filled_ms = now_ms;
}

static void raise_rate(struct pace *pace)
{
    uint32_t rate = pace->rate + pace->rate / 4;
    pace->rate = rate < PACE_RATE_MAX ? rate : PACE_RATE_MAX;
}

static void lower_rate(struct pace *pace)
{
    uint32_t rate = pace->rate / 2;
    pace->rate = rate > PACE_RATE_MIN ? rate : PACE_RATE_MIN;
}

/* Judge the period that has ended, and those without any request since. */
static void end_periods(struct pace *pace, uint64_t now_ms)
{
    uint64_t periods = now_ms > pace->period_began_ms ? (now_ms - pace->period_began_ms) / PACE_PERIOD_MS : 0;
    if (periods == 0) {
        return;
    }
    fill(pace, now_ms); /* at the rate that was */
    if ((uint64_t)pace->slow * 100 > pace->requests) {
        lower_rate(pace);
    } else if (pace->slow == 0) {
        raise_rate(pace);
    }
    for (uint64_t i = 1; i < periods && i < PERIODS_MAX; i++) {
        raise_rate(pace);
    }
    pace->period_began_ms += periods * PACE_PERIOD_MS;
    pace->requests = 0;
    pace->slow = 0;
}

void pace_note_request(struct pace *pace, uint64_t now_ms, uint64_t took_ms)
{
    end_periods(pace, now_ms);
    pace->requests++;
    pace->slow += took_ms > PACE_SLOW_MS;
}

bool pace_take(struct pace *pace, uint64_t now_ms, uint32_t units)
{
    end_periods(pace, now_ms);
    fill(pace, now_ms);
    if (pace->level <= 0) {
        return false;
    }
    pace->level -= (int64_t)units * UNIT;
    return true;
}

uint64_t pace_next(const struct pace *pace, uint64_t now_ms)
{
    uint64_t paid_ms = pace->filled_ms;
    if (pace->level <= 0) {
        paid_ms += (uint64_t)-pace->level / pace->rate + 1;
    }
    return paid_ms > now_ms ? paid_ms : now_ms + 1;
}
