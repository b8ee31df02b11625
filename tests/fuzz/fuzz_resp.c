/* Whatever a client sends, in whatever pieces, and whenever answers come: no crash, no leak, bounded output.
 *
 * The first bytes steer (how large the pieces are, when requests complete, when output is read); the rest is sent. */
#include <stdint.h>
#include <stdlib.h>

#include "base/rng.h"
#include "unit/resp/fake_host.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void complete_some(struct fake *fake, struct rng *rng)
{
    while (fake->pending_count > 0 && rng_chance(rng, 500000)) {
        if (rng_chance(rng, 100000)) {
            fake->fail_status = -(int)rng_between(rng, 1, 3);
        }
        fake_complete(fake, (unsigned)rng_below(rng, fake->pending_count));
    }
}

static void send_pieces(struct fake *fake, struct session *session, struct bytes text, struct rng *rng)
{
    size_t at = 0;
    while (at < text.len && !session_is_closing(session)) {
        size_t left = text.len - at;
        size_t piece = rng_chance(rng, 500000) ? left : rng_between(rng, 1, 16);
        size_t fed = fake_feed(session, bytes_of(text.data + at, piece < left ? piece : left));
        at += fed;
        complete_some(fake, rng);
        if (fed == 0 || rng_chance(rng, 200000)) {
            fake_drain(fake);
            fake_output(session, NULL);
        }
        fake->mono_ms += rng_below(rng, 50);
        sessions_tick(fake->sessions);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t seed = 0;
    size_t steering = size < sizeof seed ? size : sizeof seed;
    memcpy(&seed, data, steering);
    struct rng rng;
    rng_init(&rng, seed);
    struct fake *fake = fake_new(2);
    fake->final = rng_chance(&rng, 500000);
    struct session *session = fake_connect(fake);
    send_pieces(fake, session, bytes_of(data + steering, size - steering), &rng);
    if (rng_chance(&rng, 500000)) {
        fake_drain(fake);
        fake_output(session, NULL);
    }
    session_free(session);
    fake_drain(fake);
    fake_free(fake);
    return 0;
}
