#include "node/latency.h"

#include "base/assert.h"

#define LATENCY_MAX_MS 2047u /* of the last bucket */

/* 0 | 1 | 2 | 3 | 4,5 | 6,7 | 8..11 | 12..15 | ...: the highest bit, and the one behind it. */
static uint32_t bucket_of(uint64_t took_ms)
{
    if (took_ms < 2) {
        return (uint32_t)took_ms;
    }
    uint32_t value = took_ms < LATENCY_MAX_MS ? (uint32_t)took_ms : LATENCY_MAX_MS;
    uint32_t octave = 31u - (uint32_t)__builtin_clz(value);
    return 2 * octave + ((value >> (octave - 1)) & 1);
}

static uint32_t bucket_end(uint32_t bucket)
{
    return bucket < 2 ? bucket : ((3u + bucket % 2) << (bucket / 2 - 1)) - 1;
}

void latency_init(struct latency *latency)
{
    *latency = (struct latency){0};
}

static void halve(struct latency *latency)
{
    latency->total = 0;
    for (uint32_t i = 0; i < LATENCY_BUCKETS; i++) {
        latency->counts[i] /= 2;
        latency->total = (uint16_t)(latency->total + latency->counts[i]);
    }
}

void latency_note(struct latency *latency, uint64_t took_ms)
{
    latency->counts[bucket_of(took_ms)]++;
    if (++latency->total == LATENCY_FULL) {
        halve(latency);
    }
}

bool latency_is_known(const struct latency *latency)
{
    return latency->total >= LATENCY_KNOWN;
}

uint32_t latency_within(const struct latency *latency, uint32_t per_thousand)
{
    GR_ASSERT_LE(per_thousand, 1000);
    uint32_t outside = latency->total * (1000 - per_thousand) / 1000; /* so many may have taken longer */
    for (uint32_t i = LATENCY_BUCKETS; i-- > 0;) {
        if (latency->counts[i] > outside) {
            return bucket_end(i);
        }
        outside -= latency->counts[i];
    }
    return 0;
}
